// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tool/invocation.h"
#include "tool/json.h"

namespace headway::tool {

enum class Style : std::uint8_t { plain, strong, faint, name, type, text, good, bad };

/// What a verb prints, and how: text for people, with colours if they are at a terminal and do not
/// mind, or one JSON document a line.
class Output {
 public:
  explicit Output(const Invocation& how);
  Output(bool is_json, bool has_colors) : is_json_(is_json), has_colors_(has_colors) {}

  [[nodiscard]] bool is_json() const { return is_json_; }
  [[nodiscard]] bool has_colors() const { return has_colors_; }
  /// Whether stdout is a terminal whose cursor can be moved.
  [[nodiscard]] bool is_screen() const { return is_screen_; }
  [[nodiscard]] std::string paint(Style style, std::string_view text) const;

  /// On stdout, with a newline. Whoever reads it sees it at once.
  void line(std::string_view text) const;
  void line(const JsonText& document) const { line(document.text()); }
  /// On stderr, if --verbose was given.
  void note(std::string_view text) const;

 private:
  bool is_json_ = false;
  bool has_colors_ = false;
  bool is_screen_ = false;
  bool is_verbose_ = false;
};

/// Text in columns, aligned, two spaces between them. What nobody could see goes out escaped.
class Table {
 public:
  struct Cell {
    std::string text;
    Style style = Style::plain;
  };

  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] std::string text(const Output& output) const;

 private:
  std::vector<std::vector<Cell>> rows_;
};

/// With control characters escaped: what a peer says may not steer somebody's terminal.
[[nodiscard]] std::string visible(std::string_view text);
/// The same, but a text of several lines stays one.
[[nodiscard]] std::string legible(std::string_view text);
/// How many letters that is.
[[nodiscard]] std::size_t width_of(std::string_view utf8);

}  // namespace headway::tool
