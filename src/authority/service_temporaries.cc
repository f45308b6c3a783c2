// SPDX-License-Identifier: MIT
// Temporary authorizations, as who has them sees them.
#include <fmt/format.h>

#include "authority/service.h"

namespace headway::authority {
namespace {

SubjectArgument subject_of(const TemporaryAuthorization& it) {
  if (!it.process) {
    return {.kind = "unix-session", .details = {{"session-id", it.session}}};
  }
  return {.kind = "unix-process",
          .details = {{"pid", it.process->pid()},
                      {"start-time", it.process->start_time()},
                      {"uid", static_cast<std::int32_t>(it.uid)}}};
}

}  // namespace

void Service::offer_temporaries() {
  object_->enumerate_temporary_authorizations = [this](const caller& from,
                                                       SubjectArgument subject) {
    return temporaries(std::string(from.sender()), std::move(subject));
  };
  object_->revoke_temporary_authorizations = [this](const caller& from, SubjectArgument subject) {
    return revoke_temporaries(std::string(from.sender()), std::move(subject));
  };
  object_->revoke_temporary_authorization_by_id = [this](const caller& from, std::string id) {
    return revoke_temporary(std::string(from.sender()), std::move(id));
  };
}

task<std::string> Service::session_of_caller(std::string name) {
  Subject caller = NameSubject{.name = std::move(name)};
  auto who = co_await parts_.resolver.resolve(std::move(caller));
  if (!who) throw Failed(who.error());
  if (!who->session) throw Failed("Cannot determine session the caller is in");
  co_return who->session->id;
}

task<std::string> Service::own_session(std::string caller, SubjectArgument subject) {
  const Caller from = co_await find_caller(caller);
  auto session = co_await session_of_caller(caller);
  const auto wanted = parse_subject(subject);
  if (!wanted) throw Failed(wanted.error());
  const auto* const it = std::get_if<SessionSubject>(&*wanted);
  if (it == nullptr) throw Failed("the subject must be a unix-session");
  if (it->id != session) throw Failed("the subject must be the session that the caller is in");
  co_return session;
}

task<std::vector<TemporaryDescription>> Service::temporaries(std::string caller,
                                                             SubjectArgument subject) {
  const auto session = co_await own_session(std::move(caller), std::move(subject));
  std::vector<TemporaryDescription> result;
  for (const auto& it : parts_.temporaries.of_session(session, parts_.now())) {
    result.push_back({.id = it.id,
                      .action_id = it.action,
                      .subject = subject_of(it),
                      .time_obtained = it.obtained_unix_s,
                      .time_expires = it.expires_unix_s});
  }
  co_return result;
}

task<void> Service::revoke_temporaries(std::string caller, SubjectArgument subject) {
  const auto session = co_await own_session(std::move(caller), std::move(subject));
  if (parts_.temporaries.revoke_session(session)) changed();
}

task<void> Service::revoke_temporary(std::string caller, std::string id) {
  const Caller from = co_await find_caller(caller);
  const auto session = co_await session_of_caller(caller);
  const auto found = parts_.temporaries.named(id, parts_.now());
  if (!found || found->session != session) {
    throw Failed(fmt::format("there is no temporary authorization \"{}\" of your session", id));
  }
  parts_.temporaries.revoke(id);
  changed();
}

}  // namespace headway::authority
