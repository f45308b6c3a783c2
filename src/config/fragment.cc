// SPDX-License-Identifier: MIT
#include "config/fragment.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <utility>

namespace headway::config {
namespace {

template <typename T>
void append(std::vector<T>& list, std::vector<T>&& more) {
  list.insert(list.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
}

template <typename T>
void replace(std::optional<T>& value, std::optional<T>&& newer) {
  if (newer) value = std::move(newer);
}

template <typename T, typename V, typename Projection = std::identity>
bool contains(const std::vector<T>& list, const V& value, Projection projection = {}) {
  return std::ranges::find(list, value, projection) != list.end();
}

/// Keeps the first of each directory (CONF-014).
std::vector<ServiceDirectory> distinct(std::vector<ServiceDirectory>&& directories) {
  std::vector<ServiceDirectory> result;
  for (auto& directory : directories) {
    if (contains(result, directory.path, &ServiceDirectory::path)) continue;
    result.push_back(std::move(directory));
  }
  return result;
}

/// Keeps the last context of each name (CONF-024).
std::vector<NameContext> distinct(std::vector<NameContext>&& contexts) {
  std::map<std::string, std::string> last;
  for (auto& [name, context] : contexts) last[std::move(name)] = std::move(context);
  std::vector<NameContext> result;
  for (auto& [name, context] : last) result.push_back({name, std::move(context)});
  return result;
}

}  // namespace

void Fragment::merge(Fragment&& included) {
  replace(type, std::move(included.type));
  replace(user, std::move(included.user));
  replace(pidfile, std::move(included.pidfile));
  replace(servicehelper, std::move(included.servicehelper));
  replace(apparmor, std::move(included.apparmor));
  fork |= included.fork;
  keep_umask |= included.keep_umask;
  allow_anonymous |= included.allow_anonymous;
  // <syslog/> of an included file has no effect (CONF-018).

  append(listen, std::move(included.listen));
  append(auth, std::move(included.auth));
  append(service_directories, std::move(included.service_directories));
  append(limits, std::move(included.limits));
  append(selinux_contexts, std::move(included.selinux_contexts));
  for (auto& late : included.late_users) {
    late.position += static_cast<std::uint32_t>(sections.size());
  }
  append(late_users, std::move(included.late_users));
  append(sections, std::move(included.sections));
  append(warnings, std::move(included.warnings));
}

BusConfig Fragment::finish() && {
  BusConfig config;
  config.type = std::move(type).value_or("");
  config.user = std::move(user);
  config.fork = fork;
  config.keep_umask = keep_umask;
  config.syslog = syslog;
  config.allow_anonymous = allow_anonymous;
  config.pidfile = std::move(pidfile);
  config.servicehelper = std::move(servicehelper);
  config.listen = std::move(listen);
  for (auto& mechanism : auth) {
    if (contains(config.auth, mechanism)) continue;
    config.auth.push_back(std::move(mechanism));
  }
  config.service_directories = distinct(std::move(service_directories));
  for (const auto& setting : limits) apply(setting, config.limits);
  config.selinux_contexts = distinct(std::move(selinux_contexts));
  config.apparmor = apparmor.value_or(ApparmorMode::enabled);
  config.policy.sections = std::move(sections);
  config.late_users = std::move(late_users);
  config.warnings = std::move(warnings);
  return config;
}

broker::PolicyRules bind_late_users(const broker::PolicyRules& rules,
                                    const std::vector<LateUser>& late_users,
                                    const std::vector<BoundUser>& bound) {
  broker::PolicyRules result{.files = rules.files, .sections = {}};
  std::size_t copied = 0;
  const auto copy_until = [&](std::size_t position) {
    for (; copied < std::min(position, rules.sections.size()); ++copied) {
      result.sections.push_back(rules.sections[copied]);
    }
  };

  for (const auto& late : late_users) {  // positions ascend
    const auto user = std::ranges::find(bound, late.name, &BoundUser::name);
    if (user == bound.end()) continue;
    copy_until(late.position);
    auto section = late.section;
    if (section.context == broker::PolicySection::Context::user) section.id = user->uid;
    for (auto& rule : section.rules) {
      if (rule.kind == broker::PolicyRule::Kind::connect) rule.uid = user->uid;
    }
    result.sections.push_back(std::move(section));
  }
  copy_until(rules.sections.size());
  return result;
}

}  // namespace headway::config
