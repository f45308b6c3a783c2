// SPDX-License-Identifier: MIT
// The helper of a system bus: set-user-ID root. See helper.h.
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/account.h"
#include "config/system_environment.h"
#include "io/before_exec.h"
#include "launch/helper.h"

namespace headway::launch {
namespace {

std::unexpected<Refusal> setup_failed(std::string_view what) {
  return std::unexpected(
      Refusal{HelperStatus::setup_failed, fmt::format("{}: {}", what, std::strerror(errno))});
}

/// Nothing that our caller has prepared shall reach what we do, nor the service.
OrRefusal<void> forget_caller() {
  ::clearenv();
  ::close_range(STDERR_FILENO + 1, std::numeric_limits<unsigned>::max(), 0);
  io::default_signals();
  ::umask(022);
  if (::chdir("/") < 0) return setup_failed("cannot change to /");
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {  // lest a file we open become one
    if (::fcntl(fd, F_GETFD) < 0) static_cast<void>(::open("/dev/null", O_RDWR));
  }
  return {};
}

/// For good (HELP-006).
OrRefusal<void> become(const config::Account& account) {
  if (::initgroups(account.name.c_str(), account.gid) < 0) return setup_failed("initgroups");
  if (::setresgid(account.gid, account.gid, account.gid) < 0) return setup_failed("setresgid");
  if (::setresuid(account.uid, account.uid, account.uid) < 0) return setup_failed("setresuid");

  uid_t uids[3];
  gid_t gids[3];
  ::getresuid(&uids[0], &uids[1], &uids[2]);
  ::getresgid(&gids[0], &gids[1], &gids[2]);
  for (int i = 0; i < 3; ++i) {
    if (uids[i] == account.uid && gids[i] == account.gid) continue;
    errno = EPERM;
    return setup_failed(fmt::format("cannot become {}", account.name));
  }
  if (account.uid != 0 && ::setuid(0) == 0) {
    errno = EPERM;
    return setup_failed(fmt::format("cannot become {} for good", account.name));
  }
  return {};
}

/// Does not come back unless something is wrong.
OrRefusal<void> start_service(std::span<const char* const> arguments) {
  const char* const address = std::getenv("DBUS_STARTER_ADDRESS");
  const std::vector<std::string> environment = service_environment(
      address == nullptr ? std::nullopt : std::optional<std::string_view>(address));
  TRY_VOID(forget_caller());

  const std::string service = TRY(service_argument(arguments));
  config::SystemEnvironment files;
  const HelperConfig config =
      TRY(read_helper_config(std::string(config::system_config_file), files));
  const auto bus = config::find_configured_account(config.bus_user);
  if (!bus) {
    return std::unexpected(
        Refusal{HelperStatus::config_invalid,
                fmt::format("{}: <user>: {}", config::system_config_file, bus.error())});
  }
  TRY_VOID(check_caller({.real_uid = ::getuid(), .effective_uid = ::geteuid()}, bus->uid));

  const Launch launch = TRY(find_launch(service, config.directories, files));
  const auto account = config::find_account(launch.user);
  if (!account) {
    return std::unexpected(
        Refusal{HelperStatus::setup_failed, fmt::format("there is no user \"{}\"", launch.user)});
  }
  io::give_up_protection();
  TRY_VOID(become(*account));
  ::execve(launch.arguments.front().c_str(), io::pointers_to(launch.arguments).data(),
           io::pointers_to(environment).data());
  return std::unexpected(
      Refusal{HelperStatus::exec_failed,
              fmt::format("cannot execute {} as {}: {}", launch.arguments.front(), account->name,
                          std::strerror(errno))});
}

int main(std::span<const char* const> arguments) {
  std::set_new_handler([] { ::_exit(std::to_underlying(HelperStatus::no_memory)); });
  const auto started = start_service(arguments);
  const Refusal& refusal = started.error();
  const std::string line = fmt::format("headway-launch-helper: {}\n", refusal.text);
  static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
  return std::to_underlying(refusal.status);
}

}  // namespace
}  // namespace headway::launch

int main(int count, char** values) {
  return headway::launch::main({values + 1, static_cast<std::size_t>(count > 0 ? count - 1 : 0)});
}
