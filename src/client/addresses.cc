// SPDX-License-Identifier: MIT
#include "client/addresses.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "wire/address.h"

namespace headway::client {
namespace {

constexpr const char* system_bus = "unix:path=/var/run/dbus/system_bus_socket";

const char* variable(const char* name) {
  const char* const value = ::secure_getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

result<std::string> session_address() {
  if (const char* const address = variable("DBUS_SESSION_BUS_ADDRESS")) return address;
  if (const char* const directory = variable("XDG_RUNTIME_DIR")) {
    const std::string path = std::string(directory) + "/bus";
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode) &&
        status.st_uid == ::getuid()) {
      return "unix:path=" + wire::escape_address_value(path);
    }
  }
  return std::unexpected(error(error_name::no_server,
                               "there is no session bus: neither DBUS_SESSION_BUS_ADDRESS nor "
                               "XDG_RUNTIME_DIR leads to one"));
}

result<std::string> starter_address() {
  if (const char* const address = variable("DBUS_STARTER_ADDRESS")) return address;
  const char* const type = variable("DBUS_STARTER_BUS_TYPE");
  if (type != nullptr && std::string_view(type) == "system") return address_of(bus::system);
  if (type != nullptr && std::string_view(type) == "session") return address_of(bus::session);
  return std::unexpected(
      error(error_name::no_server, "no bus started this program: DBUS_STARTER_ADDRESS is not set"));
}

}  // namespace

result<std::string> address_of(bus which) {
  switch (which) {
    case bus::session:
      return session_address();
    case bus::system:
      if (const char* const address = variable("DBUS_SYSTEM_BUS_ADDRESS")) return address;
      return system_bus;
    case bus::starter:
      return starter_address();
  }
  std::unreachable();
}

}  // namespace headway::client
