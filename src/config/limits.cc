// SPDX-License-Identifier: MIT
#include "config/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <variant>

namespace headway::config {
namespace {

using broker::Limits;
using std::chrono::milliseconds;

// A member's type says how large its values may be: sizes 63 bits, counts and times 31.
using Member = std::variant<std::uint64_t Limits::*, std::uint32_t Limits::*,
                            milliseconds Limits::*, std::optional<milliseconds> Limits::*>;

struct Limit {
  std::string_view name;
  Member member;
};

const Limit limit_table[] = {
    {"max_incoming_bytes", &Limits::max_incoming_bytes},
    {"max_incoming_unix_fds", &Limits::max_incoming_unix_fds},
    {"max_outgoing_bytes", &Limits::max_outgoing_bytes},
    {"max_outgoing_unix_fds", &Limits::max_outgoing_unix_fds},
    {"max_message_size", &Limits::max_message_size},
    {"max_message_unix_fds", &Limits::max_message_unix_fds},
    {"service_start_timeout", &Limits::service_start_timeout},
    {"auth_timeout", &Limits::auth_timeout},
    {"pending_fd_timeout", &Limits::pending_fd_timeout},
    {"reply_timeout", &Limits::reply_timeout},
    {"max_completed_connections", &Limits::max_completed_connections},
    {"max_incomplete_connections", &Limits::max_incomplete_connections},
    {"max_connections_per_user", &Limits::max_connections_per_user},
    {"max_pending_service_starts", &Limits::max_pending_service_starts},
    {"max_names_per_connection", &Limits::max_names_per_connection},
    {"max_match_rules_per_connection", &Limits::max_match_rules_per_connection},
    {"max_replies_per_connection", &Limits::max_replies_per_connection},
    {"max_containers", &Limits::max_containers},
    {"max_containers_per_user", &Limits::max_containers_per_user},
    {"max_container_metadata_bytes", &Limits::max_container_metadata_bytes},
    {"max_connections_per_container", &Limits::max_connections_per_container},
};

std::uint64_t value_max(const Member& member) {
  return std::holds_alternative<std::uint64_t Limits::*>(member)
             ? std::numeric_limits<std::int64_t>::max()
             : std::numeric_limits<std::int32_t>::max();
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t max) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);

  std::uint64_t value = 0;
  const auto end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end || value > max) return {};
  return value;
}

std::expected<LimitSetting, std::string> parse_limit(std::string_view name,
                                                     std::string_view number) {
  const auto limit = std::ranges::find(limit_table, name, &Limit::name);
  if (limit == std::end(limit_table)) {
    return std::unexpected(fmt::format("there is no limit called \"{}\"", name));
  }
  const auto max = value_max(limit->member);
  const auto value = parse_number(number, max);
  if (!value) {
    return std::unexpected(fmt::format(
        "limit {} is \"{}\"; it must be a whole number from 0 to {} with nothing after it", name,
        number, max));
  }
  return LimitSetting{static_cast<std::size_t>(limit - limit_table), *value};
}

void apply(const LimitSetting& setting, Limits& limits) {
  const auto value = setting.value;
  const auto& member = limit_table[setting.limit].member;

  if (const auto* size = std::get_if<std::uint64_t Limits::*>(&member)) {
    limits.*(*size) = value;
  } else if (const auto* count = std::get_if<std::uint32_t Limits::*>(&member)) {
    limits.*(*count) = static_cast<std::uint32_t>(value);
  } else if (const auto* time = std::get_if<milliseconds Limits::*>(&member)) {
    limits.*(*time) = milliseconds(value);
  } else if (const auto* maybe = std::get_if<std::optional<milliseconds> Limits::*>(&member)) {
    limits.*(*maybe) = milliseconds(value);
  }
  limits.max_message_size = std::min(limits.max_message_size, Limits::message_size_ceiling);
}

}  // namespace headway::config
