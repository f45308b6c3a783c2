// SPDX-License-Identifier: MIT
#include "machined/session.h"

#include <grp.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "machined/accounts.h"
#include "machined/become.h"
#include "machined/container.h"
#include "machined/process.h"
#include "machined/session_environment.h"

namespace headway::machined {
namespace {

constexpr std::chrono::milliseconds pause_between_looks(100);
constexpr int looks_before_kill = 50;
constexpr const char* login_program = "/bin/login";

/// What is left of the session: orphans come to us (PR_SET_CHILD_SUBREAPER).
std::vector<pid_t> descendants() {
  std::vector<pid_t> members = members_of(::getpid());
  std::erase(members, ::getpid());
  return members;
}

Becoming becoming(const SessionRequest& request, const std::vector<std::string>& from_pam) {
  return {.program = request.program,
          .arguments = request.arguments,
          .environment = session_environment(request, from_pam),
          .uid = request.account.uid,
          .gid = request.account.gid,
          .home = request.account.home};
}

void reap() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

}  // namespace

std::unique_ptr<Session> Session::shell(event_loop& loop, const SessionRequest& request,
                                        std::function<void()> on_end) {
  const Account& account = request.account;
  auto session = std::make_unique<Session>(loop, std::move(on_end));
  Pty pty = open_pty();
  give_pty(pty, account.uid, host_tty_group());
  if (::initgroups(account.name.c_str(), account.gid) < 0) {
    throw error_of_errno(errno, "cannot take the user's groups");
  }
  session->pam_ = std::make_unique<PamSession>(account.name, pty.name);
  const Becoming what = becoming(request, session->pam_->environment());
  const pid_t leader = start_session(what, pty.slave);
  session->utmp_ = std::make_unique<UtmpEntry>(pty.name, account.name, leader);
  session->terminal_ = {.master = std::move(pty.master), .name = pty.name};
  session->watch(leader);
  return session;
}

std::unique_ptr<Session> Session::container_shell(event_loop& loop, const Target& machine,
                                                  const SessionRequest& request,
                                                  std::function<void()> on_end) {
  auto session = std::make_unique<Session>(loop, std::move(on_end));
  const std::uint32_t tty_group = enter_container(machine, request.account);
  session->is_inside_ = true;
  Pty pty = open_pty();
  give_pty(pty, request.account.uid, tty_group);
  const pid_t leader = start_session(becoming(request, {}), pty.slave);
  session->terminal_ = {.master = std::move(pty.master), .name = pty.name};
  session->watch(leader);
  return session;
}

std::unique_ptr<Session> Session::login(event_loop& loop, std::function<void()> on_end) {
  auto session = std::make_unique<Session>(loop, std::move(on_end));
  Pty pty = open_pty();
  const Becoming what{.program = login_program,
                      .arguments = {login_program},
                      .environment = {"TERM=vt220", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
                      .home = "/"};
  const pid_t leader = start_session(what, pty.slave);
  session->terminal_ = {.master = std::move(pty.master), .name = pty.name};
  session->watch(leader);
  return session;
}

Terminal Session::take_terminal() { return std::exchange(terminal_, {}); }

void Session::watch(pid_t leader) {
  // A child of ours that nobody has waited for: the number is its own, also if it has ended.
  unique_fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, leader, 0)));
  if (!pidfd) throw error_of_errno(errno, "cannot watch the session");
  leader_ =
      std::make_unique<LeaderWatch>(loop_, std::move(pidfd), [this] { loop_.spawn(end_rest()); });
}

task<void> Session::end_rest() {
  for (int looks = 0;; ++looks) {
    reap();
    const std::vector<pid_t> left = is_inside_ ? std::vector<pid_t>() : descendants();
    if (left.empty()) break;
    for (const pid_t pid : left) {
      // They are children of ours, or of theirs, that we have not reaped: the numbers are theirs.
      if (looks == 0) ::kill(pid, SIGHUP);
      if (looks == 0) ::kill(pid, SIGTERM);
      if (looks == 0) ::kill(pid, SIGCONT);
      if (looks >= looks_before_kill) ::kill(pid, SIGKILL);
    }
    co_await loop_.sleep(pause_between_looks);
  }
  utmp_.reset();
  pam_.reset();
  on_end_();
}

}  // namespace headway::machined
