// SPDX-License-Identifier: MIT
#include "machined/session.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "machined/accounts.h"
#include "machined/become.h"
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
  const Becoming what{.program = request.program,
                      .arguments = request.arguments,
                      .environment = session_environment(request, session->pam_->environment()),
                      .uid = account.uid,
                      .gid = account.gid,
                      .home = account.home};
  const pid_t leader = start_session(what, pty.slave);
  session->utmp_ = std::make_unique<UtmpEntry>(pty.name, account.name, leader);
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
  auto process = open_process(leader);
  // It may have ended already: its zombie is ours, but is no process to be opened.
  if (!process) {
    loop_.spawn(end_rest());
    return;
  }
  leader_ = std::make_unique<LeaderWatch>(loop_, std::move(process->pidfd),
                                          [this] { loop_.spawn(end_rest()); });
}

task<void> Session::end_rest() {
  for (int looks = 0;; ++looks) {
    reap();
    const std::vector<pid_t> left = descendants();
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
