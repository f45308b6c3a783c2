// SPDX-License-Identifier: MIT
#include "wire/names.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "wire/types.h"

namespace headway::wire {
namespace {

/// Elements of word characters between separators, none of them empty.
struct Grammar {
  char separator = 0;  // 0: a single element
  bool hyphen = false;
  bool digit_first = false;  // an element may start with a digit
};

constexpr Grammar member_grammar{};
constexpr Grammar interface_grammar{.separator = '.'};
constexpr Grammar well_known_grammar{.separator = '.', .hyphen = true};
constexpr Grammar unique_grammar{.separator = '.', .hyphen = true, .digit_first = true};
constexpr Grammar path_grammar{.separator = '/', .digit_first = true};

using Eight = std::uint8_t __attribute__((vector_size(8)));
using Sixteen = std::uint8_t __attribute__((vector_size(16)));

template <class Block>
Block load(const char* at) {
  Block block;
  std::memcpy(&block, at, sizeof block);
  return block;
}

bool any(Eight mask) {
  std::uint64_t word;
  std::memcpy(&word, &mask, sizeof word);
  return word != 0;
}

bool any(Sixteen mask) {
  std::array<std::uint64_t, 2> words;
  std::memcpy(words.data(), &mask, sizeof words);
  return (words[0] | words[1]) != 0;
}

template <class Block>
Block within(Block block, std::uint8_t first, std::uint8_t count) {
  return reinterpret_cast<Block>(static_cast<Block>(block - first) < count);
}

template <class Block>
Block equal(Block block, char character) {
  return reinterpret_cast<Block>(block == static_cast<std::uint8_t>(character));
}

/// What is wrong with each byte and its successor, and whether a separator was seen.
template <class Block>
struct Findings {
  Block bad{};
  Block separators{};
};

/// The whole grammar is a property of neighbours: a separator is not followed by another one (nor
/// by a digit), everything else is a word character. So blocks need no state from one to the next.
template <Grammar grammar, class Block>
[[gnu::always_inline]] inline void look(const char* at, Findings<Block>& findings) {
  const Block here = load<Block>(at);
  const Block digit = within(here, '0', 10);
  Block good = within<Block>(here | std::uint8_t{0x20}, 'a', 26) | digit | equal(here, '_');
  if constexpr (grammar.hyphen) good |= equal(here, '-');
  if constexpr (grammar.separator != 0) {
    const Block next = load<Block>(at + 1);
    const Block separator = equal(here, grammar.separator);
    Block stop = equal(next, grammar.separator);
    if constexpr (!grammar.digit_first) stop |= within(next, '0', 10);
    good = (good | separator) & ~(separator & stop);
    findings.separators |= separator;
  }
  findings.bad |= ~good;
}

struct Scan {
  bool good;
  bool separated;
};

/// Looks at all bytes but the last, at least sizeof(Block) of them; the last step overlaps.
template <Grammar grammar, class Block>
[[gnu::always_inline]] inline Scan scan_blocks(std::string_view text) {
  Findings<Block> findings;
  const std::size_t pairs = text.size() - 1;
  std::size_t at = 0;
  for (; at + sizeof(Block) <= pairs; at += sizeof(Block)) {
    look<grammar>(text.data() + at, findings);
  }
  if (at < pairs) look<grammar>(text.data() + pairs - sizeof(Block), findings);
  return {.good = !any(findings.bad), .separated = any(findings.separators)};
}

enum Class : std::uint8_t { letter = 1, digit = 2, hyphen = 4, dot = 8, slash = 16 };

constexpr std::array<std::uint8_t, 256> classes = [] {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = letter;
  for (std::size_t c = '0'; c <= '9'; ++c) table[c] = digit;
  table['_'] = letter;
  table['-'] = hyphen;
  table['.'] = dot;
  table['/'] = slash;
  return table;
}();

std::uint8_t class_of(char character) { return classes[static_cast<std::uint8_t>(character)]; }

template <Grammar grammar>
constexpr std::uint8_t first_classes =
    letter | (grammar.hyphen ? hyphen : 0) | (grammar.digit_first ? digit : 0);

template <Grammar grammar>
Scan scan_bytes(std::string_view text) {
  constexpr std::uint8_t separator =
      grammar.separator == '.' ? dot : (grammar.separator == '/' ? slash : 0);
  constexpr std::uint8_t later = first_classes<grammar> | digit | separator;
  std::uint8_t allowed = first_classes<grammar>;
  bool separated = false;
  for (const char character : text) {
    const std::uint8_t found = class_of(character);
    if ((found & allowed) == 0) return {.good = false, .separated = separated};
    const bool at_separator = (found & separator) != 0;
    separated |= at_separator;
    allowed = at_separator ? first_classes<grammar> : later;
  }
  return {.good = true, .separated = separated};
}

/// One or more elements, or two or more if `separated`.
template <Grammar grammar>
bool is_elements(std::string_view text, bool separated) {
  if (text.empty()) return false;
  constexpr std::uint8_t last_classes = first_classes<grammar> | digit;
  if ((class_of(text.front()) & first_classes<grammar>) == 0) return false;
  if ((class_of(text.back()) & last_classes) == 0) return false;
  const Scan scan = text.size() > sizeof(Sixteen) ? scan_blocks<grammar, Sixteen>(text)
                    : text.size() > sizeof(Eight) ? scan_blocks<grammar, Eight>(text)
                                                  : scan_bytes<grammar>(text);
  return scan.good && (scan.separated || !separated);
}

}  // namespace

bool is_interface_name(std::string_view text) {
  return text.size() <= name_bytes_max && is_elements<interface_grammar>(text, true);
}

bool is_error_name(std::string_view text) { return is_interface_name(text); }

bool is_member_name(std::string_view text) {
  return text.size() <= name_bytes_max && is_elements<member_grammar>(text, false);
}

bool is_well_known_name(std::string_view text) {
  return text.size() <= name_bytes_max && is_elements<well_known_grammar>(text, true);
}

bool is_unique_name(std::string_view text) {
  return text.size() <= name_bytes_max && text.starts_with(':') &&
         is_elements<unique_grammar>(text.substr(1), true);
}

bool is_bus_name(std::string_view text) {
  return text.starts_with(':') ? is_unique_name(text) : is_well_known_name(text);
}

bool is_object_path(std::string_view text) {
  if (!text.starts_with('/')) return false;
  return text.size() == 1 || is_elements<path_grammar>(text.substr(1), false);
}

bool is_name_namespace(std::string_view text) {
  return text.size() <= name_bytes_max && is_elements<well_known_grammar>(text, false);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 32) return false;
  bool good = true;
  for (const char character : text) {
    const bool decimal = class_of(character) == digit;
    const char folded = static_cast<char>(character | 0x20);
    good &= decimal || (folded >= 'a' && folded <= 'f');
  }
  return good;
}

bool is_name_within(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return false;
  return name.size() == prefix.size() || name[prefix.size()] == '.';
}

bool is_path_within(std::string_view path, std::string_view prefix) {
  if (prefix == "/") return path.starts_with('/');
  if (!path.starts_with(prefix)) return false;
  return path.size() == prefix.size() || path[prefix.size()] == '/';
}

}  // namespace headway::wire
