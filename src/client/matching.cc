// SPDX-License-Identifier: MIT
#include "client/matching.h"

#include "wire/body.h"
#include "wire/names.h"

namespace headway::client {
namespace {

using ArgumentKind = wire::MatchRule::ArgumentKind;

bool is_or_absent(std::string_view wanted, std::string_view value) {
  return wanted.empty() || wanted == value;
}

/// MATCH-013 .. MATCH-015
bool fits(const wire::MatchRule::Argument& wanted, wire::Arguments::Text value) {
  switch (wanted.kind) {
    case ArgumentKind::text:
      return value.type == 's' && value.value == wanted.value;
    case ArgumentKind::name_space:
      return value.type == 's' && wire::is_name_within(value.value, wanted.value);
    case ArgumentKind::path:
      if (value.type != 's' && value.type != 'o') return false;
      return value.value == wanted.value ||
             (wanted.value.ends_with('/') && value.value.starts_with(wanted.value)) ||
             (value.value.ends_with('/') && wanted.value.starts_with(value.value));
  }
  return false;
}

}  // namespace

bool describes(const wire::MatchRule& rule, const wire::Message& message) {
  if (rule.type && *rule.type != message.type) return false;
  if (!is_or_absent(rule.member, message.member) ||
      !is_or_absent(rule.interface, message.interface) || !is_or_absent(rule.path, message.path) ||
      !is_or_absent(rule.destination, message.destination)) {
    return false;
  }
  if (!rule.path_namespace.empty() && !wire::is_path_within(message.path, rule.path_namespace)) {
    return false;
  }
  if (rule.arguments.empty()) return true;
  wire::Arguments arguments(message.order, message.signature, message.body());
  for (const auto& argument : rule.arguments) {
    if (!fits(argument, arguments.at(argument.index))) return false;
  }
  return true;
}

}  // namespace headway::client
