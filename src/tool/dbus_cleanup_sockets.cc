// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "base/fd.h"
#include "tool/command_line.h"
#include "tool/programs.h"

namespace headway::tool {
namespace {

constexpr const char* default_directory = "/tmp";  // where session buses listen

enum class State { not_a_socket, dead, alive, unknown };

/// A socket is dead if nobody listens on it. Only sockets are asked: a file of another kind is not
/// ours to remove, whatever it is called.
State state_of(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) < 0 || !S_ISSOCK(status.st_mode)) return State::not_a_socket;
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (path.size() >= sizeof address.sun_path) return State::unknown;
  path.copy(address.sun_path, path.size());
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return State::unknown;
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
      errno == EAGAIN) {  // so many wait to be accepted that no more fit
    return State::alive;
  }
  return errno == ECONNREFUSED ? State::dead : State::unknown;
}

struct Count {
  int removed = 0;
  int alive = 0;
  int unknown = 0;

  void take(const std::string& path) {
    switch (state_of(path)) {
      case State::not_a_socket:
        return;
      case State::alive:
        ++alive;
        return;
      case State::unknown:
        ++unknown;
        return;
      case State::dead:
        if (::unlink(path.c_str()) == 0) {
          ++removed;
        } else {
          print(stderr,
                fmt::format("Warning: Failed to delete {}: {}\n", path, std::strerror(errno)));
        }
    }
  }
};

int clean(const Program& self, const std::string& directory) {
  std::error_code error;
  std::filesystem::directory_iterator files(directory, error);
  Count count;
  for (; !error && files != std::filesystem::directory_iterator(); files.increment(error)) {
    if (files->path().filename().native().starts_with("dbus-")) count.take(files->path());
  }
  if (error) {
    complain(self, fmt::format("cannot read the directory \"{}\": {}", directory, error.message()));
    return EXIT_FAILURE;
  }
  print(stdout, fmt::format("Cleaned up {} sockets in {}; {} sockets are still in use; "
                            "{} in unknown state\n",
                            count.removed, directory, count.alive, count.unknown));
  return EXIT_SUCCESS;
}

int run(const Program& self, Arguments arguments) {
  CommandLine line(arguments);
  std::optional<std::string> directory;
  bool options_may_follow = true;
  while (!line.empty()) {
    if (options_may_follow && line.take_if("--")) {
      options_may_follow = false;
    } else if (options_may_follow && line.take_help()) {
      print(stderr, usage_of(self));
      return EXIT_SUCCESS;
    } else if (options_may_follow && line.take_if("--version")) {
      print(stdout, version_of(self));
      return EXIT_SUCCESS;
    } else if ((options_may_follow && line.peek().starts_with('-')) || directory) {
      print(stderr, synopsis_of(self));
      return EXIT_FAILURE;
    } else {
      directory = line.take();
    }
  }
  return clean(self, directory.value_or(default_directory));
}

}  // namespace

constinit const Program dbus_cleanup_sockets{
    .name = "dbus-cleanup-sockets",
    .summary = "remove sockets that no bus listens on any more",
    .usage = R"([--] [DIRECTORY]

Removes the sockets in DIRECTORY, by default /tmp, that are called dbus-... and that nobody
listens on.

  --version, --help, -h
)",
    .run = run,
};

}  // namespace headway::tool
