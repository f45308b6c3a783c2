// SPDX-License-Identifier: MIT
// headway-machine-helper: serves one request of headway-machined, which is at the other end of
// stdin, and ends. See helper_interface.h.
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "headway/connection.h"
#include "headway/object.h"
#include "machined/helper_interface.h"
#include "machined/inspect.h"

namespace headway::machined {
namespace {

// A machine's files and name spaces can block whoever touches them.
constexpr unsigned inspection_seconds = 15;

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

int serve() {
  // Nobody in a machine may look into a process of root's that comes there.
  ::prctl(PR_SET_DUMPABLE, 0);
  ::alarm(inspection_seconds);
  event_loop loop;
  const connection manager = connection::accept(take_socket());
  manager.attach(loop);
  auto helper = manager.serve<Helper1>(helper_path);
  helper->get_addresses = [](const Target& machine) { return addresses_of(machine); };
  helper->get_os_release = [](const Target& machine) { return os_release_of(machine); };
  const auto done = manager.on_disconnect([&loop](const error&) { loop.stop(); });
  loop.run();
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
