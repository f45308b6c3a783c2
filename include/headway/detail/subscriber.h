// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "headway/message.h"

namespace headway::client {
class Core;
class Signals;
}  // namespace headway::client

namespace headway::detail {

/// Who wants the messages that a match rule describes. Leaves when it is destroyed, which it may be
/// at any time, also while it is told.
class subscriber {
 public:
  enum class when : std::uint8_t {
    in_turn,     // with everything else, in order
    on_arrival,  // before anything that arrives later has an effect; must not run a user's code
  };

  /// Throws invalid_args if the rule is none.
  subscriber(std::shared_ptr<client::Core> core, std::string_view rule, when time);
  /// Wants no messages, only to know what becomes of the connection.
  explicit subscriber(std::shared_ptr<client::Core> core);
  subscriber(const subscriber&) = delete;
  subscriber& operator=(const subscriber&) = delete;

 protected:
  virtual ~subscriber();
  [[nodiscard]] const std::shared_ptr<client::Core>& core() const noexcept { return core_; }

 private:
  friend class client::Signals;
  virtual void on_message(const message& what) = 0;
  /// So many that the rule describes were dropped, because this program took nothing for too long.
  /// In turn, whatever the time that was asked for; what is told on arrival misses nothing.
  virtual void on_missed(std::uint64_t /*count*/) {}
  /// The connection is lost, and will be opened again; it is, and this rule is in place again.
  virtual void on_lost(const error& /*why*/) {}
  virtual void on_restored() {}
  /// The bus refused the rule, or the connection is over: no more will come.
  virtual void on_end(const error& why) = 0;

  std::shared_ptr<client::Core> core_;
};

}  // namespace headway::detail
