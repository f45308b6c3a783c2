// SPDX-License-Identifier: MIT
#include "wire/signature.h"

#include <array>
#include <cstdint>

#include "wire/types.h"

namespace headway::wire {
namespace {

struct Type {
  std::uint8_t alignment = 1;
  std::uint8_t fixed_size = 0;
  bool basic = false;
  bool single = false;  // one character is the whole type: the basic ones and `v`
};

constexpr std::array<Type, 256> types = [] {
  std::array<Type, 256> table{};
  const auto fixed = [&table](std::string_view codes, std::uint8_t size) {
    for (const char code : codes) {
      table[static_cast<std::uint8_t>(code)] = {
          .alignment = size, .fixed_size = size, .basic = true, .single = true};
    }
  };
  fixed("y", 1);
  fixed("nq", 2);
  fixed("biuh", 4);
  fixed("xtd", 8);
  table['s'] = table['o'] = {.alignment = 4, .basic = true, .single = true};
  table['g'] = {.alignment = 1, .basic = true, .single = true};
  table['v'] = {.alignment = 1, .single = true};
  table['a'] = {.alignment = 4};
  table['('] = table['{'] = {.alignment = 8};
  return table;
}();

const Type& type_of(char code) { return types[static_cast<std::uint8_t>(code)]; }

/// Reads a signature from left to right and knows which containers are open.
class Checker {
 public:
  bool take(char code) {
    if (type_of(code).single) return may_start(code) && complete();
    switch (code) {
      case 'a':
        return may_start(code) && arrays_++ < signature_depth_max && open(code);
      case '(':
        return may_start(code) && structs_++ < signature_depth_max && open(code);
      case '{':
        return top().code == 'a' && open(code);
      case ')':
        return top().code == '(' && top().members > 0 && close_struct();
      case '}':
        return top().code == '{' && top().members == 2 && close();
      default:
        return false;
    }
  }

  [[nodiscard]] bool at_end() const { return depth_ == 0; }
  [[nodiscard]] std::size_t types() const { return open_[0].members; }

 private:
  struct Open {
    char code = 0;
    std::uint8_t members = 0;
  };

  Open& top() { return open_[depth_]; }

  /// WIRE-008: a key is basic, and there is nothing after the value.
  bool may_start(char code) {
    if (top().code != '{') return true;
    return top().members == 0 ? type_of(code).basic : top().members == 1;
  }

  bool open(char code) {
    open_[++depth_] = {.code = code};
    return true;
  }

  bool close_struct() {
    --structs_;
    return close();
  }

  bool close() {
    --depth_;
    return complete();
  }

  /// A complete type has ended, and with it every array whose element it was.
  bool complete() {
    while (top().code == 'a') {
      --arrays_;
      --depth_;
    }
    ++top().members;
    return true;
  }

  // Entry 0 is the signature itself. Dict entries cannot outnumber arrays.
  std::array<Open, 3 * signature_depth_max + 1> open_{};
  std::size_t depth_ = 0;
  int arrays_ = 0;
  int structs_ = 0;
};

/// Number of complete types, or -1 if `text` is not a signature. 255 bytes are at most 255 types.
int count_types(std::string_view text) {
  if (text.size() > signature_bytes_max) return -1;
  std::size_t flat = 0;
  while (flat < text.size() && type_of(text[flat]).single) ++flat;
  if (flat == text.size()) return static_cast<int>(flat);

  Checker checker;
  for (const char code : text.substr(flat)) {
    if (!checker.take(code)) return -1;
  }
  return checker.at_end() ? static_cast<int>(flat + checker.types()) : -1;
}

}  // namespace

bool is_signature(std::string_view text) { return count_types(text) >= 0; }

bool is_single_complete_type(std::string_view text) { return count_types(text) == 1; }

std::size_t complete_type_length(std::string_view valid_signature) {
  std::size_t at = 0;
  std::size_t open = 0;
  for (; at < valid_signature.size(); ++at) {
    const char code = valid_signature[at];
    if (code == 'a') continue;
    if (code == '(' || code == '{') ++open;
    if ((code == ')' || code == '}') && open > 0) --open;
    if (open == 0) return at + 1;
  }
  return at;
}

std::size_t alignment_of(char type) { return type_of(type).alignment; }

std::size_t fixed_size_of(char type) { return type_of(type).fixed_size; }

bool is_basic_type(char type) { return type_of(type).basic; }

}  // namespace headway::wire
