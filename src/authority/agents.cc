// SPDX-License-Identifier: MIT
#include "authority/agents.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "io/random.h"

namespace headway::authority {
namespace {

bool is_same(const Process& a, const Process& b) {
  return a.pid() == b.pid() && a.start_time() == b.start_time() && a.uid() == b.uid();
}

bool serves(const Agent& agent, const Who& who) {
  if (agent.process) return who.process && is_same(*agent.process, *who.process);
  return !who.process && who.session && agent.session == who.session->id;
}

}  // namespace

std::expected<const Agent*, std::string> Agents::add(Agent agent) {
  forget_ended();
  const bool is_taken = std::ranges::any_of(all_, [&](const Agent& other) {
    if (agent.process.has_value() != other.process.has_value()) return false;
    return agent.process ? is_same(*agent.process, *other.process) : agent.session == other.session;
  });
  if (is_taken) {
    return std::unexpected("An authentication agent already exists for the given subject");
  }
  if (std::cmp_greater_equal(std::ranges::count(all_, agent.uid, &Agent::uid), per_user_max)) {
    return std::unexpected(
        fmt::format("uid {} has {} authentication agents already", agent.uid, per_user_max));
  }
  all_.push_back(std::move(agent));
  return &all_.back();
}

const Agent* Agents::find(const Who& who) {
  forget_ended();
  const Agent* found = nullptr;
  for (const Agent& agent : all_) {
    if (agent.process && serves(agent, who)) found = &agent;
  }
  if (found != nullptr && !found->is_fallback) return found;
  for (const Agent& agent : all_) {
    const bool is_of_session = !agent.process && who.session && agent.session == who.session->id;
    if (is_of_session && (found == nullptr || !agent.is_fallback)) return &agent;
  }
  return found;
}

bool Agents::remove(std::string_view owner, std::string_view path, const Who& who) {
  return remove_if([&](const Agent& agent) {
    return agent.owner == owner && agent.path == path && serves(agent, who);
  });
}

void Agents::remove_owner(std::string_view owner) {
  remove_if([&](const Agent& agent) { return agent.owner == owner; });
}

void Agents::remove_session(std::string_view session) {
  remove_if([&](const Agent& agent) { return !agent.process && agent.session == session; });
}

bool Agents::has_owner(std::string_view owner) const {
  return std::ranges::any_of(all_, [&](const Agent& agent) { return agent.owner == owner; });
}

void Agents::forget_ended() {
  remove_if([](const Agent& agent) { return agent.process && !agent.process->is_unchanged(); });
}

template <class Condition>
bool Agents::remove_if(Condition condition) {
  std::list<Agent> removed;
  for (auto it = all_.begin(); it != all_.end();) {
    const auto next = std::next(it);
    if (condition(std::as_const(*it))) removed.splice(removed.end(), all_, it);
    it = next;
  }
  // Who waits for it may do anything now, also to the agents that are left.
  for (Agent& agent : removed) agent.gone.request_stop();
  return !removed.empty();
}

std::string Authentications::begin(std::uint32_t agent_uid, std::vector<std::uint32_t> identities) {
  constexpr std::size_t cookie_letters = 48;  // more than 256 bits
  std::string cookie = io::random_letters(cookie_letters);
  if (identities.size() > identities_max) identities.resize(identities_max);
  all_.emplace(cookie, Authentication{.agent_uid = agent_uid,
                                      .identities = std::move(identities),
                                      .proven = std::nullopt});
  return cookie;
}

bool Authentications::respond(std::uint32_t agent_uid, std::string_view cookie,
                              std::uint32_t identity) {
  const auto found = all_.find(cookie);
  if (found == all_.end()) return false;
  Authentication& it = found->second;
  if (it.agent_uid != agent_uid || it.proven) return false;
  if (std::ranges::find(it.identities, identity) == it.identities.end()) return false;
  it.proven = identity;
  return true;
}

std::optional<std::uint32_t> Authentications::end(std::string_view cookie) {
  const auto found = all_.find(cookie);
  if (found == all_.end()) return std::nullopt;
  const auto proven = found->second.proven;
  all_.erase(found);
  return proven;
}

std::string expand_message(std::string_view message,
                           const std::map<std::string, std::string>& details) {
  std::string text;
  while (true) {
    const auto begin = message.find("$(");
    const auto end = begin == message.npos ? begin : message.find(')', begin);
    if (end == message.npos) return text.append(message);
    text.append(message.substr(0, begin));
    const auto found = details.find(std::string(message.substr(begin + 2, end - begin - 2)));
    text.append(found == details.end() ? message.substr(begin, end + 1 - begin) : found->second);
    message.remove_prefix(end + 1);
  }
}

}  // namespace headway::authority
