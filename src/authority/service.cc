// SPDX-License-Identifier: MIT
#include "authority/service.h"

#include <fmt/format.h>

#include <algorithm>

#include "headway/caller.h"

namespace headway::authority {
namespace {

std::uint32_t number_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::auth_self:
      return 1;
    case Verdict::auth_admin:
      return 2;
    case Verdict::auth_self_keep:
      return 3;
    case Verdict::auth_admin_keep:
      return 4;
    case Verdict::yes:
      return 5;
    case Verdict::not_handled:
    case Verdict::no:
      break;
  }
  return 0;
}

AuthorizationResult result_of(const Question& question, const Decision& decision) {
  AuthorizationResult result;
  if (decision.verdict == Verdict::yes) {
    result.is_authorized = true;
    if (!decision.is_root) result.details = question.details;
    if (!decision.temporary_id.empty()) {
      result.details["polkit.temporary_authorization_id"] = decision.temporary_id;
    }
    return result;
  }
  result.is_challenge = is_challenge(decision.verdict);
  if (is_kept(decision.verdict)) {
    result.details["polkit.retains_authorization_after_challenge"] = "1";
  }
  result.details["headway.reason"] = decision.reason();
  return result;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result(text);
  std::ranges::replace_if(result, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }, '?');
  return result;
}

/// An id that a caller may cancel its check by, while the check is under way.
class Service::Cancellation {
 public:
  Cancellation(Service& service, const std::string& caller, const std::string& id)
      : service_(service), key_(caller, id) {
    if (id.empty()) return;
    if (!service_.cancellations_.try_emplace(key_, source_).second) {
      throw CancellationIdNotUnique(
          fmt::format("a check with the cancellation id \"{}\" is under way already", id));
    }
    is_listed_ = true;
  }
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;
  ~Cancellation() {
    if (is_listed_) service_.cancellations_.erase(key_);
  }
  [[nodiscard]] const std::stop_source& source() const { return source_; }

 private:
  Service& service_;
  std::pair<std::string, std::string> key_;
  std::stop_source source_;
  bool is_listed_ = false;
};

Service::Service(connection bus, Parts parts)
    : bus_(std::move(bus)), parts_(std::move(parts)), object_(bus_, authority_path) {
  object_->backend_name = "headway";
  object_->backend_version = HEADWAY_VERSION;
  object_->backend_features = 1;  // temporary authorizations
  offer_checks();
  offer_agents();
  offer_temporaries();
  sessions_removed_ = bus_.on(
      "type='signal',sender='org.freedesktop.login1',path='/org/freedesktop/login1',"
      "interface='org.freedesktop.login1.Manager',member='SessionRemoved'",
      [this](const message& what) {
        auto values = what.body();
        const std::string id(values.string());
        agents_.remove_session(id);
        if (parts_.temporaries.revoke_session(id)) changed();
      });
}

Service::~Service() = default;

void Service::offer_checks() {
  object_->enumerate_actions = [this](const std::string& locale) {
    return describe_actions(locale);
  };
  object_->check_authorization = [this](const caller& from, SubjectArgument subject,
                                        std::string action, Words details, std::uint32_t flags,
                                        std::string id) -> task<AuthorizationResult> {
    std::optional<caller_gone> gone;
    if ((flags & allow_user_interaction) != 0) gone.emplace();
    std::stop_token token = gone ? gone->token() : std::stop_token();
    std::string name(from.sender());
    auto work = check(std::move(name), std::move(subject), std::move(action), std::move(details),
                      flags, std::move(token), std::move(id));
    auto result = co_await work;
    co_return result;
  };
  object_->cancel_check_authorization = [this](const caller& from, const std::string& id) {
    cancel(from.sender(), id);
  };
}

std::vector<ActionDescription> Service::describe_actions(const std::string& locale) const {
  std::vector<ActionDescription> result;
  for (const auto& [id, action] : parts_.checker.actions()->actions()) {
    result.push_back({.action_id = id,
                      .description = localised(action.description, locale),
                      .message = localised(action.message, locale),
                      .vendor_name = action.vendor,
                      .vendor_url = action.vendor_url,
                      .icon_name = action.icon_name,
                      .implicit_any = number_of(action.any),
                      .implicit_inactive = number_of(action.inactive),
                      .implicit_active = number_of(action.active),
                      .annotations = action.annotations});
  }
  return result;
}

task<Service::Caller> Service::find_caller(std::string name) {
  const auto uid = co_await parts_.peers.uid_of(name);
  if (!uid) throw Failed(fmt::format("the caller {} has left the bus", name));
  auto ticket = calls_.take(*uid);
  if (!ticket) {
    throw Failed(fmt::format("uid {} has {} calls under way already; wait for some of them", *uid,
                             calls_per_user_max));
  }
  Caller found{.name = name, .uid = *uid};
  found.ticket.emplace(std::move(*ticket));
  co_return found;
}

task<Who> Service::find_subject(SubjectArgument argument) {
  auto subject = parse_subject(argument);
  if (!subject) throw Failed(subject.error());
  auto who = co_await parts_.resolver.resolve(std::move(*subject));
  if (!who) throw Failed(who.error());
  co_return std::move(*who);
}

task<AuthorizationResult> Service::check(std::string caller, SubjectArgument subject,
                                         std::string action, Words details, std::uint32_t flags,
                                         std::stop_token gone, std::string cancellation_id) {
  const Cancellation cancellation(*this, caller, cancellation_id);
  std::stop_source cancelled = cancellation.source();
  const std::stop_callback also(gone, [&cancelled] { cancelled.request_stop(); });
  if (details.size() > details_max) {
    throw Failed(fmt::format("more than {} details", details_max));
  }
  const Caller from = co_await find_caller(caller);
  Question question;
  question.who = co_await find_subject(std::move(subject));
  question.caller_uid = from.uid;
  question.action = std::move(action);
  question.details = std::move(details);
  question.root_too = (flags & always_check) != 0;
  question.now = parts_.now();

  auto decision = co_await parts_.checker.check(question);
  if (!decision) {
    const Refusal& refusal = decision.error();
    if (refusal.kind == Refusal::Kind::not_authorized) throw NotAuthorized(refusal.text);
    throw Failed(refusal.text);
  }
  if (cancelled.stop_requested()) co_return AuthorizationResult();
  const bool is_interactive = (flags & allow_user_interaction) != 0;
  if (!is_interactive || !is_challenge(decision->verdict)) {
    co_return result_of(question, *decision);
  }
  if (agents_.find(question.who) == nullptr) co_return result_of(question, *decision);
  const auto peer = co_await parts_.peers.find(caller);
  const std::uint32_t caller_pid = peer ? peer->pid : 0;
  const std::stop_token stop = cancelled.get_token();
  auto result = co_await authenticate(question, *decision, caller_pid, stop);
  co_return result;
}

void Service::cancel(std::string_view caller, const std::string& id) {
  const auto found = cancellations_.find({std::string(caller), id});
  if (id.empty() || found == cancellations_.end()) {
    throw Failed(fmt::format("no check of yours with the cancellation id \"{}\" is under way", id));
  }
  // Who is told ends the check, and takes the entry away.
  std::stop_source source = found->second;
  source.request_stop();
}

}  // namespace headway::authority
