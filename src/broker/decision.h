// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "broker/log_entry.h"
#include "wire/message.h"

namespace headway::broker {

/// Why something was refused: the record behind an error's text and a log entry. Built on refusal
/// only; text and numbers, so that it can be kept after the peers and the policy are gone.
struct Decision {
  enum class Layer : std::uint8_t {
    policy_send,
    policy_receive,
    policy_own,
    policy_connect,
    lsm,
    quota,
    bus  // what no configuration can allow
  };

  /// A side of what was refused, as it was then.
  struct Party {
    std::string unique_name;  // the bus's name for the bus; empty: has none, or is absent
    /// Of those it owned or waited for, or would own if it were there, the first ones: a peer may
    /// have thousands, and who asks for a refusal must not get them all each time.
    static constexpr std::size_t names_max = 16;
    std::vector<std::string> names;
    std::size_t names_left_out = 0;
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> pid;
    std::string label;  // LSM label
    /// Nobody owns the name that the message is for.
    [[nodiscard]] bool is_absent() const { return unique_name.empty() && !names.empty(); }
  };

  /// The header of the refused message. Empty strings: that field was not there.
  struct Message {
    std::string type;
    std::string path;
    std::string interface;
    std::string member;
    std::string error_name;
    std::string destination;
    std::uint32_t serial = 0;  // of both 0: was not there
    std::uint32_t reply_serial = 0;
  };

  Layer layer = Layer::policy_send;
  std::uint64_t number = 0;             // of this bus's refusals, from 1
  Time when{};                          // the shell's clock
  std::string rule;                     // in its policy's words; empty: no rule matched
  std::string file;                     // of the rule; empty: a security module's
  std::uint32_t line = 0;               // likewise
  std::vector<std::string> overridden;  // "file:line" of rules that matched and lost, latest first
  std::string limit;                    // for quota: the limit's name
  std::uint64_t limit_value = 0;
  std::string holder;  // for quota: who holds it, for people
  std::optional<std::uint32_t> holder_uid;
  std::optional<Party> sender;
  std::optional<Party> receiver;
  std::optional<Message> message;
  std::string name;  // that was asked for, for policy_own
  std::string text;  // the error's text
};
[[nodiscard]] const char* to_string(Decision::Layer layer);
/// `uid=0 pid=17 label="x"`.
[[nodiscard]] std::string login_of(const Decision::Party& party);
[[nodiscard]] Decision::Message message_of(const wire::Message& message);
/// type="method_call" path="/" ...
[[nodiscard]] std::string describe(const Decision::Message& message);
/// The unique name, the other names and the login.
[[nodiscard]] std::string describe(const Decision::Party& party);

/// One fact of a record, borrowed from it: what it is called in the log and on the bus.
struct Fact {
  LogField field;
  std::string_view key;
  std::variant<std::string_view, std::uint32_t, std::uint64_t, std::span<const std::string>> value;
};
/// All there are but number, time and text.
[[nodiscard]] std::vector<Fact> facts_of(const Decision& decision);

/// The record as the log has it.
[[nodiscard]] LogEntry log_entry(const Decision& decision);
/// What is known of a side, for the fields of an entry.
void put_sender(LogEntry& entry, const Decision::Party& sender);

}  // namespace headway::broker
