// SPDX-License-Identifier: MIT
// Whatever is written on a command line, one item a line, becomes values of a message or an error.
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "fuzz_target.h"
#include "headway/message.h"
#include "tool/send_contents.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace headway;
  std::string text(as_text({data, size}));
  std::vector<const char*> items{text.data()};
  for (char& letter : text) {
    if (letter != '\n') continue;
    letter = '\0';
    items.push_back(&letter + 1);
  }
  if (items.size() > 50) return 0;  // their signature would be longer than signatures may be
  message_builder builder = message_builder::signal("/", "a.b", "C");
  if (const auto done = tool::append_contents(builder, items); !done) {
    HEADWAY_ASSERT(!done.error().empty());
    return 0;
  }
  const message what = builder.build();
  message_reader values = what.body();
  std::size_t count = 0;
  for (; !values.at_end(); values.skip()) ++count;
  HEADWAY_ASSERT(count == items.size());
  return 0;
}
