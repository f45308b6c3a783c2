// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "headway/message.h"
#include "wire/message.h"

namespace headway::detail {

/// What the handles of one message share. The bytes lie in one of the two memories: in `received`,
/// which the inbox fills and uses again when nobody holds the message any more, or in `built`.
struct message_data {
  std::atomic<std::uint32_t> references{1};
  wire::Message view;
  std::unique_ptr<std::uint8_t[]> received;
  std::size_t received_size = 0;
  std::vector<std::uint8_t> built;
  std::vector<unique_fd> fds;

  /// A handle that takes over one reference.
  static message handle(message_data* data) { return message(data); }
  static const message_data& of(const message& handle) { return *handle.data_; }
};

}  // namespace headway::detail
