// SPDX-License-Identifier: MIT
// Any bytes decode or are refused, and what decodes is encoded as those very bytes.
#include <algorithm>

#include "base/assert.h"
#include "config/broker_config.h"
#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const headway::Bytes bytes{data, size};

  const auto config = headway::config::decode(bytes);
  if (config) HEADWAY_ASSERT(std::ranges::equal(headway::config::encode(*config), bytes));
  return 0;
}
