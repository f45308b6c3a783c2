// SPDX-License-Identifier: MIT
// With libapparmor; apparmor_host_none.cc is compiled where there is none.
#include "lsm/apparmor_host.h"

#include <fmt/format.h>
#include <sys/apparmor.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>

#include "lsm/apparmor_query.h"

namespace headway::lsm {

static_assert(apparmor_class_dbus == AA_CLASS_DBUS);
static_assert(apparmor_send == AA_DBUS_SEND && apparmor_receive == AA_DBUS_RECEIVE);
static_assert(apparmor_eavesdrop == AA_DBUS_EAVESDROP && apparmor_bind == AA_DBUS_BIND);

std::expected<std::string, std::string> apparmor_mount_point() {
  struct Free {
    void operator()(char* text) const { std::free(text); }
  };
  char* found = nullptr;
  if (::aa_find_mountpoint(&found) < 0) {
    return std::unexpected(
        fmt::format("AppArmor is not active on this machine ({})", std::strerror(errno)));
  }
  const std::unique_ptr<char, Free> mount_point(found);
  const std::string mask_path = fmt::format("{}/features/dbus/mask", mount_point.get());
  std::ifstream file(mask_path);
  std::string mask;
  if (!std::getline(file, mask) || !mediates_dbus(mask)) {
    return std::unexpected(fmt::format(
        "this kernel's AppArmor does not mediate D-Bus ({} must list acquire, send and receive)",
        mask_path));
  }
  return mount_point.get();
}

}  // namespace headway::lsm
