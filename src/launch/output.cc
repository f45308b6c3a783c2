// SPDX-License-Identifier: MIT
#include "launch/output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include "io/socket.h"

namespace headway::launch {
namespace {

constexpr int priority_of_out = 6;  // LOG_INFO
constexpr int priority_of_err = 4;  // LOG_WARNING

Fd stream(const std::string& service, const std::string& path, int priority) {
  auto socket = io::connect_unix(path);
  if (!socket) return {};
  // Identifier, unit, priority; whether lines say their own, whether to pass them on to syslog, the
  // kernel's log, the console.
  const std::string header = fmt::format("{}\n\n{}\n1\n0\n0\n0\n", service, priority);
  const int fd = socket->get();
  const bool is_told =
      ::send(fd, header.data(), header.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(header.size());
  // A program waits when it writes more than is read, as on any other stdout.
  if (!is_told || ::shutdown(fd, SHUT_RD) < 0 || ::fcntl(fd, F_SETFL, 0) < 0) return {};
  return std::move(*socket);
}

}  // namespace

Output journal_output(const std::string& service, const std::string& path) {
  Output output{.out = stream(service, path, priority_of_out),
                .err = stream(service, path, priority_of_err)};
  if (!output.out || !output.err) return {};
  return output;
}

}  // namespace headway::launch
