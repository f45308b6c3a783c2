// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "broker/credentials.h"
#include "wire/message.h"

namespace headway::broker {

/// What the machine's security modules say, asked before the <policy> rules; the first no decides
/// (LSM-023). A bus without one has a null pointer in its place, so that it costs nothing there.
///
/// Not asked: about what the bus itself says (LSM-003), about replies that nobody waits for, which
/// are never delivered (LSM-018).
class Mediator {
 public:
  /// A no, and whose.
  struct Denial {
    std::string module;  // as people call it
    std::string rule;    // what its policy does not allow, in its own words
  };
  using Answer = std::expected<void, Denial>;

  /// A message on its way to one receiver.
  struct Sending {
    const wire::Message& message;
    const Credentials& sender;
    std::string_view sender_name;           // unique name; empty before Hello
    const Credentials* receiver = nullptr;  // null: the bus itself, or nobody yet
    bool requested_reply = false;
  };

  virtual ~Mediator() = default;
  [[nodiscard]] virtual Answer may_send(const Sending& sending) = 0;
  /// The receiver would have to be started for this message, which is asked about again when it is
  /// there (LSM-006, LSM-019). `assumed_label`: what its service file says it will run as.
  [[nodiscard]] virtual Answer may_start(const Sending& sending,
                                         std::string_view assumed_label) = 0;
  [[nodiscard]] virtual Answer may_own(const Credentials& peer, std::string_view name) = 0;
  [[nodiscard]] virtual Answer may_eavesdrop(const Credentials& peer) = 0;
};

}  // namespace headway::broker
