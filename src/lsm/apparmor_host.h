// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <string>

namespace headway::lsm {

/// Where the kernel shows AppArmor, if that mediates D-Bus (LSM-012, LSM-022). The error says why
/// it does not, as the end of a sentence.
[[nodiscard]] std::expected<std::string, std::string> apparmor_mount_point();

}  // namespace headway::lsm
