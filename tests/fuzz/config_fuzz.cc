// SPDX-License-Identifier: MIT
// Any files load or are refused with a place in one of them; what loads survives the way to the
// broker process. Zero bytes separate the files: the first is the top, the others lie in /d.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/assert.h"
#include "base/bytes.h"
#include "config/broker_config.h"
#include "config/bus_config.h"
#include "config/fake_environment.h"
#include "fuzz_target.h"

namespace {

using namespace headway;
using namespace headway::config;

FakeEnvironment environment_of(std::string_view text) {
  FakeEnvironment environment;
  environment.variables = {{"HOME", "/home/a"}};
  environment.selinux_root = "/d";
  std::string path = "/top.conf";
  for (int count = 1;; ++count) {
    const auto end = text.find('\0');
    environment.files[path] = text.substr(0, end);
    if (end == text.npos) return environment;
    text.remove_prefix(end + 1);
    path = fmt::format("/d/{}.conf", count);
  }
}

/// Every rule has a place, in its section and out of it.
void check_places(const BusConfig& config, const broker::PolicySection& section) {
  for (const auto& rule : section.rules) {
    HEADWAY_ASSERT(rule.source.line > 0);
    HEADWAY_ASSERT(!config.where(rule.source).empty());
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto environment = environment_of(as_text({data, size}));

  const auto config = load_bus_config("/top.conf", environment);
  if (!config) {
    HEADWAY_ASSERT(environment.files.contains(config.error().file));
    HEADWAY_ASSERT(!config.error().text.empty());
    return 0;
  }

  HEADWAY_ASSERT(!config->listen.empty());
  HEADWAY_ASSERT(config->limits.max_message_size <= broker::Limits::message_size_ceiling);
  for (const auto& section : config->policy.sections) check_places(*config, section);
  std::vector<BoundUser> everybody;
  for (const auto& late : config->late_users) {
    check_places(*config, late.section);
    everybody.push_back({late.name, 7});
  }
  const auto bound = bind_late_users(config->policy, config->late_users, everybody);
  HEADWAY_ASSERT(bound.sections.size() ==
                 config->policy.sections.size() + config->late_users.size());

  const auto part = broker_config(*config);
  HEADWAY_ASSERT(decode(encode(part)) == part);
  return 0;
}
