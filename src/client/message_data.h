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

/// What the handles of one message share. That of a small message is used again by the thread that
/// let go of its last handle.
struct message_data {
  static constexpr std::size_t kept_bytes_max = 8 * 1024;
  static constexpr std::size_t kept_max = 64;

  std::atomic<std::uint32_t> references{1};
  wire::Message view;
  std::unique_ptr<std::uint8_t[]> memory;
  std::size_t capacity = 0;
  std::vector<unique_fd> fds;

  /// With memory for so many bytes; one reference is the caller's.
  static message_data* make(std::size_t bytes);
  /// A handle that takes over one reference.
  static message handle(message_data* data) { return message(data); }
  static const message_data& of(const message& handle) { return *handle.data_; }
};

}  // namespace headway::detail
