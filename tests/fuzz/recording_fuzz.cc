// SPDX-License-Identifier: MIT
// What parses as a recording prints as text that parses to the same; what does not, says a line.
#include <string>

#include "base/assert.h"
#include "base/bytes.h"
#include "fuzz_target.h"
#include "headway/error.h"
#include "headway/testing/recording.h"

using headway::testing::recording;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string once = recording::parse(headway::as_text({data, size})).to_text();
    HEADWAY_ASSERT(recording::parse(once).to_text() == once);
  } catch (const headway::error& e) {
    HEADWAY_ASSERT(e.text().starts_with("line "));
  }
  return 0;
}
