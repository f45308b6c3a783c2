// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/bus_config.h"
#include "config/environment.h"
#include "launch/helper_status.h"

/// What the helper of a system bus decides (HELP-001 .. HELP-007): the program through which a bus
/// without privileges has services started as the users that their files name. It is set-user-ID
/// root, and whoever starts it may be hostile: of what he gives it only the name of a service
/// counts. Pure, but for what Environment reads; helper_main.cc has the system calls.
namespace headway::launch {

/// Why a service is not started.
struct Refusal {
  HelperStatus status = HelperStatus::failed;
  std::string text;
};
template <typename T>
using OrRefusal = std::expected<T, Refusal>;

/// The service that is to be started: the only argument.
[[nodiscard]] OrRefusal<std::string> service_argument(std::span<const char* const> arguments);

struct Caller {
  std::uint32_t real_uid = 0;
  std::uint32_t effective_uid = 0;
};
/// HELP-002: only for the bus, and only with the privilege to become anybody.
[[nodiscard]] OrRefusal<void> check_caller(Caller caller, std::uint32_t bus_uid);

/// All that the helper takes from the configuration (HELP-004).
struct HelperConfig {
  std::string bus_user;  // a name or a number
  std::vector<config::ServiceDirectory> directories;
};
/// Only files count: no variable is looked at, and nobody is asked about the users and groups that
/// policies mention.
[[nodiscard]] OrRefusal<HelperConfig> read_helper_config(const std::string& path,
                                                         config::Environment& environment);

/// What a service file says about starting it.
struct Launch {
  std::string user;
  std::vector<std::string> arguments;  // the program's path first
};
/// Looks for `service` + ".service" in one directory after the other (HELP-005). A file that cannot
/// be used is passed over, as the bus does; if there is no other, the refusal tells of it.
[[nodiscard]] OrRefusal<Launch> find_launch(
    std::string_view service, const std::vector<config::ServiceDirectory>& directories,
    config::Environment& environment);

/// The whole environment of the service (HELP-003), `address` being what the bus says that its own
/// is. Of that the local sockets count: other kinds of address make whoever connects execute
/// programs, and it may be root who connects.
[[nodiscard]] std::vector<std::string> service_environment(std::optional<std::string_view> address);

}  // namespace headway::launch
