// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace headway::tool {

/// Takes apart a text that is JSON but for its words, which need no quotes. Space between them does
/// not count. Errors are texts for stderr.
class TextScanner {
 public:
  /// What ends a word without quotes. Its brackets may also stand for themselves, in quotes.
  static constexpr std::string_view value_ends = ",[]{}()\"";
  static constexpr std::string_view key_ends = ":=,[]{}()\"";

  explicit TextScanner(std::string_view text) : rest_(text) {}

  /// What is left, from the next letter that is no space on.
  [[nodiscard]] std::string_view rest() {
    skip_space();
    return rest_;
  }
  [[nodiscard]] bool at_end() { return rest().empty(); }
  /// Whatever is left, with its spaces.
  std::string_view take_all() { return std::exchange(rest_, {}); }
  void skip(std::size_t letters) { rest_.remove_prefix(letters); }

  [[nodiscard]] bool sees(char letter) { return rest().starts_with(letter); }
  [[nodiscard]] bool sees_word(std::string_view word) { return rest().starts_with(word); }
  bool take_if(char letter);
  bool take_word(std::string_view word);
  std::expected<void, std::string> take(char letter);

  /// A string in quotes, or a word that one of `ends` ends; an empty one is an error.
  std::expected<std::string, std::string> take_text(std::string_view ends);
  /// From a brace on, which comes next, behind the one that closes it.
  std::expected<void, std::string> skip_braces();

 private:
  void skip_space();
  std::expected<std::string, std::string> take_quoted();
  std::expected<char32_t, std::string> take_code();
  std::expected<char32_t, std::string> take_hex_digits();

  std::string_view rest_;
};

}  // namespace headway::tool
