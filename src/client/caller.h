// SPDX-License-Identifier: MIT
#pragma once

#include "headway/object.h"

namespace headway::client {

/// The call whose handler is on the stack; null outside of one.
[[nodiscard]] const detail::incoming* call_being_handled() noexcept;

/// While it lives, that one is. Handlers can be nested: one may run a loop of its own.
class HandlingCall {
 public:
  explicit HandlingCall(const detail::incoming& call) noexcept;
  HandlingCall(const HandlingCall&) = delete;
  HandlingCall& operator=(const HandlingCall&) = delete;
  ~HandlingCall();

 private:
  const detail::incoming* before_;
};

}  // namespace headway::client
