// SPDX-License-Identifier: MIT
// A type in the first line and whatever is written on a command line behind it become a value of a
// message or an error; and what --json prints of the value is read as the same value.
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/bytes.h"
#include "fuzz_target.h"
#include "headway/message.h"
#include "tool/value_print.h"
#include "tool/value_text.h"
#include "wire/signature.h"

namespace {

using namespace headway;

std::expected<unique_fd, std::string> no_fd(std::string_view) {
  return std::unexpected("no descriptors here");
}

std::expected<message, std::string> read(std::string_view type, std::string_view text) {
  message_builder builder = message_builder::signal("/", "a.b", "C");
  if (auto done = tool::append_value(builder, type, text, no_fd); !done) {
    return std::unexpected(std::move(done.error()));
  }
  return builder.build();
}

std::string json_of(const message& what) {
  message_reader values = what.body();
  tool::JsonText json;
  tool::append_json(json, values);
  HEADWAY_ASSERT(values.at_end());
  return json.text();
}

/// A text or variant as an argument of its own stands as it is, so it is read as one of an array.
std::string as_argument(std::string_view type, const std::string& json) {
  const bool is_verbatim = type == "s" || type == "o" || type == "g" || type == "v";
  return is_verbatim ? "[" + json + "]" : json;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  const std::string_view type = text.substr(0, text.find('\n'));
  if (type.size() == text.size() || !wire::is_single_complete_type(type)) return 0;
  const auto what = read(type, text.substr(type.size() + 1));
  if (!what) {
    HEADWAY_ASSERT(!what.error().empty());
    return 0;
  }
  HEADWAY_ASSERT(what->signature() == type);
  message_reader values = what->body();
  HEADWAY_ASSERT(!tool::text_of_value(values, tool::Output(false, true)).empty() ||
                 type.front() == 'a' || type.front() == 'v');
  const std::string json = json_of(*what);
  const std::string argument = as_argument(type, json);
  const bool is_wrapped = argument.size() != json.size();
  const auto again = read(is_wrapped ? "a" + std::string(type) : std::string(type), argument);
  HEADWAY_ASSERT(again);
  HEADWAY_ASSERT(json_of(*again) == argument);
  return 0;
}
