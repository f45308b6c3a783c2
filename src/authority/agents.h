// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <list>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "authority/resolver.h"

namespace headway::authority {

/// A program that asks a person for a password, and whom it does so for.
struct Agent {
  std::string owner;  // its name on the bus
  std::string path;
  std::uint32_t uid = 0;  // as which it registered
  std::string locale;
  bool is_fallback = false;
  std::optional<Process> process;  // whom it serves; none: a session
  std::string session;
  std::stop_source gone{};  // asked to stop when it is none any more
};

/// All agents: one for each subject.
class Agents {
 public:
  static constexpr std::size_t per_user_max = 64;

  /// The error is a text.
  [[nodiscard]] std::expected<const Agent*, std::string> add(Agent agent);
  /// Who is to be asked: the agent of that very process; that of its session, if there is none or
  /// it is only a fallback. Valid until agents change.
  [[nodiscard]] const Agent* find(const Who& who);
  /// True if that one was there.
  bool remove(std::string_view owner, std::string_view path, const Who& who);
  void remove_owner(std::string_view owner);
  void remove_session(std::string_view session);
  [[nodiscard]] bool has_owner(std::string_view owner) const;

 private:
  template <class Condition>
  bool remove_if(Condition condition);
  /// Those whose process has ended.
  void forget_ended();

  std::list<Agent> all_;
};

/// Authentications under way: who may prove who they are, and whether somebody did. Each has a
/// cookie that nobody can guess, which is good for one proof.
class Authentications {
 public:
  static constexpr std::size_t identities_max = 256;

  /// Its cookie.
  [[nodiscard]] std::string begin(std::uint32_t agent_uid, std::vector<std::uint32_t> identities);
  /// Somebody has proven to be `identity` to the agent of `agent_uid`. False: nothing of this kind
  /// is under way, or somebody has done so before.
  [[nodiscard]] bool respond(std::uint32_t agent_uid, std::string_view cookie,
                             std::uint32_t identity);
  /// Who has proven to be one of them; nobody. The cookie is worth nothing from now on.
  std::optional<std::uint32_t> end(std::string_view cookie);

 private:
  struct Authentication {
    std::uint32_t agent_uid = 0;
    std::vector<std::uint32_t> identities;
    std::optional<std::uint32_t> proven;
  };
  std::map<std::string, Authentication, std::less<>> all_;
};

/// The message with $(key) replaced by details; what is no key stays as it is.
[[nodiscard]] std::string expand_message(std::string_view message,
                                         const std::map<std::string, std::string>& details);

}  // namespace headway::authority
