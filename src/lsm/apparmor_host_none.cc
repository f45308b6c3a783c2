// SPDX-License-Identifier: MIT
#include "lsm/apparmor_host.h"

namespace headway::lsm {

std::expected<std::string, std::string> apparmor_mount_point() {
  return std::unexpected("this bus was built without AppArmor");
}

}  // namespace headway::lsm
