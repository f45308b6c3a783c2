// SPDX-License-Identifier: MIT
// Any bytes are a message between the authority and its worker, or none; what is one can be said
// again, and is then the same.
#include "authority/worker_messages.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace headway;
  const std::string_view bytes = as_text({data, size});
  if (const auto message = authority::decode_from_worker(bytes)) {
    HEADWAY_ASSERT(authority::encode(*message) == bytes);
  }
  if (const auto message = authority::decode_to_worker(bytes)) {
    HEADWAY_ASSERT(authority::encode(*message) == bytes);
  }
  return 0;
}
