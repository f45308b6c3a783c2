// SPDX-License-Identifier: MIT
#include "tool/value_text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/utf8.h"
#include "tool/text_scanner.h"
#include "wire/hex.h"
#include "wire/names.h"
#include "wire/signature.h"

namespace headway::tool {
namespace {

using Done = std::expected<void, std::string>;
using Failure = std::unexpected<std::string>;

// Of what nests in the text: as deep as types and variants may nest on the wire.
constexpr int depth_max = 64;

template <class T>
std::optional<T> integer_of(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  std::string digits(text);
  int base = 10;
  const std::string_view unsigned_text = text.substr(is_negative ? 1 : 0);
  if (unsigned_text.starts_with("0x") || unsigned_text.starts_with("0X")) {
    base = 16;
    digits = (is_negative ? "-" : "") + std::string(unsigned_text.substr(2));
  }
  T value{};
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  // "0x-5" is none, either.
  if (error != std::errc() || stop != end || unsigned_text.find('-') != std::string_view::npos) {
    return std::nullopt;
  }
  return value;
}

std::optional<double> float_of(std::string_view text) {
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> boolean_of(std::string_view text) {
  for (const std::string_view word : {"true", "yes", "on", "1"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"false", "no", "off", "0"}) {
    if (text == word) return false;
  }
  return std::nullopt;
}

template <class T>
Done append_integer(message_builder& to, message_builder& (message_builder::*append)(T),
                    std::string_view text) {
  const auto value = integer_of<T>(text);
  if (!value) {
    return Failure(fmt::format("\"{}\" is no whole number from {} to {}", text,
                               std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  }
  (to.*append)(*value);
  return {};
}

Done append_text(message_builder& to, char type, std::string_view text) {
  switch (type) {
    case 'o':
      if (!wire::is_object_path(text)) {
        return Failure(fmt::format("\"{}\" is no object path, such as /org/example", text));
      }
      to.object_path(text);
      return {};
    case 'g':
      if (!wire::is_signature(text)) {
        return Failure(fmt::format("\"{}\" is no signature, such as a{{sv}}", text));
      }
      to.signature(text);
      return {};
    default:
      if (!is_utf8(as_bytes(text)) || text.find('\0') != std::string_view::npos) {
        return Failure("a text has to be UTF-8 without NUL");
      }
      to.string(text);
      return {};
  }
}

Done append_boolean(message_builder& to, std::string_view text) {
  const auto value = boolean_of(text);
  if (!value) return Failure(fmt::format("\"{}\" is neither true nor false", text));
  to.boolean(*value);
  return {};
}

Done append_float(message_builder& to, std::string_view text) {
  const auto value = float_of(text);
  if (!value) return Failure(fmt::format("\"{}\" is no number", text));
  to.float64(*value);
  return {};
}

/// What a word in a variant is if nothing says so.
char guess_of_word(std::string_view word) {
  if (word == "true" || word == "false") return 'b';
  if (integer_of<std::int32_t>(word)) return 'i';
  if (integer_of<std::int64_t>(word)) return 'x';
  if (integer_of<std::uint64_t>(word)) return 't';
  // Names are words: of the floating-point numbers only those that look like numbers.
  const bool has_digit = word.find_first_of("0123456789") != std::string_view::npos;
  return has_digit && float_of(word) ? 'd' : 's';
}

/// Reads one argument.
class ValueText {
 public:
  ValueText(message_builder& to, std::string_view text, const OpenFd& open_fd)
      : to_(to), scan_(text), open_fd_(open_fd) {}

  /// All that is left, as a value of this type.
  Done argument(std::string_view type) {
    switch (type.front()) {
      case 's':
      case 'o':
      case 'g':
        return append_text(to_, type.front(), scan_.take_all());
      case 'h':
        return basic('h', scan_.take_all());
      case 'v':
        return argument_in_variant();
      case 'a':
        if (type == "ay" && (scan_.sees('"') || scan_.sees_word("hex:"))) break;
        if (!scan_.sees(type[1] == '{' ? '{' : '[')) return bare_array(type);
        break;
      case '(':
        if (!scan_.sees('[') && !scan_.sees('(')) {
          to_.open_struct(type.substr(1, type.size() - 2));
          TRY_VOID(members(type.substr(1, type.size() - 2)));
          to_.close();
          return at_end();
        }
        break;
      default:
        break;
    }
    TRY_VOID(value(type));
    return at_end();
  }

 private:
  Done at_end() {
    if (scan_.at_end()) return {};
    return Failure(fmt::format("\"{}\" is left over", scan_.rest()));
  }

  /// One value among others.
  Done value(std::string_view type) {
    if (++depth_ > depth_max) return Failure("it nests too deeply");
    const Done done = value_at_depth(type);
    --depth_;
    return done;
  }

  Done value_at_depth(std::string_view type) {
    switch (type.front()) {
      case 'a':
        return array(type);
      case '(':
        return structure(type.substr(1, type.size() - 2));
      case 'v':
        return variant();
      default:
        return word(type.front());
    }
  }

  Done word(char type) {
    const std::string text = TRY(scan_.take_text(TextScanner::value_ends));
    return basic(type, text);
  }

  Done basic(char type, std::string_view text) {
    switch (type) {
      case 'y':
        return append_integer(to_, &message_builder::byte, text);
      case 'n':
        return append_integer(to_, &message_builder::int16, text);
      case 'q':
        return append_integer(to_, &message_builder::uint16, text);
      case 'i':
        return append_integer(to_, &message_builder::int32, text);
      case 'u':
        return append_integer(to_, &message_builder::uint32, text);
      case 'x':
        return append_integer(to_, &message_builder::int64, text);
      case 't':
        return append_integer(to_, &message_builder::uint64, text);
      case 'd':
        return append_float(to_, text);
      case 'b':
        return append_boolean(to_, text);
      case 'h':
        to_.fd(TRY(open_fd_(text)));
        return {};
      default:
        return append_text(to_, type, text);
    }
  }

  Done array(std::string_view type) {
    if (type == "ay" && scan_.sees('"')) {
      const std::string text = TRY(scan_.take_text(TextScanner::value_ends));
      to_.bytes(as_bytes(text));
      return {};
    }
    if (type == "ay" && scan_.take_word("hex:")) {
      const std::string digits = TRY(scan_.take_text(TextScanner::value_ends));
      const auto bytes = wire::from_hex(digits);
      if (!bytes) return Failure(fmt::format("\"{}\" is no row of pairs of hex digits", digits));
      to_.bytes(as_bytes(*bytes));
      return {};
    }
    const bool is_dict = type[1] == '{';
    TRY_VOID(scan_.take(is_dict ? '{' : '['));
    to_.open_array(type.substr(1));
    if (!scan_.take_if(is_dict ? '}' : ']')) {
      do {
        TRY_VOID(is_dict ? entry(type) : value(type.substr(1)));
      } while (scan_.take_if(','));
      TRY_VOID(scan_.take(is_dict ? '}' : ']'));
    }
    to_.close();
    return {};
  }

  /// Without brackets, as far as the argument goes.
  Done bare_array(std::string_view type) {
    to_.open_array(type.substr(1));
    while (!scan_.at_end()) {
      TRY_VOID(type[1] == '{' ? entry(type) : value(type.substr(1)));
      if (scan_.at_end()) break;
      TRY_VOID(scan_.take(','));
      if (scan_.at_end()) return Failure("a value is missing at the end");
    }
    to_.close();
    return {};
  }

  Done entry(std::string_view type) {
    to_.open_dict_entry();
    const std::string key = TRY(scan_.take_text(TextScanner::key_ends));
    TRY_VOID(basic(type[2], key));
    if (!scan_.take_if('=')) TRY_VOID(scan_.take(':'));
    TRY_VOID(value(type.substr(3, type.size() - 4)));
    to_.close();
    return {};
  }

  Done structure(std::string_view types) {
    const bool is_round = scan_.take_if('(');
    if (!is_round) TRY_VOID(scan_.take('['));
    to_.open_struct(types);
    TRY_VOID(members(types));
    to_.close();
    return scan_.take(is_round ? ')' : ']');
  }

  Done members(std::string_view types) {
    while (!types.empty()) {
      const std::size_t length = wire::complete_type_length(types);
      TRY_VOID(value(types.substr(0, length)));
      types.remove_prefix(length);
      if (!types.empty()) TRY_VOID(scan_.take(','));
    }
    return {};
  }

  Done argument_in_variant() {
    if (const auto type = take_type_prefix()) {
      to_.open_variant(*type);
      TRY_VOID(argument(*type));
      to_.close();
      return {};
    }
    if (scan_.sees('[') || scan_.sees('{') || scan_.sees('(') || scan_.sees('"')) {
      TRY_VOID(variant());
      return at_end();
    }
    const std::string text(scan_.take_all());
    const char type = guess_of_word(text);
    to_.open_variant(std::string_view(&type, 1));
    TRY_VOID(basic(type, text));
    to_.close();
    return {};
  }

  Done variant() {
    if (const auto type = take_type_prefix()) return in_variant(*type);
    if (const auto type = take_type_member()) {
      TRY_VOID(in_variant(*type));
      return scan_.take('}');
    }
    const TextScanner here = scan_;
    const std::string type = TRY(guess(depth_));
    scan_ = here;
    if (!wire::is_single_complete_type(type)) {
      return Failure("its type cannot be guessed; write TYPE:VALUE");
    }
    return in_variant(type);
  }

  Done in_variant(std::string_view type) {
    to_.open_variant(type);
    TRY_VOID(value(type));
    to_.close();
    return {};
  }

  /// "u:", if a type stands there.
  std::optional<std::string> take_type_prefix() {
    const std::string_view rest = scan_.rest();
    const std::size_t colon = rest.find_first_not_of("ybnqiuxtdsoghav(){}");
    if (colon == std::string_view::npos || rest[colon] != ':') return std::nullopt;
    const std::string_view type = rest.substr(0, colon);
    if (!wire::is_single_complete_type(type)) return std::nullopt;
    scan_.skip(colon + 1);
    return std::string(type);
  }

  /// `{"type": "u", "data":`, as --json prints it.
  std::optional<std::string> take_type_member() {
    TextScanner ahead = scan_;
    const auto take_key = [&ahead](std::string_view key) {
      const auto found = ahead.take_text(TextScanner::key_ends);
      return found && *found == key && ahead.take_if(':');
    };
    if (!ahead.take_if('{') || !take_key("type") || !ahead.sees('"')) return std::nullopt;
    auto type = ahead.take_text(TextScanner::value_ends);
    if (!type || !wire::is_single_complete_type(*type) || !ahead.take_if(',') ||
        !take_key("data")) {
      return std::nullopt;
    }
    scan_ = ahead;
    return std::move(*type);
  }

  /// The type of what comes next, which is passed over.
  std::expected<std::string, std::string> guess(int depth) {
    if (depth > depth_max) return Failure("it nests too deeply");
    if (scan_.sees('{')) {
      TRY_VOID(scan_.skip_braces());
      return "a{sv}";
    }
    if (scan_.take_if('[')) {
      const std::vector<std::string> types = TRY(guess_list(']', depth));
      const bool are_same =
          !types.empty() && std::ranges::count(types, types[0]) == std::ssize(types);
      return "a" + (are_same ? types[0] : "v");
    }
    if (scan_.take_if('(')) {
      return fmt::format("({})", fmt::join(TRY(guess_list(')', depth)), ""));
    }
    if (scan_.sees('"')) {
      TRY_VOID(scan_.take_text(TextScanner::value_ends));
      return "s";
    }
    if (const auto type = take_type_prefix()) {
      TRY_VOID(guess(depth + 1));
      return "v";
    }
    return std::string(1, guess_of_word(TRY(scan_.take_text(TextScanner::value_ends))));
  }

  std::expected<std::vector<std::string>, std::string> guess_list(char end, int depth) {
    std::vector<std::string> types;
    if (scan_.take_if(end)) return types;
    do {
      types.push_back(TRY(guess(depth + 1)));
    } while (scan_.take_if(','));
    TRY_VOID(scan_.take(end));
    return types;
  }

  message_builder& to_;
  TextScanner scan_;
  const OpenFd& open_fd_;
  int depth_ = 0;
};

}  // namespace

std::expected<void, std::string> append_value(message_builder& to, std::string_view type,
                                              std::string_view text, const OpenFd& open_fd) {
  try {
    return ValueText(to, text, open_fd).argument(type);
  } catch (const error& e) {
    return Failure(e.text());
  }
}

std::expected<unique_fd, std::string> open_named_fd(std::string_view text) {
  if (text.starts_with('@')) {
    const std::string path(text.substr(1));
    unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return Failure(fmt::format("cannot open {}: {}", path, std::strerror(errno)));
    return file;
  }
  const auto number =
      text.starts_with("fd:") ? integer_of<std::int32_t>(text.substr(3)) : std::nullopt;
  if (!number || *number < 0) {
    return Failure(fmt::format("\"{}\" is no descriptor; write @PATH or fd:NUMBER", text));
  }
  unique_fd copy(::fcntl(*number, F_DUPFD_CLOEXEC, 3));
  if (!copy) return Failure(fmt::format("descriptor {}: {}", *number, std::strerror(errno)));
  return copy;
}

}  // namespace headway::tool
