// SPDX-License-Identifier: MIT
#include "config/policy_element.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/result.h"
#include "config/limits.h"
#include "wire/types.h"

namespace headway::config {
namespace {

using broker::PolicyRule;
using broker::PolicySection;
using std::string_view;

template <typename T>
using Checked = std::expected<T, std::string>;
using Refusal = std::unexpected<std::string>;

constexpr std::uint32_t fds_limit = 33554432;  // POL-020

/// What sort of rule an attribute makes.
enum class Sort : std::uint8_t { send, receive, alone, message, any };

struct KnownAttribute {
  string_view name;
  Sort sort;
};

constexpr KnownAttribute known_attributes[] = {
    {"send_interface", Sort::send},
    {"send_member", Sort::send},
    {"send_error", Sort::send},
    {"send_destination", Sort::send},
    {"send_path", Sort::send},
    {"send_destination_prefix", Sort::send},
    {"send_type", Sort::send},
    {"send_broadcast", Sort::send},
    {"send_requested_reply", Sort::send},
    {"receive_interface", Sort::receive},
    {"receive_member", Sort::receive},
    {"receive_error", Sort::receive},
    {"receive_sender", Sort::receive},
    {"receive_path", Sort::receive},
    {"receive_type", Sort::receive},
    {"receive_requested_reply", Sort::receive},
    {"eavesdrop", Sort::message},
    {"min_fds", Sort::message},
    {"max_fds", Sort::message},
    {"own", Sort::alone},
    {"own_prefix", Sort::alone},
    {"user", Sort::alone},
    {"group", Sort::alone},
    {"log", Sort::any},
};

const std::string* find(const Element& element, string_view name) {
  const auto found = std::ranges::find(element.attributes, name, &XmlAttribute::name);
  return found == element.attributes.end() ? nullptr : &found->value;
}

const std::string* find(const Element& element, string_view prefix, string_view name) {
  const auto found = std::ranges::find_if(element.attributes, [&](const XmlAttribute& attribute) {
    return attribute.name.size() == prefix.size() + name.size() &&
           attribute.name.starts_with(prefix) && attribute.name.ends_with(name);
  });
  return found == element.attributes.end() ? nullptr : &found->value;
}

/// A value to compare with: "*" is no constraint (POL-021), and none is what an absent one is.
Checked<std::string> constraint(string_view name, const std::string* value) {
  if (value == nullptr || *value == "*") return "";
  if (value->empty()) {
    return Refusal(fmt::format("{}=\"\" compares with nothing; leave it out for any", name));
  }
  return *value;
}

/// POL-019.
Checked<std::optional<bool>> truth(string_view name, const std::string* value) {
  if (value == nullptr) return std::nullopt;
  if (*value == "true") return true;
  if (*value == "false") return false;
  return Refusal(fmt::format("{}=\"{}\" must be \"true\" or \"false\"", name, *value));
}

/// POL-020.
Checked<std::uint32_t> fd_count(const Element& element, string_view name, std::uint32_t otherwise) {
  const auto* value = find(element, name);
  if (value == nullptr) return otherwise;
  const auto count = parse_number(*value, fds_limit);
  if (!count) {
    return Refusal(fmt::format("{}=\"{}\" must be a number from 0 to {}", name, *value, fds_limit));
  }
  return static_cast<std::uint32_t>(*count);
}

Checked<std::uint8_t> message_type(string_view prefix, const std::string* value) {
  constexpr std::pair<string_view, wire::MessageType> types[] = {
      {"method_call", wire::MessageType::method_call},
      {"method_return", wire::MessageType::method_return},
      {"error", wire::MessageType::error},
      {"signal", wire::MessageType::signal},
  };
  if (value == nullptr || *value == "*") return std::uint8_t{0};
  for (const auto& [name, type] : types) {
    if (*value == name) return std::to_underlying(type);
  }
  return Refusal(fmt::format("{}type=\"{}\" must be method_call, method_return, error, signal or *",
                             prefix, *value));
}

/// Which sorts of attributes an element has.
struct Sorts {
  bool send = false;
  bool receive = false;
  bool message = false;
  std::uint32_t alone = 0;
};

Checked<Sorts> sorts_of(const Element& element) {
  Sorts sorts;
  for (const auto& attribute : element.attributes) {
    const auto known = std::ranges::find(known_attributes, attribute.name, &KnownAttribute::name);
    if (known == std::end(known_attributes)) {
      return Refusal(fmt::format("unknown attribute {}=\"{}\" of <{}>", attribute.name,
                                 attribute.value, element.name));
    }
    sorts.send |= known->sort == Sort::send;
    sorts.receive |= known->sort == Sort::receive;
    sorts.message |= known->sort == Sort::message;
    sorts.alone += known->sort == Sort::alone;
  }
  return sorts;
}

/// What may stand together (POL-013 .. POL-015).
Checked<void> check_sorts(const Element& element, const Sorts& sorts) {
  if (sorts.alone > 1) {
    return Refusal("own, own_prefix, user and group exclude each other; write one rule for each");
  }
  if (sorts.alone == 1 && (sorts.send || sorts.receive || sorts.message)) {
    return Refusal(
        "own, own_prefix, user and group cannot stand with attributes about messages; write two "
        "rules");
  }
  if (sorts.send && sorts.receive) {
    return Refusal("send_ and receive_ attributes cannot stand in one rule; write two");
  }
  if (sorts.alone == 0 && !sorts.send && !sorts.receive && find(element, "eavesdrop") == nullptr) {
    return Refusal(
        fmt::format("<{}> says nothing about what it is for; it needs a send_ or receive_ "
                    "attribute, eavesdrop, own, own_prefix, user or group",
                    element.name));
  }
  return {};
}

/// POL-016 .. POL-018; like dbus-daemon it is enough that an attribute is there.
Checked<void> check_message(const Element& element, string_view prefix) {
  const bool interface = find(element, prefix, "interface") != nullptr;
  const bool member = find(element, prefix, "member") != nullptr;
  if (find(element, prefix, "error") != nullptr && (interface || member)) {
    return Refusal(
        fmt::format("{0}error excludes {0}interface and {0}member: errors have neither", prefix));
  }
  if (member && !interface && find(element, prefix, "path") == nullptr) {
    return Refusal(
        fmt::format("{0}member needs {0}interface or {0}path to say whose member", prefix));
  }
  const auto* destination = find(element, "send_destination");
  if (destination != nullptr && find(element, "send_destination_prefix") != nullptr) {
    return Refusal("send_destination and send_destination_prefix exclude each other");
  }
  const auto* broadcast = find(element, "send_broadcast");
  if (destination != nullptr && *destination != "*" && broadcast != nullptr &&
      *broadcast == "true") {
    return Refusal("send_broadcast=\"true\" excludes send_destination: broadcasts have none");
  }
  return {};
}

Checked<void> parse_message(const Element& element, string_view prefix, PolicyRule& rule) {
  struct Field {
    string_view name;
    std::string PolicyRule::* member;
  };
  constexpr Field fields[] = {
      {"interface", &PolicyRule::interface}, {"member", &PolicyRule::member},
      {"error", &PolicyRule::error},         {"path", &PolicyRule::path},
      {"destination", &PolicyRule::peer},    {"sender", &PolicyRule::peer}};

  TRY_VOID(check_message(element, prefix));
  rule.kind = prefix == "send_" ? PolicyRule::Kind::send : PolicyRule::Kind::receive;
  rule.type = TRY(message_type(prefix, find(element, prefix, "type")));
  for (const auto& field : fields) {
    const auto* value = find(element, prefix, field.name);
    if (value == nullptr) continue;
    rule.*field.member = TRY(constraint(fmt::format("{}{}", prefix, field.name), value));
  }
  if (const auto* value = find(element, "send_destination_prefix")) {
    if (value->empty()) return Refusal("send_destination_prefix=\"\" is no prefix; leave it out");
    rule.peer_prefix = *value;
  }
  rule.broadcast = TRY(truth("send_broadcast", find(element, "send_broadcast")));
  rule.requested_reply = TRY(
      truth(fmt::format("{}requested_reply", prefix), find(element, prefix, "requested_reply")));
  rule.eavesdrop = TRY(truth("eavesdrop", find(element, "eavesdrop")));
  rule.fds_min = TRY(fd_count(element, "min_fds", 0));
  rule.fds_max = TRY(fd_count(element, "max_fds", fds_limit));
  return {};
}

/// True if the element had one of the attributes that stand alone.
Checked<bool> parse_alone(const Element& element, RuleElement& result) {
  auto& rule = result.rule;
  if (const auto* own = find(element, "own")) {
    rule.kind = PolicyRule::Kind::own;
    rule.name = TRY(constraint("own", own));
    rule.own = rule.name.empty() ? PolicyRule::Own::any : PolicyRule::Own::exact;
    return true;
  }
  if (const auto* prefix = find(element, "own_prefix")) {
    if (prefix->empty()) return Refusal("own_prefix=\"\" is no prefix; write own=\"*\" for any");
    rule.kind = PolicyRule::Kind::own;
    rule.own = PolicyRule::Own::prefix;
    rule.name = *prefix;
    return true;
  }
  if (const auto* user = find(element, "user")) {
    rule.kind = PolicyRule::Kind::connect;
    if (user->empty()) return Refusal("user=\"\" is nobody's name; write user=\"*\" for any");
    result.user = TRY(constraint("user", user));
    return true;
  }
  if (const auto* group = find(element, "group")) {
    rule.kind = PolicyRule::Kind::connect;
    if (group->empty()) return Refusal("group=\"\" is no group's name; write group=\"*\" for any");
    result.group = TRY(constraint("group", group));
    return true;
  }
  return false;
}

}  // namespace

std::expected<PolicyHead, std::string> parse_policy_head(const Element& element) {
  constexpr string_view choice =
      "exactly one of context=\"default\" or \"mandatory\", user=\"...\", group=\"...\" and "
      "at_console=\"true\" or \"false\"";
  using Context = PolicySection::Context;

  if (element.attributes.size() != 1) return Refusal(fmt::format("<policy> needs {}", choice));
  const auto& [name, value] = element.attributes.front();

  if (name == "context" && value == "default") return PolicyHead{Context::defaults, {}};
  if (name == "context" && value == "mandatory") return PolicyHead{Context::mandatory, {}};
  if (name == "at_console" && value == "true") return PolicyHead{Context::at_console, {}};
  if (name == "at_console" && value == "false") return PolicyHead{Context::not_at_console, {}};
  if (name == "user" && !value.empty()) return PolicyHead{Context::user, value};
  if (name == "group" && !value.empty()) return PolicyHead{Context::group, value};
  return Refusal(
      fmt::format("{}=\"{}\" of <policy> means nothing; it needs {}", name, value, choice));
}

std::expected<RuleElement, std::string> parse_rule(const Element& element) {
  const auto sorts = TRY(sorts_of(element));
  TRY_VOID(check_sorts(element, sorts));

  RuleElement result;
  result.rule.allow = element.name == "allow";
  result.rule.log = TRY(truth("log", find(element, "log"))).value_or(false);
  if (TRY(parse_alone(element, result))) return result;

  // A rule with eavesdrop alone is about receiving (POL-022).
  TRY_VOID(parse_message(element, sorts.send ? "send_" : "receive_", result.rule));
  return result;
}

}  // namespace headway::config
