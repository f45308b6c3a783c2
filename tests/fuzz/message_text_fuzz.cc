// SPDX-License-Identifier: MIT
// Every message can be shown in every form, and what is shown ends with a line's end.
#include "base/assert.h"
#include "fuzz_target.h"
#include "headway/message.h"
#include "tool/message_text.h"
#include "tool/pcap.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace headway;
  const auto what = message::parse({data, size});
  if (!what) return 0;
  const tool::WallTime when{};
  std::string text;
  tool::append_header(text, *what, when);
  tool::append_body(text, *what);
  HEADWAY_ASSERT(text.ends_with('\n'));
  std::string row;
  tool::append_profile(row, *what, when);
  HEADWAY_ASSERT(row.ends_with('\n'));
  std::string record;
  tool::append_pcap(record, *what, when);
  HEADWAY_ASSERT(record.size() == 16 + size);
  std::string literal;
  tool::append_body(literal, *what, tool::Quotes::no);
  HEADWAY_ASSERT(literal.size() <= text.size());
  return 0;
}
