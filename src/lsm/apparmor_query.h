// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lsm/apparmor_kernel.h"

/// What AppArmor is asked, as bytes: the kernel's interface, which is fixed (LSM-013, LSM-014).
namespace headway::lsm {

inline constexpr char apparmor_class_dbus = 32;
inline constexpr std::uint32_t apparmor_send = 1u << 1;
inline constexpr std::uint32_t apparmor_receive = 1u << 2;
inline constexpr std::uint32_t apparmor_eavesdrop = 1u << 5;
inline constexpr std::uint32_t apparmor_bind = 1u << 6;

/// "/usr/bin/program (complain)", in its parts.
struct ApparmorLabel {
  std::string_view name;
  std::string_view mode;  // empty: none is given
  [[nodiscard]] bool is_unconfined() const { return name == "unconfined"; }
  [[nodiscard]] bool complains() const { return mode == "complain"; }
};
[[nodiscard]] ApparmorLabel parse_apparmor_label(std::string_view label);

/// What may one side do with a message? Absent texts are empty.
struct ApparmorMessage {
  std::string_view name;  // the other side is addressed or known by
  std::string_view peer_label;
  std::string_view path;
  std::string_view interface;
  std::string_view member;
};
[[nodiscard]] std::string message_query(std::string_view label, std::string_view bus_type,
                                        const ApparmorMessage& message);
[[nodiscard]] std::string bind_query(std::string_view label, std::string_view bus_type,
                                     std::string_view name);
[[nodiscard]] std::string eavesdrop_query(std::string_view label, std::string_view bus_type);

/// Nothing if the kernel does not answer like this.
[[nodiscard]] std::optional<ApparmorKernel::Permissions> parse_permissions(std::string_view answer);

/// What the kernel says it mediates is what a bus needs (LSM-022).
[[nodiscard]] bool mediates_dbus(std::string_view mask);

}  // namespace headway::lsm
