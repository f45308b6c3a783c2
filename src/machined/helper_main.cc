// SPDX-License-Identifier: MIT
// headway-machine-helper: serves one request of headway-machined, which is at the other end of
// stdin, and ends. See helper_interface.h.
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "headway/connection.h"
#include "headway/object.h"
#include "machined/accounts.h"
#include "machined/container.h"
#include "machined/helper_interface.h"
#include "machined/inspect.h"
#include "machined/pty.h"
#include "machined/session.h"

namespace headway::machined {
namespace {

// A machine's files and name spaces can block whoever touches them, and so can name services.
// Between requests nothing blocks: the manager may wait for somebody's password.
constexpr unsigned inspection_seconds = 15;
constexpr unsigned session_seconds = 60;

/// The socket, out of the place of stdin; there and at stdout is nothing any more.
unique_fd take_socket() {
  unique_fd socket(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  const unique_fd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!socket || ::dup2(nothing.get(), STDIN_FILENO) < 0 ||
      ::dup2(nothing.get(), STDOUT_FILENO) < 0) {
    throw error_of_errno(errno, "headway-machined starts this program");
  }
  return socket;
}

/// Ends the process if `work` takes longer.
template <class Work>
auto within(unsigned seconds, Work work) {
  ::alarm(seconds);
  auto result = work();
  ::alarm(0);
  return result;
}

/// Serves what the manager asks; goes on without it for as long as it has a session.
class Helper {
 public:
  explicit Helper(connection manager)
      : manager_(std::move(manager)), object_(manager_.serve<Helper1>(helper_path)) {
    manager_.attach(loop_);
    object_->get_addresses = [](const Target& machine) {
      return within(inspection_seconds, [&] { return addresses_of(machine); });
    };
    object_->get_os_release = [](const Target& machine) {
      return within(inspection_seconds, [&] { return os_release_of(machine); });
    };
    object_->find_account = [](const Target& machine, const std::string& user) {
      const auto found = within(inspection_seconds, [&] {
        return machine.is_host ? find_host_account(user) : find_container_account(machine, user);
      });
      return FoundAccount{.is_there = found.has_value(), .account = found.value_or(Account())};
    };
    object_->open_session = [this](const Target& machine, const SessionRequest& request) {
      const auto end = [this] { loop_.stop(); };
      is_inside_ = !machine.is_host;
      return open([&] {
        return machine.is_host ? Session::shell(loop_, request, end)
                               : Session::container_shell(loop_, machine, request, end);
      });
    };
    object_->open_login = [this](const Target& machine) {
      require_host(machine);
      return open([&] { return Session::login(loop_, [this] { loop_.stop(); }); });
    };
    object_->open_terminal = [](const Target& machine) {
      require_host(machine);
      Pty pty = open_pty();
      return Terminal{.master = std::move(pty.master), .name = pty.name};
    };
  }

  void run() {
    const auto done = manager_.on_disconnect([this](const error&) {
      if (!session_) loop_.stop();
    });
    loop_.run();
    if (manager_.is_open()) manager_.flush(flush_limit);
    // What is to be done at the end of a process would be done inside, by its rules.
    if (is_inside_) ::_exit(EXIT_SUCCESS);
  }

 private:
  static constexpr std::chrono::seconds flush_limit{5};

  static void require_host(const Target& machine) {
    if (!machine.is_host) {
      throw error(error_name::not_supported,
                  "logins and bare terminals are opened on the host only");
    }
  }
  template <class Make>
  Terminal open(Make make) {
    if (session_) throw error(error_name::failed, "this helper has a session already");
    session_ = within(session_seconds, make);
    return session_->take_terminal();
  }

  event_loop loop_;
  connection manager_;
  served<Helper1> object_;
  std::unique_ptr<Session> session_;
  bool is_inside_ = false;  // a container
};

int serve() {
  // Nobody in a machine may look into a process of root's that comes there.
  ::prctl(PR_SET_DUMPABLE, 0);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  Helper helper(within(inspection_seconds, [] { return connection::accept(take_socket()); }));
  helper.run();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace headway::machined

int main() {
  try {
    return headway::machined::serve();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "headway-machine-helper: %s\n", e.what());
    return EXIT_FAILURE;
  }
}
