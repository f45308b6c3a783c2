// SPDX-License-Identifier: MIT
#include "authority/temporary.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace headway::authority {
namespace {

bool is_of(const TemporaryAuthorization& it, const Who& who) {
  if (it.process.has_value() != who.process.has_value()) return false;
  if (!it.process) return who.session && it.session == who.session->id;
  return it.process->pid() == who.process->pid() &&
         it.process->start_time() == who.process->start_time() && it.uid == who.uid;
}

}  // namespace

std::optional<std::string> TemporaryAuthorizations::add(const Who& who, std::string action,
                                                        Time now, std::uint64_t now_unix_s) {
  if (!who.process && !who.session) return std::nullopt;
  forget_ended(now);
  constexpr auto seconds = std::chrono::duration_cast<std::chrono::seconds>(lifetime).count();
  TemporaryAuthorization made{.id = fmt::format("tmpauthz{}", made_++),
                              .action = std::move(action),
                              .process = who.process,
                              .uid = who.uid,
                              .session = who.session ? who.session->id : "",
                              .obtained_unix_s = now_unix_s,
                              .expires_unix_s = now_unix_s + static_cast<std::uint64_t>(seconds),
                              .expires = now + lifetime};
  if (std::cmp_equal(std::ranges::count(all_, who.uid, &TemporaryAuthorization::uid),
                     per_user_max)) {
    all_.erase(std::ranges::find(all_, who.uid, &TemporaryAuthorization::uid));
  }
  std::string id = made.id;
  all_.push_back(std::move(made));
  return id;
}

std::optional<std::string> TemporaryAuthorizations::find(const Who& who, std::string_view action,
                                                         Time now) {
  forget_ended(now);
  const auto found = std::ranges::find_if(
      all_, [&](const auto& it) { return it.action == action && is_of(it, who); });
  if (found == all_.end()) return std::nullopt;
  return found->id;
}

std::vector<TemporaryAuthorization> TemporaryAuthorizations::of_session(std::string_view session,
                                                                        Time now) {
  forget_ended(now);
  std::vector<TemporaryAuthorization> result;
  for (const auto& it : all_) {
    if (it.session == session) result.push_back(it);
  }
  return result;
}

std::optional<TemporaryAuthorization> TemporaryAuthorizations::named(std::string_view id,
                                                                     Time now) {
  forget_ended(now);
  const auto found = std::ranges::find(all_, id, &TemporaryAuthorization::id);
  if (found == all_.end()) return std::nullopt;
  return *found;
}

bool TemporaryAuthorizations::revoke(std::string_view id) {
  return std::erase_if(all_, [&](const auto& it) { return it.id == id; }) != 0;
}

bool TemporaryAuthorizations::revoke_session(std::string_view session) {
  return std::erase_if(all_, [&](const auto& it) { return it.session == session; }) != 0;
}

void TemporaryAuthorizations::forget_ended(Time now) {
  std::erase_if(all_, [&](const auto& it) {
    return now >= it.expires || (it.process && !it.process->is_unchanged());
  });
}

}  // namespace headway::authority
