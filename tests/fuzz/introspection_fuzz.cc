// SPDX-License-Identifier: MIT
// Any bytes are a node or an error; what a node says, written down again, reads the same.
#include "base/assert.h"
#include "base/bytes.h"
#include "fuzz_target.h"
#include "headway/introspection.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace headway;
  const auto node = introspection::parse(as_text({data, size}));
  if (!node) {
    HEADWAY_ASSERT(!node.error().text().empty());
    return 0;
  }
  const std::string printed = introspection::to_xml(*node);
  if (printed.size() > introspection::document_bytes_max) return 0;
  HEADWAY_ASSERT(introspection::parse(printed) == *node);
  return 0;
}
