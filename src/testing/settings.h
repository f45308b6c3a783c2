// SPDX-License-Identifier: MIT
#pragma once

#include "broker/broker.h"
#include "headway/testing/bus.h"

namespace headway::testing {

inline constexpr std::uint32_t bus_uid = 1000;
/// Of every bus in a test, so that the same test makes the same run.
inline constexpr std::string_view bus_id = "0123456789abcdef0123456789abcdef";

struct Settings {
  broker::BusFacts facts;
  broker::BrokerSettings settings;
};

/// What the options say. Reads the files that the configuration includes. Throws
/// std::invalid_argument if it cannot be used.
[[nodiscard]] Settings settings_of(const bus_options& options);

}  // namespace headway::testing
