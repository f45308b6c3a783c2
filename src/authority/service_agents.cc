// SPDX-License-Identifier: MIT
// How the service has people asked who they are.
#include <fmt/format.h>

#include <ctime>
#include <utility>

#include "authority/service.h"
#include "wire/names.h"

namespace headway::authority {
namespace {

constexpr std::size_t locale_bytes_max = 128;

std::string take(Words& details, const char* key, std::string otherwise) {
  const auto found = details.find(key);
  if (found == details.end()) return otherwise;
  std::string value = std::move(found->second);
  details.erase(found);
  return value;
}

/// "uid" of a unix-user, which comes as either kind of number.
std::optional<std::uint32_t> uid_of(const IdentityArgument& identity) {
  const auto found = identity.details.find("uid");
  if (identity.kind != "unix-user" || found == identity.details.end()) return std::nullopt;
  if (found->second.holds<std::uint32_t>()) return found->second.get<std::uint32_t>();
  if (found->second.holds<std::int32_t>()) {
    return static_cast<std::uint32_t>(found->second.get<std::int32_t>());
  }
  return std::nullopt;
}

/// A call to an agent, and the word to it that nobody waits any more, if so.
class Begun {
 public:
  Begun(proxy<AuthenticationAgent1> agent, std::string cookie)
      : agent_(std::move(agent)), cookie_(std::move(cookie)) {}
  Begun(const Begun&) = delete;
  Begun& operator=(const Begun&) = delete;
  ~Begun() {
    if (is_done_) return;
    try {
      agent_->cancel_authentication(cookie_).no_reply();
    } catch (const error&) {  // then it learns of it by our leaving the bus
    }
  }
  [[nodiscard]] const proxy<AuthenticationAgent1>& agent() const { return agent_; }
  void done() { is_done_ = true; }

 private:
  proxy<AuthenticationAgent1> agent_;
  std::string cookie_;
  bool is_done_ = false;
};

}  // namespace

void Service::offer_agents() {
  object_->register_authentication_agent = [this](const caller& from, SubjectArgument subject,
                                                  std::string locale, std::string path) {
    return register_agent(std::string(from.sender()), std::move(subject), std::move(locale),
                          std::move(path), false);
  };
  object_->register_authentication_agent_with_options =
      [this](const caller& from, SubjectArgument subject, std::string locale, std::string path,
             const std::map<std::string, variant>& options) {
        const auto found = options.find("fallback");
        const bool is_fallback =
            found != options.end() && found->second.holds<bool>() && found->second.get<bool>();
        return register_agent(std::string(from.sender()), std::move(subject), std::move(locale),
                              std::move(path), is_fallback);
      };
  object_->unregister_authentication_agent = [this](const caller& from, SubjectArgument subject,
                                                    std::string path) {
    return unregister_agent(std::string(from.sender()), std::move(subject), std::move(path));
  };
  object_->authentication_agent_response = [this](const caller& from, std::string cookie,
                                                  IdentityArgument identity) {
    return respond(std::string(from.sender()), std::nullopt, std::move(cookie),
                   std::move(identity));
  };
  object_->authentication_agent_response2 = [this](const caller& from, std::uint32_t uid,
                                                   std::string cookie, IdentityArgument identity) {
    return respond(std::string(from.sender()), uid, std::move(cookie), std::move(identity));
  };
}

task<void> Service::register_agent(std::string caller, SubjectArgument subject, std::string locale,
                                   std::string path, bool is_fallback) {
  if (!wire::is_object_path(path)) throw Failed("the agent's path is not an object path");
  if (locale.size() > locale_bytes_max) throw Failed("the agent's locale is not one");
  const bool is_session = subject.kind == "unix-session";
  const Caller from = co_await find_caller(caller);
  const Who who = co_await find_subject(std::move(subject));
  Agent agent{.owner = caller,
              .path = std::move(path),
              .uid = from.uid,
              .locale = printable(locale),
              .is_fallback = is_fallback,
              .process = std::nullopt,
              .session = ""};
  if (is_session) {
    const std::string session = co_await session_of_caller(caller);
    if (session != who.session->id) {
      throw Failed(
          "Passed session and the session the caller is in differs. They must be equal "
          "for now.");
    }
    agent.session = session;
  } else {
    if (from.uid != 0 && (from.uid != who.uid || !who.is_uid_true)) {
      throw Failed(
          fmt::format("uid {} may not be the agent of a process of uid {}", from.uid, who.uid));
    }
    if (!who.process || !who.is_unchanged()) {
      throw Failed(fmt::format("the {} has ended", who.text));
    }
    agent.process = who.process;
  }
  const auto added = agents_.add(std::move(agent));
  if (!added) throw Failed(added.error());
  if (agent_watches_.contains(caller)) co_return;
  agent_watches_.emplace(caller, bus_.on_owner(caller, [this, caller](std::string_view owner) {
    if (!owner.empty()) return;
    agents_.remove_owner(caller);
    agent_watches_.erase(caller);
  }));
}

task<void> Service::unregister_agent(std::string caller, SubjectArgument subject,
                                     std::string path) {
  const Caller from = co_await find_caller(caller);
  const Who who = co_await find_subject(std::move(subject));
  if (!agents_.remove(caller, path, who)) throw Failed("No such agent registered");
  if (!agents_.has_owner(caller)) agent_watches_.erase(caller);
}

task<void> Service::respond(std::string caller, std::optional<std::uint32_t> uid,
                            std::string cookie, IdentityArgument identity) {
  const Caller from = co_await find_caller(caller);
  if (from.uid != 0) {
    throw Failed(
        "Only uid 0 may say that somebody has authenticated. This incident has been "
        "logged.");
  }
  const auto who = uid_of(identity);
  if (!who) throw Failed("the identity is no unix-user with a uid");
  if (!authentications_.respond(uid.value_or(from.uid), cookie, *who)) {
    throw Failed("no authentication is under way for this uid, cookie and identity");
  }
}

task<AuthorizationResult> Service::authenticate(const Question& question, const Decision& decision,
                                                std::uint32_t caller_pid, std::stop_token stop) {
  const auto users = co_await parts_.checker.authenticators(question, decision.verdict);
  const auto actions = parts_.checker.actions();
  const Action* const action = actions->find(question.action);
  const Agent* const found = agents_.find(question.who);
  if (found == nullptr || action == nullptr) co_return AuthorizationResult{.is_challenge = true};
  const Agent agent = *found;

  Words details = question.details;
  LocalisedText text = action->message;
  text.domain = take(details, "polkit.gettext_domain", text.domain);
  if (details.contains("polkit.message")) {
    text.by_language.clear();
    text.plain = take(details, "polkit.message", "");
  }
  const std::string message = expand_message(localised(text, agent.locale), question.details);
  const std::string icon = take(details, "polkit.icon_name", action->icon_name);
  details["polkit.caller-pid"] = std::to_string(caller_pid);
  details["polkit.subject-pid"] =
      std::to_string(question.who.process ? question.who.process->pid() : 0);
  std::vector<IdentityArgument> identities;
  for (const std::uint32_t uid : users) {
    if (identities.size() == Authentications::identities_max) break;
    identities.push_back({.kind = "unix-user", .details = {{"uid", uid}}});
  }

  const std::string cookie = authentications_.begin(agent.uid, users);
  std::stop_source ends;
  const auto end = [&ends] { ends.request_stop(); };
  const std::stop_callback on_cancel(stop, end);
  const std::stop_callback on_gone(agent.gone.get_token(), end);
  Begun begun(bus_.proxy<AuthenticationAgent1>(agent.owner, agent.path), cookie);
  const auto answer =
      co_await begun.agent()
          ->begin_authentication(question.action, message, icon, details, cookie, identities)
          .without_limit()
          .stopped_by(ends.get_token())
          .as_result();
  if (!ends.stop_requested()) begun.done();
  const auto proven = authentications_.end(cookie);
  AuthorizationResult result;
  if (!answer) {
    if (answer.error().is<Cancelled>()) result.details["polkit.dismissed"] = "true";
    co_return result;
  }
  if (proven) result = authenticated(question, decision.verdict);
  co_return result;
}

AuthorizationResult Service::authenticated(const Question& question, Verdict challenge) {
  if (!question.who.is_unchanged()) {
    throw Failed(fmt::format("the {} ended or became another user while it was asked about",
                             question.who.text));
  }
  AuthorizationResult result{.is_authorized = true, .is_challenge = false, .details = {}};
  if (!is_kept(challenge)) return result;
  const auto now_unix_s = static_cast<std::uint64_t>(std::time(nullptr));
  const auto id = parts_.temporaries.add(question.who, question.action, parts_.now(), now_unix_s);
  if (id) {
    result.details["polkit.temporary_authorization_id"] = *id;
    result.details["polkit.retains_authorization_after_challenge"] = "true";
    changed();
  }
  return result;
}

}  // namespace headway::authority
