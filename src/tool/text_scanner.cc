// SPDX-License-Identifier: MIT
#include "tool/text_scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/result.h"

namespace headway::tool {
namespace {

using Failure = std::unexpected<std::string>;

constexpr std::string_view spaces = " \t\r\n";

bool is_high_half(char32_t code) { return code >= 0xd800 && code < 0xdc00; }
bool is_low_half(char32_t code) { return code >= 0xdc00 && code < 0xe000; }

void append_utf8(std::string& out, char32_t code) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

void TextScanner::skip_space() {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(spaces), rest_.size()));
}

bool TextScanner::take_if(char letter) { return take_word({&letter, 1}); }

bool TextScanner::take_word(std::string_view word) {
  if (!sees_word(word)) return false;
  rest_.remove_prefix(word.size());
  return true;
}

std::expected<void, std::string> TextScanner::take(char letter) {
  if (take_if(letter)) return {};
  if (at_end()) return Failure(fmt::format("\"{}\" is missing at the end", letter));
  return Failure(fmt::format("\"{}\" is expected where \"{}\" stands", letter, rest_));
}

std::expected<std::string, std::string> TextScanner::take_text(std::string_view ends) {
  if (take_if('"')) return take_quoted();
  std::string_view word = rest_.substr(0, rest_.find_first_of(ends));
  rest_.remove_prefix(word.size());
  word = word.substr(0, word.find_last_not_of(spaces) + 1);
  if (!word.empty()) return std::string(word);
  if (rest_.empty()) return Failure("a value is missing at the end");
  return Failure(fmt::format("a value is expected where \"{}\" stands", rest_));
}

std::expected<std::string, std::string> TextScanner::take_quoted() {
  std::string text;
  for (;;) {
    const std::size_t plain = std::min(rest_.find_first_of("\"\\"), rest_.size());
    text += rest_.substr(0, plain);
    rest_.remove_prefix(plain);
    if (rest_.empty()) return Failure("a quote is missing at the end");
    const bool is_end = rest_.front() == '"';
    rest_.remove_prefix(1);
    if (is_end) return text;
    append_utf8(text, TRY(take_code()));
  }
}

/// What stands behind a backslash.
std::expected<char32_t, std::string> TextScanner::take_code() {
  if (rest_.empty()) return Failure("a quote is missing at the end");
  const char letter = rest_.front();
  rest_.remove_prefix(1);
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  if (const std::size_t at = letters.find(letter); at != std::string_view::npos) {
    return static_cast<char32_t>(meanings[at]);
  }
  if (letter != 'u') return Failure(fmt::format("\\{} means nothing in a string", letter));
  const char32_t code = TRY(take_hex_digits());
  if (!is_high_half(code) && !is_low_half(code)) return code;
  // The rest of a letter that takes two.
  if (is_low_half(code) || !rest_.starts_with("\\u")) return Failure("half a letter in a string");
  rest_.remove_prefix(2);
  const char32_t low = TRY(take_hex_digits());
  if (!is_low_half(low)) return Failure("half a letter in a string");
  return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

std::expected<char32_t, std::string> TextScanner::take_hex_digits() {
  std::uint32_t code = 0;
  const std::string_view digits = rest_.substr(0, 4);
  const char* const end = digits.data() + digits.size();
  if (digits.size() != 4 || std::from_chars(digits.data(), end, code, 16).ptr != end) {
    return Failure("\\u needs four hex digits");
  }
  rest_.remove_prefix(4);
  return static_cast<char32_t>(code);
}

std::expected<void, std::string> TextScanner::skip_braces() {
  std::size_t depth = 0;
  do {
    if (at_end()) return Failure("\"}\" is missing at the end");
    if (sees('"')) {
      TRY_VOID(take_text(value_ends));
    } else {
      if (rest_.front() == '{') ++depth;
      if (rest_.front() == '}') --depth;
      rest_.remove_prefix(1);
    }
  } while (depth > 0);
  return {};
}

}  // namespace headway::tool
