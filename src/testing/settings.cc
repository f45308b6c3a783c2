// SPDX-License-Identifier: MIT
#include "testing/settings.h"

#include <fmt/format.h>

#include <stdexcept>

#include "config/broker_config.h"
#include "config/bus_config.h"
#include "config/system_environment.h"

namespace headway::testing {
namespace {

constexpr const char* bus_file = "bus of the test";
constexpr const char* given_file = "configuration of the test";

constexpr std::string_view open_rules = R"(
  <type>session</type>
  <policy context="default">
    <allow user="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>)";

// What installed system buses say.
constexpr std::string_view system_rules = R"(
  <type>system</type>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
    <allow send_destination="org.freedesktop.DBus"
           send_interface="org.freedesktop.DBus.Introspectable"/>
    <allow send_destination="org.freedesktop.DBus"
           send_interface="org.freedesktop.DBus.Properties"/>
    <deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"
          send_member="UpdateActivationEnvironment"/>
  </policy>)";

std::string_view text_of(rules base) {
  switch (base) {
    case rules::open:
      return open_rules;
    case rules::system_bus:
      return system_rules;
    case rules::none:
      return {};
  }
  return {};
}

/// This machine, with two files and some accounts more.
class TestEnvironment final : public config::Environment {
 public:
  explicit TestEnvironment(const bus_options& options) : options_(options) {}

  std::expected<std::string, config::SourceError> read_file(const std::string& path) override {
    if (path == bus_file) {
      const auto include = fmt::format("<include>{}</include>", given_file);
      return fmt::format("<busconfig><listen>unix:tmpdir=/</listen>{}{}</busconfig>",
                         text_of(options_.base), options_.config.empty() ? "" : include);
    }
    if (path == given_file) return options_.config;
    return machine_.read_file(path);
  }
  std::expected<std::vector<std::string>, config::SourceError> list_directory(
      const std::string& path) override {
    return machine_.list_directory(path);
  }
  std::optional<std::uint32_t> uid_of(const std::string& user) override {
    const auto found = options_.users.find(user);
    return found != options_.users.end() ? std::optional(found->second) : machine_.uid_of(user);
  }
  std::optional<std::uint32_t> gid_of(const std::string& group) override {
    const auto found = options_.groups.find(group);
    return found != options_.groups.end() ? std::optional(found->second) : machine_.gid_of(group);
  }
  std::optional<std::string> variable(const std::string& name) override {
    return machine_.variable(name);
  }
  std::optional<std::string> selinux_policy_root() override { return std::nullopt; }

 private:
  const bus_options& options_;
  config::SystemEnvironment machine_;
};

}  // namespace

Settings settings_of(const bus_options& options) {
  TestEnvironment environment(options);
  const auto loaded = config::load_bus_config(bus_file, environment);
  if (!loaded) throw std::invalid_argument(config::to_string(loaded.error()));

  Settings all;
  all.facts = {.id = std::string(bus_id),
               .machine_id = std::string(bus_id),
               .credentials = {.uid = bus_uid, .pid = 1, .groups = {}, .label = {}},
               .type = loaded->type};
  config::BrokerConfig config = config::broker_config(*loaded);
  all.settings = {.policy = std::move(config.policy),
                  .limits = config.limits,
                  .allow_anonymous = false,
                  .starts_services = true,
                  .guards_environment = false,
                  .services = {}};
  return all;
}

}  // namespace headway::testing
