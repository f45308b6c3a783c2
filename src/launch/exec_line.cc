// SPDX-License-Identifier: MIT
#include "launch/exec_line.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/result.h"

namespace headway::launch {
namespace {

std::unexpected<std::string> wrong(const char* text) { return std::unexpected<std::string>(text); }

bool is_separator(char c) { return c == ' ' || c == '\t' || c == '\n'; }

class Splitter {
 public:
  explicit Splitter(std::string_view line) : line_(line) {}

  std::expected<std::vector<std::string>, std::string> split() && {
    while (at_ < line_.size()) {
      const char c = line_[at_++];
      if (is_separator(c)) {
        end_word();
      } else if (c == '#' && !word_) {
        at_ = std::min(line_.find('\n', at_), line_.size());
      } else {
        TRY_VOID(part_of_word(c));
      }
    }
    end_word();
    if (words_.empty()) return wrong("Command line is empty");
    return std::move(words_);
  }

 private:
  std::expected<void, std::string> part_of_word(char c) {
    switch (c) {
      case '\'':
        return single_quoted();
      case '"':
        return double_quoted();
      case '\\': {
        if (at_ == line_.size()) return wrong("Command line ends in a backslash");
        const char quoted = line_[at_++];
        if (quoted != '\n') add(quoted);
        return {};
      }
      default:
        add(c);
        return {};
    }
  }

  std::expected<void, std::string> single_quoted() {
    const auto end = line_.find('\'', at_);
    if (end == line_.npos) return wrong("Unclosed quotes in command line");
    add(line_.substr(at_, end - at_));
    at_ = end + 1;
    return {};
  }

  std::expected<void, std::string> double_quoted() {
    add("");
    while (at_ < line_.size()) {
      const char c = line_[at_++];
      if (c == '"') return {};
      constexpr std::string_view quotable = "$`\"\\\n";
      if (c != '\\' || at_ == line_.size() || !quotable.contains(line_[at_])) {
        add(c);
      } else if (const char quoted = line_[at_++]; quoted != '\n') {
        add(quoted);
      }
    }
    return wrong("Unclosed quotes in command line");
  }

  void add(char c) { add(std::string_view(&c, 1)); }
  void add(std::string_view text) {
    if (!word_) word_.emplace();
    *word_ += text;
  }
  void end_word() {
    if (word_) words_.push_back(*std::exchange(word_, std::nullopt));
  }

  std::string_view line_;
  std::size_t at_ = 0;
  std::optional<std::string> word_;  // begun; may be empty, as '' is
  std::vector<std::string> words_;
};

}  // namespace

std::expected<std::vector<std::string>, std::string> split_exec_line(std::string_view line) {
  if (line.contains('\0')) return wrong("Command line contains a zero byte");
  return Splitter(line).split();
}

}  // namespace headway::launch
