// SPDX-License-Identifier: MIT
#include "wire/match_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/result.h"
#include "wire/names.h"

namespace headway::wire {
namespace {

constexpr std::uint8_t argument_index_max = 63;  // MATCH-013

template <typename T>
using Result = std::expected<T, MatchRuleError>;

std::unexpected<MatchRuleError> error(std::string text) {
  return std::unexpected(MatchRuleError{.too_long = false, .text = std::move(text)});
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// One key=value of a rule, the value without its quoting. Good until the next one is cut.
struct Pair {
  std::string_view key;
  std::string_view value;
  std::size_t at = 0;  // where the key starts, for errors
};

/// Cuts a rule into pairs (MATCH-002 .. MATCH-006).
class Cutter {
 public:
  explicit Cutter(std::string_view text) : text_(text) {}

  /// True after the last pair. A comma may come before that, but only behind a pair.
  [[nodiscard]] bool at_end() {
    skip_blanks();
    return at_ == text_.size();
  }

  [[nodiscard]] Result<Pair> next() {
    skip_blanks();
    Pair pair;
    pair.at = at_;
    pair.key = TRY(key());
    pair.value = TRY(value(pair));
    return pair;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  Result<std::string_view> key() {
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] != '=' && text_[at_] != ',' && !is_blank(text_[at_])) {
      ++at_;
    }
    const std::string_view key = text_.substr(start, at_ - start);
    skip_blanks();
    if (at_ < text_.size() && text_[at_] == '=') {
      if (key.empty()) return error(fmt::format("no key before the '=' at byte {}", at_));
      ++at_;
      return key;
    }
    if (key.empty()) return error(fmt::format("nothing before the comma at byte {}", at_));
    return error(fmt::format("no '=' after \"{}\" at byte {}: write {}='...'", key, start, key));
  }

  /// Takes the comma behind the value too.
  Result<std::string_view> value(const Pair& pair) {
    // As nearly all are written: one pair of quotes around all of it.
    if (at_ < text_.size() && text_[at_] == '\'') {
      const std::size_t start = at_ + 1;
      const std::size_t end = text_.find('\'', start);
      if (end != std::string_view::npos && (end + 1 == text_.size() || text_[end + 1] == ',')) {
        at_ = std::min(end + 2, text_.size());
        return text_.substr(start, end - start);
      }
    }
    return value_in_pieces(pair);
  }

  Result<std::string_view> value_in_pieces(const Pair& pair) {
    std::string& value = pieces_;
    value.clear();
    bool quoted = false;
    while (true) {
      const std::size_t stop = quoted ? text_.find('\'', at_) : text_.find_first_of("',\\", at_);
      value.append(text_, at_, stop - at_);
      if (stop == std::string_view::npos) break;
      at_ = stop + 1;
      if (text_[stop] == '\'') {
        quoted = !quoted;
      } else if (text_[stop] == ',') {
        return value;
      } else if (at_ < text_.size() && text_[at_] == '\'') {
        value += '\'';
        ++at_;
      } else {
        value += '\\';
      }
    }
    at_ = text_.size();
    if (quoted) {
      return error(fmt::format("the quote in the value of \"{}\" at byte {} is never closed",
                               pair.key, pair.at));
    }
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string pieces_;
};

/// The keys that are plain text in a rule, and what their values must be.
struct NamedKey {
  std::string_view key;
  std::string MatchRule::* member;
  bool (*is_valid)(std::string_view);
  std::string_view kind;
};

constexpr std::array named_keys = {
    NamedKey{"sender", &MatchRule::sender, is_bus_name, "bus name"},
    NamedKey{"interface", &MatchRule::interface, is_interface_name, "interface name"},
    NamedKey{"member", &MatchRule::member, is_member_name, "member name"},
    NamedKey{"path", &MatchRule::path, is_object_path, "object path"},
    NamedKey{"path_namespace", &MatchRule::path_namespace, is_object_path, "object path"},
    NamedKey{"destination", &MatchRule::destination, is_bus_name, "bus name"},
};

constexpr std::array type_names = {
    std::pair{MessageType::signal, std::string_view("signal")},
    std::pair{MessageType::method_call, std::string_view("method_call")},
    std::pair{MessageType::method_return, std::string_view("method_return")},
    std::pair{MessageType::error, std::string_view("error")},
};

std::unexpected<MatchRuleError> given_twice(const Pair& pair) {
  return error(fmt::format("key \"{}\" is given again at byte {}: keep one", pair.key, pair.at));
}

Result<void> set_type(MatchRule& rule, const Pair& pair) {
  if (rule.type) return given_twice(pair);
  const auto found =
      std::ranges::find(type_names, pair.value, [](auto& type) { return type.second; });
  if (found == type_names.end()) {
    return error(
        fmt::format("type '{}' at byte {} is none of signal, method_call, method_return "
                    "and error",
                    pair.value, pair.at));
  }
  rule.type = found->first;
  return {};
}

/// The last one counts (MATCH-017).
Result<void> set_eavesdrop(MatchRule& rule, const Pair& pair) {
  if (pair.value != "true" && pair.value != "false") {
    return error(
        fmt::format("eavesdrop '{}' at byte {} is neither true nor false", pair.value, pair.at));
  }
  rule.eavesdrop = pair.value == "true";
  return {};
}

Result<void> set_named(MatchRule& rule, const NamedKey& key, const Pair& pair) {
  if (!(rule.*key.member).empty()) return given_twice(pair);
  if (!key.is_valid(pair.value)) {
    return error(fmt::format("{} '{}' at byte {} is not a valid {}", key.key, pair.value, pair.at,
                             key.kind));
  }
  rule.*key.member = pair.value;
  if (!rule.path.empty() && !rule.path_namespace.empty()) {
    return error("path and path_namespace exclude each other: keep one");
  }
  return {};
}

/// argN, argNpath, arg0namespace (MATCH-013 .. MATCH-016, MATCH-018).
Result<void> set_argument(MatchRule& rule, const Pair& pair) {
  const std::string_view tail = pair.key.substr(std::string_view("arg").size());
  const char* const tail_end = tail.data() + tail.size();
  MatchRule::Argument argument;
  const auto [end, status] = std::from_chars(tail.data(), tail_end, argument.index);
  if (end == tail.data()) {
    return error(
        fmt::format("key \"{}\" at byte {} needs a number behind \"arg\"", pair.key, pair.at));
  }
  if (status != std::errc() || argument.index > argument_index_max) {
    return error(fmt::format("key \"{}\" at byte {}: arguments are numbered 0 to {}", pair.key,
                             pair.at, argument_index_max));
  }

  const std::string_view kind(end, tail_end);
  if (kind == "path") {
    argument.kind = MatchRule::ArgumentKind::path;
  } else if (kind == "namespace" && argument.index == 0) {
    argument.kind = MatchRule::ArgumentKind::name_space;
    if (!is_name_namespace(pair.value)) {
      return error(fmt::format("{} '{}' at byte {} is not a bus name or the start of one", pair.key,
                               pair.value, pair.at));
    }
  } else if (!kind.empty()) {
    return error(
        fmt::format("unknown key \"{}\" at byte {}: behind argN may stand \"path\", behind "
                    "arg0 also \"namespace\"",
                    pair.key, pair.at));
  }

  const auto place =
      std::ranges::lower_bound(rule.arguments, argument.index, {}, &MatchRule::Argument::index);
  if (place != rule.arguments.end() && place->index == argument.index) {
    return error(fmt::format("a second condition on argument {} at byte {}: keep one",
                             argument.index, pair.at));
  }
  argument.value = pair.value;
  rule.arguments.insert(place, std::move(argument));
  return {};
}

Result<void> set_pair(MatchRule& rule, const Pair& pair) {
  if (pair.key == "type") return set_type(rule, pair);
  if (pair.key == "eavesdrop") return set_eavesdrop(rule, pair);
  const auto named = std::ranges::find(named_keys, pair.key, &NamedKey::key);
  if (named != named_keys.end()) return set_named(rule, *named, pair);
  if (pair.key.starts_with("arg")) return set_argument(rule, pair);
  return error(
      fmt::format("unknown key \"{}\" at byte {}: keys are type, sender, interface, member, "
                  "path, path_namespace, destination, argN, argNpath, arg0namespace and "
                  "eavesdrop",
                  pair.key, pair.at));
}

/// In quotes, where only an apostrophe has to step outside (MATCH-003, MATCH-004).
void add_pair(std::string& text, std::string_view key, std::string_view value) {
  if (!text.empty()) text += ',';
  text += key;
  text += "='";
  for (const char c : value) {
    if (c == '\'') {
      text += R"('\'')";
    } else {
      text += c;
    }
  }
  text += '\'';
}

std::string key_of(const MatchRule::Argument& argument) {
  switch (argument.kind) {
    case MatchRule::ArgumentKind::text:
      return fmt::format("arg{}", argument.index);
    case MatchRule::ArgumentKind::path:
      return fmt::format("arg{}path", argument.index);
    case MatchRule::ArgumentKind::name_space:
      return fmt::format("arg{}namespace", argument.index);
  }
  return {};
}

}  // namespace

void MatchRule::clear() {
  type.reset();
  for (const NamedKey& key : named_keys) (this->*key.member).clear();
  arguments.clear();
  eavesdrop = false;
}

std::expected<void, MatchRuleError> parse_match_rule(std::string_view text, MatchRule& rule) {
  rule.clear();
  if (text.size() > match_rule_bytes_max) {
    return std::unexpected(
        MatchRuleError{.too_long = true,
                       .text = fmt::format("the match rule has {} bytes, {} are allowed",
                                           text.size(), match_rule_bytes_max)});
  }

  Cutter cutter(text);
  while (!cutter.at_end()) {
    const auto pair = cutter.next();
    const auto done = pair ? set_pair(rule, *pair) : std::unexpected(pair.error());
    if (!done) return error("match rule: " + done.error().text);
  }
  return {};
}

std::expected<MatchRule, MatchRuleError> parse_match_rule(std::string_view text) {
  MatchRule rule;
  TRY_VOID(parse_match_rule(text, rule));
  return rule;
}

std::string to_string(const MatchRule& rule) {
  std::string text;
  for (const auto& [type, name] : type_names) {
    if (rule.type == type) add_pair(text, "type", name);
  }
  for (const auto& key : named_keys) {
    if (!(rule.*key.member).empty()) add_pair(text, key.key, rule.*key.member);
  }
  for (const auto& argument : rule.arguments) add_pair(text, key_of(argument), argument.value);
  if (rule.eavesdrop) add_pair(text, "eavesdrop", "true");
  return text;
}

}  // namespace headway::wire
