// SPDX-License-Identifier: MIT
#include "daemon/broker_process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "config/broker_config.h"
#include "daemon/link_messages.h"
#include "daemon/process.h"
#include "daemon/sandbox.h"
#include "daemon/server.h"
#include "io/link.h"
#include "io/loop.h"

namespace headway::daemon {
namespace {

/// Leaves without running what the supervisor's memory left to be run at exit, unless a sanitizer
/// wants to look for leaks.
[[noreturn]] void leave(int status) {
#if defined(__SANITIZE_ADDRESS__)
  std::exit(status);
#else
  ::_exit(status);
#endif
}

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "The broker process cannot start: %s\n", why.c_str());
  leave(1);
}

/// The first message, the sockets that come with it, and what must be open before the lock-up.
Server::Setup receive_setup(io::Link& link, io::Loop& loop) {
  HEADWAY_ASSERT(loop.add(link.socket(), EPOLLIN, 0));
  std::optional<std::string> frame;
  while (!frame) {
    static_cast<void>(loop.wait(std::nullopt));
    if (!link.receive()) leave(0);  // the supervisor has given up, and has said why
    frame = link.next();
  }
  loop.remove(link.socket());

  auto message = decode_to_broker(*frame);
  auto* const start = message ? std::get_if<to_broker::Start>(&*message) : nullptr;
  if (start == nullptr) give_up("the supervisor sent something else first");
  auto config = config::decode(as_bytes(start->config));
  if (!config) give_up("the supervisor sent what is no configuration");
  std::vector<Fd> listeners = link.take_fds();
  if (listeners.size() != start->listeners.size()) give_up("listening sockets are missing");
  auto kernels = lsm::Kernels::open(start->facts);
  if (!kernels) give_up(kernels.error());
  return {.start = std::move(*start),
          .config = std::move(*config),
          .listeners = std::move(listeners),
          .kernels = std::move(*kernels)};
}

}  // namespace

void run_broker_process(Fd link_socket, int supervisor_pid, bool silent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != supervisor_pid) leave(0);  // it ended before that was in force
  ::prctl(PR_SET_NAME, "headwayd-broker", 0, 0, 0);
  close_descriptors_except(link_socket.get());

  io::Link link(std::move(link_socket), broker_frame_bytes_max);
  auto loop = io::Loop::create();
  if (!loop) give_up("no epoll");
  Server::Setup setup = receive_setup(link, *loop);
  if (silent) silence_output();
  const auto problems = lock_up(setup.kernels.rights());
  for (const std::string& problem : problems) {
    link.send(encode(FromBroker(from_broker::Log{
        {.kind = broker::LogKind::sandbox_incomplete, .text = problem, .fields = {}}})));
  }
  {
    Server server(std::move(setup), link, std::move(*loop));
    server.run();
  }
  link.flush();
  leave(0);
}

}  // namespace headway::daemon
