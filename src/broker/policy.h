// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/policy_rules.h"
#include "wire/message.h"

namespace headway::broker {

/// A name or name prefix that some rule mentions as destination or sender, as a small number: what
/// a connection's names mean to policy is found out once, when it gets the name, not per message.
using PolicyKey = std::uint32_t;

/// Whom rules are about. Groups ascending, without duplicates.
struct Identity {
  std::optional<std::uint32_t> uid;  // none: anonymous
  std::vector<std::uint32_t> groups;
  bool at_console = false;
  bool operator==(const Identity&) const = default;
};

/// One proposed delivery, as policy looks at it.
struct Delivery {
  const wire::Message& message;
  bool requested_reply = false;  // only meaningful for replies
  bool broadcast = false;        // a signal without DESTINATION
  bool eavesdropping = false;    // the receiver is not the addressed one (POL-040)
  std::uint32_t fds = 0;
};

/// What was decided and by which rule. `rule` is none when no rule matched, which denies (POL-004).
struct Verdict {
  bool allowed = false;
  bool log = false;  // POL-038
  const PolicyRule* rule = nullptr;
  explicit operator bool() const { return allowed; }
};

/// Rules in the order in which they are considered, last match wins (POL-003 .. POL-005): all that
/// holds for one distinct (uid, groups, console), indexed. Immutable; shared by all such peers.
/// Cost: a check visits the rules for the peer's keys and for the message's interface and member,
/// from the highest priority down to the first that matches; rules about others are never visited.
class PolicySet {
 public:
  ~PolicySet();

  /// May this identity send `delivery` to a receiver with these keys? (POL-025 .. POL-038)
  [[nodiscard]] Verdict may_send(const Delivery& delivery,
                                 std::span<const PolicyKey> receiver) const;
  /// May this identity receive `delivery` from a sender with these keys? (POL-039 .. POL-042)
  [[nodiscard]] Verdict may_receive(const Delivery& delivery,
                                    std::span<const PolicyKey> sender) const;
  /// POL-044, POL-045.
  [[nodiscard]] Verdict may_own(std::string_view name) const;

  /// The rules that matched and were overridden by the deciding one, latest first: the same
  /// questions answered by walking every rule. For explaining a refusal; never on a message's path.
  [[nodiscard]] std::vector<const PolicyRule*> overridden_send(
      const Delivery& delivery, std::span<const PolicyKey> receiver) const;
  [[nodiscard]] std::vector<const PolicyRule*> overridden_receive(
      const Delivery& delivery, std::span<const PolicyKey> sender) const;

 private:
  friend class Policy;
  PolicySet();
  struct Index;
  std::unique_ptr<const Index> index_;
};

/// One configuration's policy. Compiles a PolicySet the first time an identity asks for one.
class Policy {
 public:
  explicit Policy(PolicyRules rules);
  ~Policy();

  /// The same object for every identity to which the same sections apply. A set in use is always
  /// found again; beyond 64 sets, those that nobody uses are forgotten when a new one is made.
  [[nodiscard]] std::shared_ptr<const PolicySet> for_identity(const Identity& identity);

  /// May this identity connect at all (POL-046 .. POL-048)? `bus_uid` is the bus's own. Never says
  /// yes to the anonymous, who are not its business (POL-049).
  [[nodiscard]] Verdict may_connect(const Identity& identity, std::uint32_t bus_uid) const;

  /// Appends the keys of everything that rules say about connections that own or wait for `name`
  /// (well-known, unique, or the bus's own), by itself or by a prefix. `keys` stays ascending and
  /// without duplicates, so that all names of a connection can be added to one list.
  void keys_of(std::string_view name, std::vector<PolicyKey>& keys) const;

  /// Where a rule of this policy stands: the file, and "file:line".
  [[nodiscard]] std::string file_of(const PolicyRule& rule) const;
  [[nodiscard]] std::string where(const PolicyRule& rule) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;  // its rules live as long as any PolicySet made of them
};

/// A rule in the words of the configuration, for an explanation:
/// <deny send_destination="org.example" send_type="method_call"/>.
[[nodiscard]] std::string to_string(const PolicyRule& rule);

}  // namespace headway::broker
