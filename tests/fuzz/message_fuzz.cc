// SPDX-License-Identifier: MIT
// Any bytes parse or are refused; what parses can be stamped, and then says the same as before, but
// for SENDER and the unknown fields; its arguments and values can be read to the end.
#include <algorithm>
#include <vector>

#include "base/assert.h"
#include "fuzz_target.h"
#include "wire/body.h"
#include "wire/header_memo.h"
#include "wire/message.h"
#include "wire/names.h"
#include "wire/signature.h"

namespace {

using namespace headway;
using namespace headway::wire;

void read_all(const Message& message) {
  Arguments arguments(message.order, message.signature, message.body());
  for (std::size_t i = arguments_max; i-- > 0;) {
    const Arguments::Text text = arguments.at(i);
    if (text.type == 'o') HEADWAY_ASSERT(is_object_path(text.value));
    if (text.type == 'g') HEADWAY_ASSERT(is_signature(text.value));
  }
  BodyReader reader(message.order, message.body());
  std::string_view rest = message.signature;
  while (!rest.empty()) {
    reader.skip(rest);
    rest.remove_prefix(complete_type_length(rest));
  }
  HEADWAY_ASSERT(reader.offset() == message.body().size());
}

void expect_same(const Message& left, const Message& right) {
  HEADWAY_ASSERT(left.order == right.order && left.type == right.type);
  HEADWAY_ASSERT(left.flags == right.flags && left.serial == right.serial);
  HEADWAY_ASSERT(left.reply_serial == right.reply_serial && left.unix_fds == right.unix_fds);
  HEADWAY_ASSERT(left.path == right.path && left.interface == right.interface);
  HEADWAY_ASSERT(left.member == right.member && left.error_name == right.error_name);
  HEADWAY_ASSERT(left.destination == right.destination && left.signature == right.signature);
  HEADWAY_ASSERT(std::ranges::equal(left.body(), right.body()));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static HeaderMemo memo;  // knows headers of earlier inputs
  const Bytes bytes{data, size};
  const auto message = parse_message(bytes);
  for (int time = 0; time < 3; ++time) {
    Message remembered;
    const auto parsed =
        time % 2 == 0 ? memo.parse(bytes, remembered) : memo.parse_in_place(bytes, remembered);
    HEADWAY_ASSERT(parsed.has_value() == message.has_value());
    if (!message) {
      HEADWAY_ASSERT(parsed.error() == message.error());
    } else {
      HEADWAY_ASSERT(remembered.serial == message->serial && remembered.flags == message->flags);
      HEADWAY_ASSERT(remembered.reply_serial == message->reply_serial);
      HEADWAY_ASSERT(remembered.path.data() != nullptr || message->path.data() == nullptr);
      HEADWAY_ASSERT(remembered.needs_filtering == message->needs_filtering);
      expect_same(remembered, *message);
    }
  }
  if (!message) return 0;
  HEADWAY_ASSERT(message_bytes(bytes, message_bytes_max) == size);
  read_all(*message);

  const SenderField sender(":1.42");
  std::vector<std::uint8_t> scratch(7, 0xFF);  // what an earlier message left there
  const Bytes head = stamp_header(*message, sender, scratch);
  std::vector<std::uint8_t> stamped(head.begin(), head.end());
  const Bytes body = message->body();
  stamped.insert(stamped.end(), body.begin(), body.end());
  const auto forwarded = parse_message(stamped);
  HEADWAY_ASSERT(forwarded.has_value());
  HEADWAY_ASSERT(forwarded->sender == ":1.42");
  expect_same(*message, *forwarded);

  // Stamping again takes the path that filters.
  const Bytes head_again = stamp_header(*forwarded, sender, scratch);
  std::vector<std::uint8_t> again(head_again.begin(), head_again.end());
  again.insert(again.end(), body.begin(), body.end());
  HEADWAY_ASSERT(again == stamped);
  return 0;
}
