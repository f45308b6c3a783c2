// SPDX-License-Identifier: MIT
#include "machined/peer.h"

#include <utility>

#include "headway/dict.h"
#include "headway/proxy.h"
#include "machined/process.h"

namespace headway::machined {
namespace {

struct Credentials {
  std::optional<std::uint32_t> unix_user_id;
  std::optional<std::uint32_t> process_id;
  std::optional<unique_fd> process_fd;
  static constexpr key_name key_names[] = {{.member = "unix_user_id", .key = "UnixUserID"},
                                           {.member = "process_id", .key = "ProcessID"},
                                           {.member = "process_fd", .key = "ProcessFD"}};
};
template <class Role>
struct Driver {
  static constexpr std::string_view name = "org.freedesktop.DBus";
  method<Role, dict<Credentials>(std::string)> get_connection_credentials;
};

}  // namespace

task<Peer> identify(connection bus, std::string name) {
  auto driver = bus.proxy<Driver>("org.freedesktop.DBus", "/org/freedesktop/DBus");
  auto told = co_await driver->get_connection_credentials(name).as_result();
  if (!told || !told->unix_user_id) {
    throw error(error_name::access_denied, "the bus cannot say who " + name + " is" +
                                               (told ? std::string() : ": " + told.error().text()));
  }
  Peer peer{.name = std::move(name),
            .uid = *told->unix_user_id,
            .pid = told->process_id,
            .pidfd = told->process_fd ? std::move(*told->process_fd) : unique_fd()};
  co_return peer;
}

PeerProcess process_of(const Peer& peer) {
  if (!peer.pid || !peer.pidfd) return {};
  const auto pid = static_cast<pid_t>(*peer.pid);
  PeerProcess process{.unit = unit_of(pid), .executable = executable_of(pid)};
  // If it still lives, that was said of it and of nobody who got its number later.
  return has_ended(peer.pidfd) ? PeerProcess() : process;
}

}  // namespace headway::machined
