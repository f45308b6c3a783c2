// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "tool/program.h"
#include "tool/verb.h"

namespace headway::tool {

/// How a verb was called: its words, and its options as its table and common_options() have them.
class Invocation {
 public:
  /// Failures are of status exit_usage. Options may stand anywhere, unless the verb says otherwise;
  /// "--" ends them. Values follow in the next word, behind "=", or behind the letter.
  [[nodiscard]] static Outcome<Invocation> parse(const Verb& verb, Arguments arguments);

  [[nodiscard]] const Verb& verb() const { return *verb_; }
  [[nodiscard]] const std::vector<std::string_view>& words() const { return words_; }
  /// The word, or an empty one.
  [[nodiscard]] std::string_view word(std::size_t index) const {
    return index < words_.size() ? words_[index] : std::string_view();
  }
  /// `name` as in the table: "--json".
  [[nodiscard]] bool has(std::string_view name) const { return value(name).has_value(); }
  /// The last one, if it was given several times.
  [[nodiscard]] std::optional<std::string_view> value(std::string_view name) const;
  /// All of them, in order.
  [[nodiscard]] std::vector<std::string_view> values(std::string_view name) const;
  // Of options of these kinds: parse() has seen to it that they are.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> duration(std::string_view name) const;
  [[nodiscard]] std::optional<std::uint32_t> number(std::string_view name) const;
  [[nodiscard]] std::vector<std::uint32_t> numbers(std::string_view name) const;
  /// --timeout, if it was given.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> timeout() const {
    return duration("--timeout");
  }

 private:
  explicit Invocation(const Verb& verb) : verb_(&verb) {}
  [[nodiscard]] Outcome<void> take_long(std::string_view argument, Arguments& rest);
  [[nodiscard]] Outcome<void> take_letters(std::string_view argument, Arguments& rest);
  [[nodiscard]] Outcome<void> take(const VerbOption& option, std::optional<std::string_view> value,
                                   Arguments& rest);
  [[nodiscard]] const VerbOption* find_option(std::string_view text) const;
  [[nodiscard]] Outcome<void> check_value(const VerbOption& option, std::string_view value) const;
  [[nodiscard]] Outcome<void> check() const;
  [[nodiscard]] Failure wrong(std::string_view what) const;

  const Verb* verb_;
  std::vector<std::string_view> words_;
  std::vector<std::pair<const VerbOption*, std::string_view>> options_;
};

/// "500ms", "2s", "1.5min", "1h"; a number alone is seconds.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

}  // namespace headway::tool
