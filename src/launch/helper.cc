// SPDX-License-Identifier: MIT
#include "launch/helper.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "base/result.h"
#include "config/service_file.h"
#include "launch/exec_line.h"
#include "wire/address.h"
#include "wire/names.h"

namespace headway::launch {
namespace {

constexpr std::string_view standard_address = "unix:path=/run/dbus/system_bus_socket";

std::unexpected<Refusal> refusal(HelperStatus status, std::string text) {
  return std::unexpected(Refusal{status, std::move(text)});
}

/// The files of another environment and nothing else.
class FilesOnly final : public config::Environment {
 public:
  explicit FilesOnly(config::Environment& files) : files_(files) {}

  std::expected<std::string, config::SourceError> read_file(const std::string& path) override {
    return files_.read_file(path);
  }
  std::expected<std::vector<std::string>, config::SourceError> list_directory(
      const std::string& path) override {
    return files_.list_directory(path);
  }
  std::optional<std::uint32_t> uid_of(const std::string&) override { return {}; }
  std::optional<std::uint32_t> gid_of(const std::string&) override { return {}; }
  std::optional<std::string> variable(const std::string&) override { return {}; }
  std::optional<std::string> selinux_policy_root() override { return {}; }

 private:
  config::Environment& files_;
};

OrRefusal<Launch> launch_of(std::string_view service, config::ServiceFile file) {
  const auto invalid = [&](std::string_view text) {
    return refusal(HelperStatus::file_invalid, fmt::format("{}: {}", file.path, text));
  };
  if (file.name != service) {
    return invalid(
        fmt::format("the Name in it is \"{}\", which is not what it is called after", file.name));
  }
  if (!file.user || file.user->empty()) return invalid("there is no User");
  if (file.exec.empty()) return invalid("there is no Exec");
  auto arguments = split_exec_line(file.exec);
  if (!arguments) {
    return refusal(HelperStatus::bad_arguments,
                   fmt::format("{}: {}", file.path, arguments.error()));
  }
  return Launch{std::move(*file.user), std::move(*arguments)};
}

}  // namespace

OrRefusal<std::string> service_argument(std::span<const char* const> arguments) {
  if (arguments.size() != 1) {
    return refusal(HelperStatus::bad_arguments,
                   "usage: headway-launch-helper NAME (only a bus may start this program)");
  }
  std::string name = arguments.front();
  if (!wire::is_well_known_name(name)) {
    return refusal(HelperStatus::name_invalid,
                   fmt::format("\"{}\" is not a valid name for a service", name));
  }
  return name;
}

OrRefusal<void> check_caller(Caller caller, std::uint32_t bus_uid) {
  if (caller.effective_uid != 0) {
    return refusal(HelperStatus::permissions_invalid,
                   fmt::format("the helper runs as uid {} and not as root; it has to belong to "
                               "root and be set-user-ID, on a file system that permits that",
                               caller.effective_uid));
  }
  if (caller.real_uid != bus_uid) {
    return refusal(HelperStatus::permissions_invalid,
                   fmt::format("the helper was started by uid {}, and starts services only for "
                               "the bus, which is uid {}",
                               caller.real_uid, bus_uid));
  }
  return {};
}

OrRefusal<HelperConfig> read_helper_config(const std::string& path,
                                           config::Environment& environment) {
  FilesOnly files(environment);
  auto config = config::load_bus_config(path, files);
  if (!config) return refusal(HelperStatus::config_invalid, config::to_string(config.error()));
  if (!config->user) {
    return refusal(HelperStatus::config_invalid,
                   fmt::format("{}: there is no <user>, so that nobody may start services", path));
  }
  return HelperConfig{std::move(config->user->text), std::move(config->service_directories)};
}

OrRefusal<Launch> find_launch(std::string_view service,
                              const std::vector<config::ServiceDirectory>& directories,
                              config::Environment& environment) {
  std::string unusable;
  for (const config::ServiceDirectory& directory : directories) {
    const std::string path =
        fmt::format("{}/{}", directory.path, config::conventional_file_name(service));
    const auto text = environment.read_file(path);
    if (!text) {
      if (!text.error().missing) unusable += fmt::format("; {}: {}", path, text.error().text);
      continue;
    }
    auto file = config::parse_service_file(*text, path);
    if (file) return launch_of(service, std::move(*file));
    unusable += fmt::format("; {}", config::to_string(file.error()));
  }
  return refusal(
      HelperStatus::service_not_found,
      fmt::format("{} is in none of the {} directories of services{}",
                  config::conventional_file_name(service), directories.size(), unusable));
}

std::vector<std::string> service_environment(std::optional<std::string_view> address) {
  std::vector<wire::AddressEntry> sockets;
  if (const auto entries = wire::parse_address(address.value_or(""))) {
    for (const wire::AddressEntry& entry : *entries) {
      const auto meaning = wire::connect_address(entry);
      if (meaning && (std::holds_alternative<wire::UnixPath>(*meaning) ||
                      std::holds_alternative<wire::UnixAbstract>(*meaning))) {
        sockets.push_back(entry);
      }
    }
  }
  const std::string kept =
      sockets.empty() ? std::string(standard_address) : wire::to_string(sockets);
  return {fmt::format("DBUS_STARTER_ADDRESS={}", kept), "DBUS_STARTER_BUS_TYPE=system"};
}

}  // namespace headway::launch
