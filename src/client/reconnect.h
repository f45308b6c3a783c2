// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "client/waiter.h"
#include "headway/connection.h"
#include "headway/task.h"

namespace headway::client {

class Core;

/// Opens a connection that was lost again, as often as it takes: the first pause is short, each
/// other twice as long up to a bound, and each is shortened by chance, so that all who lost the
/// same bus do not come back at once. Knows what a connection has asked of its bus that no one else
/// remembers: its names.
class Reconnector {
 public:
  using Where = std::function<result<std::string>()>;

  /// `where` is asked before each attempt. `core` has this.
  Reconnector(Core& core, Where where, const connection_options& options);
  Reconnector(const Reconnector&) = delete;
  Reconnector& operator=(const Reconnector&) = delete;

  /// Begins, in this loop.
  void start(loop& runner, Surroundings& world);
  /// Until the next start().
  void stop() { work_.reset(); }

  std::map<std::string, std::uint32_t, std::less<>> names;  // asked for, with what flags

 private:
  task<void> run(Waiter waiter);
  [[nodiscard]] Duration shortened(Duration pause);

  Core& core_;
  Where where_;
  reconnect_policy policy_;
  connection_options options_;
  std::minstd_rand dice_;
  std::optional<task<void>> work_;
};

/// The same connection, which comes back if the options say so: to where the bus is then, or to the
/// same address, whatever id its server has then.
[[nodiscard]] std::shared_ptr<Core> keep_open(std::shared_ptr<Core> core, bus which,
                                              const connection_options& options);
[[nodiscard]] std::shared_ptr<Core> keep_open(std::shared_ptr<Core> core, std::string address,
                                              const connection_options& options);

/// The call of the bus.
[[nodiscard]] message name_request(std::string_view name, std::uint32_t flags);

}  // namespace headway::client
