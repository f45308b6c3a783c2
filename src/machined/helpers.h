// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "headway/connection.h"
#include "headway/loop.h"
#include "headway/task.h"
#include "machined/helper_interface.h"
#include "machined/share.h"

namespace headway::machined {

/// Starts headway-machine-helper, a process for each request, and says what can go wrong with that.
class Helpers {
 public:
  /// That inspect machines at a time.
  static constexpr std::size_t helpers_max = 64;

  Helpers(event_loop& loop, std::string program)
      : loop_(&loop),
        program_(std::move(program)),
        running_(std::make_shared<Counts::element_type>()) {}

  /// One of its own for a caller; it ends with its connection, unless it has opened something.
  [[nodiscard]] task<connection> start() const;
  [[nodiscard]] task<Addresses> addresses(Target target) const;
  [[nodiscard]] task<OsRelease> os_release(Target target) const;

 private:
  event_loop* loop_;
  std::string program_;
  Counts running_;  // all of user 0, who is us
};

}  // namespace headway::machined
