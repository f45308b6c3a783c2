// SPDX-License-Identifier: MIT
#include "machined/authority.h"

#include <fmt/format.h>

#include <utility>

#include "headway/interface.h"
#include "headway/proxy.h"
#include "headway/value.h"

namespace headway::machined {
namespace {

using InteractiveAuthorizationRequired =
    named_error<"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired">;
using Details = std::map<std::string, std::string>;

struct Subject {
  std::string kind;
  std::map<std::string, variant> what;
};
struct Verdict {
  bool is_authorized = false;
  bool is_challenge = false;
  Details details;
};
constexpr std::uint32_t allow_user_interaction = 1;

template <class Role>
struct PolicyKit {
  static constexpr std::string_view name = "org.freedesktop.PolicyKit1.Authority";
  method<Role, Verdict(Subject, std::string, Details, std::uint32_t, std::string)>
      check_authorization;
  method<Role, void(std::string)> cancel_check_authorization;
};

[[noreturn]] void refuse_without_answer(const Question& what, const error& why) {
  if (why.is(error_name::service_unknown) || why.is(error_name::name_has_no_owner)) {
    throw error(error_name::access_denied,
                fmt::format("nobody can say who may do {}: there is no org.freedesktop.PolicyKit1 "
                            "on the bus. Start headway-authority or polkitd, or call as root",
                            what.action));
  }
  throw error(error_name::access_denied,
              fmt::format("the authority has not answered about {}: {}", what.action, why.what()));
}

[[noreturn]] void refuse(const Question& what, const Verdict& verdict) {
  if (verdict.is_challenge) {
    throw InteractiveAuthorizationRequired(
        fmt::format("{} needs a password: allow the call to ask for it, or let a rule in "
                    "polkit-1/rules.d allow the action",
                    what.action));
  }
  throw error(
      error_name::access_denied,
      fmt::format("the authority does not allow {}; rules in polkit-1/rules.d can", what.action));
}

}  // namespace

task<void> Authority::require(const Peer& who, Question what, std::stop_token gone) const {
  if (who.is_root()) co_return;
  const Share share(pending_, who.uid, pending_per_user_max,
                    "requests that wait for the authority");
  const std::string id = fmt::format("machined-{}", ++last_id_);
  const Subject subject{.kind = "system-bus-name", .what = {{"name", variant(who.name)}}};
  const std::uint32_t flags = what.is_interactive ? allow_user_interaction : 0;
  auto authority =
      bus_.proxy<PolicyKit>("org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority");
  // An agent waits for a person; whoever calls gives up when he likes.
  auto asked = authority->check_authorization(subject, what.action, what.details, flags, id);
  auto answer = co_await std::move(asked).without_limit().stopped_by(gone).as_result();
  if (gone.stop_requested()) {
    authority->cancel_check_authorization(id).no_reply();
    throw error(error_name::canceled, "the caller has left the bus");
  }
  if (!answer) refuse_without_answer(what, answer.error());
  if (!answer->is_authorized) refuse(what, *answer);
}

}  // namespace headway::machined
