// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/types.h"

namespace headway::wire {

inline constexpr std::size_t match_rule_bytes_max = 1024;  // MATCH-007

/// A parsed match rule. Two rules are equal if they ask for the same, whatever the order of keys
/// and the quoting in their texts (MATCH-028). Empty strings and no value mean "not asked for".
struct MatchRule {
  enum class ArgumentKind : std::uint8_t { text, path, name_space };
  struct Argument {
    std::uint8_t index = 0;  // 0 .. 63
    ArgumentKind kind = ArgumentKind::text;
    std::string value;
    auto operator<=>(const Argument&) const = default;
  };

  std::optional<MessageType> type;
  std::string sender;
  std::string interface;
  std::string member;
  std::string path;
  std::string path_namespace;
  std::string destination;
  std::vector<Argument> arguments;  // ascending by index, one per index (MATCH-016)
  bool eavesdrop = false;

  /// Asks for nothing. Keeps its memory.
  void clear();
  auto operator<=>(const MatchRule&) const = default;
};

struct MatchRuleError {
  bool too_long = false;  // LimitsExceeded instead of MatchRuleInvalid (MATCH-007)
  std::string text;       // what is wrong and where: for the error's text
};

/// MATCH-001 .. MATCH-018. Never keeps a part of a bad rule.
[[nodiscard]] std::expected<MatchRule, MatchRuleError> parse_match_rule(std::string_view text);

/// The same into `rule`, whose memory is used again; after an error it is some part of the rule.
[[nodiscard]] std::expected<void, MatchRuleError> parse_match_rule(std::string_view text,
                                                                   MatchRule& rule);

/// The canonical form: keys in a fixed order, every value quoted. Parses back to an equal rule,
/// unless a rule near the limit was written more tersely and is now longer than it.
[[nodiscard]] std::string to_string(const MatchRule& rule);

}  // namespace headway::wire
