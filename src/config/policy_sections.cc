// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <utility>

#include "base/result.h"
#include "config/loader.h"
#include "config/policy_element.h"

// The <policy> part of FileReader: whom sections and connect rules are about.
namespace headway::config {

using broker::PolicyRule;
using broker::PolicySection;
using Context = PolicySection::Context;

Result<void> FileReader::policy(const Element& element) {
  const auto head = parse_policy_head(element);
  if (!head) return cursor_.error(element.line, head.error());

  PolicySection section{.context = head->context, .id = 0, .rules = {}};
  while (const auto child = TRY(cursor_.next_child(element))) {
    if (child->name != "allow" && child->name != "deny") {
      return cursor_.error(child->line,
                           fmt::format("<{}> inside <policy>, which may only contain <allow> and "
                                       "<deny>",
                                       child->name));
    }
    TRY_VOID(rule(*child, section));
    TRY_VOID(cursor_.close(*child));
  }

  if (section.context == Context::user || section.context == Context::group) {
    const bool user = section.context == Context::user;
    const auto id = user ? loader_.uid_of(head->account) : loader_.gid_of(head->account);
    if (!id && user) {
      warn(element.line, fmt::format("there is no user \"{}\"; the rules of this <policy> apply to "
                                     "nobody until there is",
                                     head->account));
      keep_late(head->account, std::move(section));
      return {};
    }
    if (!id) {
      warn(element.line,
           fmt::format("there is no group \"{}\"; this <policy> is ignored", head->account));
      return {};
    }
    section.id = *id;
  }
  keep(std::move(section));
  return {};
}

Result<void> FileReader::rule(const Element& element, PolicySection& section) {
  auto parsed = parse_rule(element);
  if (!parsed) return cursor_.error(element.line, parsed.error());
  parsed->rule.source = at(element);

  if (parsed->rule.kind != PolicyRule::Kind::connect) {
    section.rules.push_back(std::move(parsed->rule));
    return {};
  }
  switch (section.context) {  // POL-023
    case Context::defaults:
    case Context::mandatory:
      connect_rule(element, std::move(*parsed), section);
      return {};
    case Context::user:
    case Context::group:
      return cursor_.error(element.line,
                           fmt::format("<{}> with user or group decides who may connect at all; it "
                                       "belongs in a <policy> with context=\"default\" or "
                                       "\"mandatory\"",
                                       element.name));
    case Context::at_console:
    case Context::not_at_console:
      return {};
  }
  return {};
}

void FileReader::connect_rule(const Element& element, RuleElement parsed, PolicySection& section) {
  if (!parsed.group.empty()) {
    parsed.rule.gid = loader_.gid_of(parsed.group);
    if (!parsed.rule.gid) {
      return warn(element.line, fmt::format("there is no group \"{}\"; this <{}> is ignored",
                                            parsed.group, element.name));
    }
  } else if (!parsed.user.empty()) {
    parsed.rule.uid = loader_.uid_of(parsed.user);
    if (!parsed.rule.uid) {
      warn(element.line, fmt::format("there is no user \"{}\"; this <{}> applies to nobody until "
                                     "there is",
                                     parsed.user, element.name));
      // Its place among the others is between two halves of this section.
      const auto context = section.context;
      keep(std::exchange(section, {.context = context, .id = 0, .rules = {}}));
      keep_late(std::move(parsed.user),
                {.context = context, .id = 0, .rules = {std::move(parsed.rule)}});
      return;
    }
  }
  section.rules.push_back(std::move(parsed.rule));
}

void FileReader::keep(PolicySection section) {
  if (!section.rules.empty()) fragment_.sections.push_back(std::move(section));
}

void FileReader::keep_late(std::string name, PolicySection section) {
  if (section.rules.empty()) return;
  const auto position = static_cast<std::uint32_t>(fragment_.sections.size());
  fragment_.late_users.push_back({std::move(name), position, std::move(section)});
}

}  // namespace headway::config
