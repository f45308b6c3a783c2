// SPDX-License-Identifier: MIT
// Any bytes are words or an error; words in quotes, joined by blanks, split into the same words.
#include <string>

#include "base/assert.h"
#include "base/bytes.h"
#include "fuzz_target.h"
#include "launch/exec_line.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace headway;
  const auto words = launch::split_exec_line(as_text({data, size}));
  if (!words) {
    HEADWAY_ASSERT(!words.error().empty());
    return 0;
  }
  HEADWAY_ASSERT(!words->empty());
  std::string single;
  std::string escaped;
  for (const std::string& word : *words) {
    single += " '";
    escaped += " \"\"";
    for (const char c : word) {
      single += c == '\'' ? std::string("'\\''") : std::string(1, c);
      escaped += c == '\n' ? std::string("'\n'") : std::string({'\\', c});
    }
    single += '\'';
  }
  HEADWAY_ASSERT(launch::split_exec_line(single) == *words);
  HEADWAY_ASSERT(launch::split_exec_line(escaped) == *words);
  return 0;
}
