// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authority/agents.h"
#include "authority/checker.h"
#include "authority/interface.h"
#include "authority/quota.h"
#include "authority/resolver.h"
#include "authority/temporary.h"
#include "headway/headway.h"

namespace headway::authority {

/// org.freedesktop.PolicyKit1 on a bus. Who calls is whom the bus says it is, asked by unique name,
/// which nobody else ever gets; who cannot be found any more gets no answer but an error.
///
/// Cost of a check: two questions to the bus, and those of Sessions and Rules. A user has so many
/// calls under way at most; what an agent is asked waits for as long as the person takes, until
/// the caller cancels or leaves.
class Service {
 public:
  static constexpr std::size_t calls_per_user_max = 256;
  static constexpr std::size_t details_max = 64;

  struct Parts {
    Checker& checker;
    TemporaryAuthorizations& temporaries;
    Resolver& resolver;
    Peers& peers;
    const Accounts& accounts;
    std::function<Time()> now;
    std::function<void(std::string_view)> log;  // a line, of which nobody outside chose a letter
  };

  Service(connection bus, Parts parts);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();

  /// Actions or rules are others now: tells everybody.
  void changed() const { object_->changed(); }

 private:
  struct Caller {
    std::string name;
    std::uint32_t uid = 0;
    std::optional<Quota<std::uint32_t>::Ticket> ticket{};
  };
  class Cancellation;

  void offer_checks();
  void offer_agents();
  void offer_temporaries();

  /// Throws if it is gone, or has too much under way.
  task<Caller> find_caller(std::string name);
  task<Who> find_subject(SubjectArgument argument);
  /// Of who calls; throws if there is none.
  task<std::string> session_of_caller(std::string name);

  [[nodiscard]] std::vector<ActionDescription> describe_actions(const std::string& locale) const;
  task<AuthorizationResult> check(std::string caller, SubjectArgument subject, std::string action,
                                  Words details, std::uint32_t flags, std::stop_token gone,
                                  std::string cancellation_id);
  task<AuthorizationResult> authenticate(const Question& question, const Decision& decision,
                                         std::uint32_t caller_pid, std::stop_token stop);
  [[nodiscard]] AuthorizationResult authenticated(const Question& question, Verdict challenge);
  void cancel(std::string_view caller, const std::string& id);

  task<void> register_agent(std::string caller, SubjectArgument subject, std::string locale,
                            std::string path, bool is_fallback);
  task<void> unregister_agent(std::string caller, SubjectArgument subject, std::string path);
  task<void> respond(std::string caller, std::optional<std::uint32_t> uid, std::string cookie,
                     IdentityArgument identity);

  task<std::vector<TemporaryDescription>> temporaries(std::string caller, SubjectArgument subject);
  task<void> revoke_temporaries(std::string caller, SubjectArgument subject);
  task<void> revoke_temporary(std::string caller, std::string id);
  /// Throws unless the subject is the caller's own session; its id.
  task<std::string> own_session(std::string caller, SubjectArgument subject);

  connection bus_;
  Parts parts_;
  Quota<std::uint32_t> calls_{calls_per_user_max};
  std::map<std::pair<std::string, std::string>, std::stop_source> cancellations_;
  Agents agents_;
  std::map<std::string, slot, std::less<>> agent_watches_;  // by owner
  Authentications authentications_;
  slot sessions_removed_;
  served<Authority1> object_;
};

/// Letters that end a line or change what stands before them become "?".
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace headway::authority
