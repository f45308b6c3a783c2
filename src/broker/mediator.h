// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "broker/credentials.h"
#include "wire/message.h"

namespace headway::broker {

/// A security module's say, asked before the <policy> rules (LSM-023). Each question answers with
/// the refusal's text, or nothing when allowed. Implementations live in the shell.
class Mediator {
 public:
  using Answer = std::expected<void, std::string>;

  virtual ~Mediator() = default;
  /// `receiver` is null for the bus itself.
  [[nodiscard]] virtual Answer may_send(const Credentials& sender, const Credentials* receiver,
                                        const wire::Message& message, bool requested_reply) = 0;
  [[nodiscard]] virtual Answer may_own(const Credentials& peer, std::string_view name) = 0;
  [[nodiscard]] virtual Answer may_eavesdrop(const Credentials& peer) = 0;
  /// Whether asking is worth anything at all: false spares the calls.
  [[nodiscard]] virtual bool active() const = 0;
};

/// No security module.
class NoMediator final : public Mediator {
 public:
  Answer may_send(const Credentials&, const Credentials*, const wire::Message&, bool) override {
    return {};
  }
  Answer may_own(const Credentials&, std::string_view) override { return {}; }
  Answer may_eavesdrop(const Credentials&) override { return {}; }
  bool active() const override { return false; }
};

}  // namespace headway::broker
