// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "headway/loop.h"
#include "machined/helper_interface.h"
#include "machined/leader_watch.h"
#include "machined/pam_session.h"
#include "machined/pty.h"
#include "machined/utmp.h"

namespace headway::machined {

/// A program on a terminal of its own, with everything that descends from it: in the helper, which
/// is its parent. When the program ends, or the terminal is hung up and it ends of that, the others
/// are told to, and those that do not are killed.
class Session {
 public:
  /// A shell of the host, with a session of PAM's. Throws headway::error.
  [[nodiscard]] static std::unique_ptr<Session> shell(event_loop& loop,
                                                      const SessionRequest& request,
                                                      std::function<void()> on_end);
  /// A shell in a container, which this process enters for good. There is no PAM in there that root
  /// could trust: the session is the account's facts alone.
  [[nodiscard]] static std::unique_ptr<Session> container_shell(event_loop& loop,
                                                                const Target& machine,
                                                                const SessionRequest& request,
                                                                std::function<void()> on_end);
  /// The host's login program, which does the rest itself.
  [[nodiscard]] static std::unique_ptr<Session> login(event_loop& loop,
                                                      std::function<void()> on_end);

  /// `on_end` is called when nothing of it is left.
  Session(event_loop& loop, std::function<void()> on_end)
      : loop_(loop), on_end_(std::move(on_end)) {}

  /// Once.
  [[nodiscard]] Terminal take_terminal();

 private:
  void watch(pid_t leader);
  task<void> end_rest();

  event_loop& loop_;
  std::function<void()> on_end_;
  std::unique_ptr<PamSession> pam_;
  std::unique_ptr<UtmpEntry> utmp_;
  Terminal terminal_;
  std::unique_ptr<LeaderWatch> leader_;
  bool is_inside_ = false;  // a container, where orphans are its init's and /proc has its numbers
};

}  // namespace headway::machined
