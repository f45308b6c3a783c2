// SPDX-License-Identifier: MIT
#include "tool/monitor_filter.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include "tool/object_path.h"

namespace headway::tool {
namespace {

using Texts = std::vector<std::string>;

// More rules than that are dearer for the bus than the messages they keep away.
constexpr std::size_t rules_max = 32;

bool has_pattern(const Texts& texts) {
  return std::ranges::any_of(
      texts, [](const std::string& text) { return text.find_first_of("*?[\\'") != text.npos; });
}

bool matches(const Texts& patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), std::string(text).c_str(), 0) == 0;
  });
}

/// A message without that field does not have what is asked for.
bool fits_text(const Texts& patterns, std::string_view text) {
  return patterns.empty() || (!text.empty() && matches(patterns, text));
}

bool fits_path(const MonitorFilter& filter, std::string_view path) {
  if (filter.paths.empty() && filter.path_namespaces.empty()) return true;
  return matches(filter.paths, path) ||
         std::ranges::any_of(filter.path_namespaces,
                             [&](const std::string& top) { return lies_below(path, top); });
}

bool is_called(const Texts& patterns, std::string_view name, const PeerBook& peers) {
  if (name.empty()) return false;
  if (matches(patterns, name) || matches(patterns, peers.owner_of(name))) return true;
  const KnownPeer* const peer = peers.find(name);
  return peer != nullptr && std::ranges::any_of(peer->names, [&](const std::string& owned) {
           return matches(patterns, owned);
         });
}

/// What the bus says of somebody's name is also about him.
bool is_about(const Texts& patterns, const message& what) {
  return what.sender() == bus_name && what.member() == "NameOwnerChanged" &&
         what.signature() == "sss" && matches(patterns, what.body().string());
}

bool fits_name(const Texts& patterns, const message& what, const PeerBook& peers) {
  return patterns.empty() || is_about(patterns, what) ||
         is_called(patterns, what.sender(), peers) ||
         is_called(patterns, what.destination(), peers);
}

bool fits_number(const std::vector<std::uint32_t>& wanted, std::optional<std::uint32_t> number) {
  return wanted.empty() || (number && std::ranges::find(wanted, *number) != wanted.end());
}

bool fits_process(const MonitorFilter& filter, const KnownPeer* peer) {
  if (!filter.asks_for_process()) return true;
  if (peer == nullptr) return false;
  return fits_number(filter.pids, peer->pid) && fits_number(filter.uids, peer->uid) &&
         (fits_text(filter.executables, peer->executable) ||
          fits_text(filter.executables, file_name_of(peer->executable)));
}

/// Every rule with each of the values, or as they are if there are none.
void multiply(Texts& rules, std::string_view key, const Texts& values) {
  if (values.empty()) return;
  Texts more;
  for (const std::string& rule : rules) {
    for (const std::string& value : values)
      more.push_back(fmt::format("{},{}='{}'", rule, key, value));
  }
  rules = std::move(more);
}

std::string_view rule_word_of(message_type type) {
  switch (type) {
    case message_type::method_call:
      return "method_call";
    case message_type::method_return:
      return "method_return";
    case message_type::error:
      return "error";
    case message_type::signal:
      return "signal";
  }
  std::unreachable();
}

}  // namespace

bool fits_type(const MonitorFilter& filter, message_type type) {
  return filter.types.empty() || std::ranges::find(filter.types, type) != filter.types.end();
}

bool fits(const MonitorFilter& filter, const message& what, const PeerBook& peers) {
  return fits_text(filter.interfaces, what.interface()) &&
         fits_text(filter.members, what.member()) && fits_path(filter, what.path()) &&
         fits_name(filter.names, what, peers) && fits_process(filter, peers.find(what.sender()));
}

std::vector<std::string> rules_of(const MonitorFilter& filter) {
  // Without their calls replies cannot be told apart, nor how long they took.
  const bool wants_replies =
      fits_type(filter, message_type::method_return) || fits_type(filter, message_type::error);
  if (wants_replies) return {};
  Texts rules;
  for (const message_type type : filter.types) {
    rules.push_back(fmt::format("type='{}'", rule_word_of(type)));
  }
  if (!has_pattern(filter.interfaces)) multiply(rules, "interface", filter.interfaces);
  if (!has_pattern(filter.members)) multiply(rules, "member", filter.members);
  if (filter.path_namespaces.empty() && !has_pattern(filter.paths)) {
    multiply(rules, "path", filter.paths);
  } else if (filter.paths.empty()) {
    multiply(rules, "path_namespace", filter.path_namespaces);
  }
  if (rules.size() > rules_max) return {};
  rules.push_back(fmt::format(
      "type='signal',sender='{0}',interface='{0}',member='NameOwnerChanged'", bus_name));
  return rules;
}

std::optional<message_type> parse_message_type(std::string_view word) {
  if (word == "call" || word == "method_call") return message_type::method_call;
  if (word == "return" || word == "method_return" || word == "reply") {
    return message_type::method_return;
  }
  if (word == "error") return message_type::error;
  if (word == "signal") return message_type::signal;
  return std::nullopt;
}

std::string_view word_of(message_type type) {
  switch (type) {
    case message_type::method_call:
      return "call";
    case message_type::method_return:
      return "return";
    case message_type::error:
      return "error";
    case message_type::signal:
      return "signal";
  }
  return "unknown";
}

}  // namespace headway::tool
