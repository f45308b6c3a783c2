// SPDX-License-Identifier: MIT
#pragma once

#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"
#include "broker/effects.h"
#include "io/blocks.h"

namespace headway::daemon {

/// What a message that came in has beside its bytes: its descriptors, and the memory it lies in
/// when that is large enough to be shared by all who get it. Every broker::Payload is one of these.
struct ReceivedPayload final : broker::Payload {
  ReceivedPayload(io::Block block, std::vector<Fd> descriptors)
      : memory(std::move(block)), fds(std::move(descriptors)) {}

  /// Whether these bytes stay where they are for as long as this payload is held.
  [[nodiscard]] bool keeps(Bytes bytes) const {
    return memory && bytes.data() >= memory.data() &&
           bytes.data() + bytes.size() <= memory.data() + memory.size();
  }

  io::Block memory;  // often none
  std::vector<Fd> fds;
};

}  // namespace headway::daemon
