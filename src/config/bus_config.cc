// SPDX-License-Identifier: MIT
#include "config/bus_config.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/result.h"
#include "config/loader.h"

namespace headway::config {

std::string to_string(const ConfigError& error) {
  if (error.line == 0) return fmt::format("{}: {}", error.file, error.text);
  return fmt::format("{}:{}: {}", error.file, error.line, error.text);
}

std::string BusConfig::where(broker::RuleSource source) const {
  HEADWAY_ASSERT(source.file < policy.files.size());
  return fmt::format("{}:{}", policy.files[source.file], source.line);
}

std::expected<BusConfig, ConfigError> load_bus_config(const std::string& path,
                                                      Environment& environment) {
  Loader loader(environment);
  const auto document = loader.read(path);
  if (!document) {
    return std::unexpected(
        ConfigError{path, 0, fmt::format("cannot be read: {}", document.error().text)});
  }
  auto fragment = TRY(loader.parse(path, *document));
  if (fragment.listen.empty()) {
    return std::unexpected(ConfigError{
        path, 0, "neither this file nor one that it includes has a <listen>; add an address"});
  }
  auto config = std::move(fragment).finish();
  std::move(loader).finish(config);
  return config;
}

}  // namespace headway::config
