// SPDX-License-Identifier: MIT
#include "broker/policy_testing.h"

#include <array>
#include <cstdlib>

#include "base/assert.h"

namespace headway::broker::testing {

namespace {

std::uint8_t type_of(std::string_view word) {
  constexpr std::array<std::string_view, 5> words = {"*", "method_call", "method_return", "error",
                                                     "signal"};
  for (std::uint8_t type = 0; type < words.size(); ++type) {
    if (words[type] == word) return type;
  }
  HEADWAY_ASSERT(word == "");
  return 0;
}

std::uint32_t number(const std::string& text) {
  return static_cast<std::uint32_t>(std::strtoul(text.c_str(), nullptr, 10));
}

/// Attributes of messages, without "send_" or "receive_".
bool set_message_attribute(PolicyRule& rule, std::string_view name, const std::string& value) {
  const std::string text = value == "*" ? "" : value;
  if (name == "destination" || name == "sender") return rule.peer = text, true;
  if (name == "destination_prefix") return rule.peer_prefix = value, true;
  if (name == "interface") return rule.interface = text, true;
  if (name == "member") return rule.member = text, true;
  if (name == "error") return rule.error = text, true;
  if (name == "path") return rule.path = text, true;
  if (name == "type") return rule.type = type_of(value), true;
  if (name == "broadcast") return rule.broadcast = value == "true", true;
  if (name == "requested_reply") return rule.requested_reply = value == "true", true;
  return false;
}

bool set_attribute(PolicyRule& rule, std::string_view name, const std::string& value) {
  if (name.starts_with("send_")) {
    rule.kind = PolicyRule::Kind::send;
    return set_message_attribute(rule, name.substr(5), value);
  }
  if (name.starts_with("receive_")) {
    rule.kind = PolicyRule::Kind::receive;
    return set_message_attribute(rule, name.substr(8), value);
  }
  if (name == "own" || name == "own_prefix") {
    rule.kind = PolicyRule::Kind::own;
    const bool any = name == "own" && value == "*";
    rule.own = any             ? PolicyRule::Own::any
               : name == "own" ? PolicyRule::Own::exact
                               : PolicyRule::Own::prefix;
    if (!any) rule.name = value;
    return true;
  }
  if (name == "user" || name == "group") {
    rule.kind = PolicyRule::Kind::connect;
    if (value != "*") (name == "user" ? rule.uid : rule.gid) = number(value);
    return true;
  }
  if (name == "eavesdrop") return rule.eavesdrop = value == "true", true;
  if (name == "min_fds") return rule.fds_min = number(value), true;
  if (name == "max_fds") return rule.fds_max = number(value), true;
  if (name == "log") return rule.log = value == "true", true;
  return false;
}

}  // namespace

PolicyRule rule(std::string_view words) {
  PolicyRule rule;
  rule.kind = PolicyRule::Kind::receive;  // POL-022
  rule.allow = words.starts_with("allow ");
  HEADWAY_ASSERT(rule.allow || words.starts_with("deny "));
  for (words.remove_prefix(words.find(' ')); !words.empty();) {
    words.remove_prefix(1);
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(word.size());
    const std::size_t equals = word.find('=');
    HEADWAY_ASSERT(equals != word.npos);
    HEADWAY_ASSERT(
        set_attribute(rule, word.substr(0, equals), std::string(word.substr(equals + 1))));
  }
  return rule;
}

PolicyRules rules(const std::vector<Section>& sections) {
  PolicyRules result;
  result.files = {"test.conf"};
  std::uint32_t line = 0;
  for (const Section& section : sections) {
    PolicySection& made = result.sections.emplace_back();
    made.context = section.context;
    made.id = section.id;
    for (const std::string& words : section.rules) {
      made.rules.push_back(rule(words));
      made.rules.back().source = {.file = 0, .line = ++line};
    }
  }
  return result;
}

PolicyRules defaults(std::initializer_list<std::string> words) {
  return rules({{PolicySection::Context::defaults, 0, words}});
}

std::vector<PolicyKey> keys(const Policy& policy, std::initializer_list<std::string_view> names) {
  std::vector<PolicyKey> found;
  for (const std::string_view name : names) policy.keys_of(name, found);
  return found;
}

}  // namespace headway::broker::testing
