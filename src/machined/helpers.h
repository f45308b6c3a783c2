// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "headway/connection.h"
#include "headway/loop.h"
#include "headway/task.h"
#include "machined/helper_interface.h"
#include "machined/process.h"

namespace headway::machined {

/// Starts headway-machine-helper, a process for each request, and says what can go wrong with that.
class Helpers {
 public:
  /// At a time, those of sessions not counted.
  static constexpr std::size_t helpers_max = 64;

  Helpers(event_loop& loop, std::string program)
      : loop_(&loop), program_(std::move(program)), running_(std::make_shared<std::size_t>(0)) {}

  [[nodiscard]] task<Addresses> addresses(Target target) const;
  [[nodiscard]] task<OsRelease> os_release(Target target) const;

 private:
  /// Counts one helper for as long as it lives.
  class Place;

  [[nodiscard]] task<connection> start() const;

  event_loop* loop_;
  std::string program_;
  std::shared_ptr<std::size_t> running_;
};

}  // namespace headway::machined
