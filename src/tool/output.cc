// SPDX-License-Identifier: MIT
#include "tool/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace headway::tool {
namespace {

bool is_at_terminal() {
  const char* const terminal = std::getenv("TERM");
  const bool is_dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return !is_dumb && ::isatty(STDOUT_FILENO) != 0;
}

bool wants_colors(const Invocation& how) {
  const char* const refusal = std::getenv("NO_COLOR");
  return !how.has("--no-color") && (refusal == nullptr || *refusal == '\0');
}

std::string_view code_of(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::strong:
      return "1";
    case Style::faint:
      return "2";
    case Style::name:
      return "36";
    case Style::type:
      return "33";
    case Style::text:
      return "32";
    case Style::good:
      return "32";
    case Style::bad:
      return "31";
  }
  return "";
}

void append_legible(std::string& out, char letter) {
  const auto code = static_cast<unsigned char>(letter);
  if (code < 0x20 || code == 0x7f) {
    out += fmt::format("\\x{:02x}", code);
  } else {
    out += letter;
  }
}

}  // namespace

Output::Output(const Invocation& how)
    : is_json_(how.has("--json")),
      has_colors_(!is_json_ && wants_colors(how) && is_at_terminal()),
      is_screen_(!is_json_ && is_at_terminal()),
      is_verbose_(how.has("--verbose")) {}

std::string Output::paint(Style style, std::string_view text) const {
  if (!has_colors_ || style == Style::plain || text.empty()) return std::string(text);
  return fmt::format("\033[{}m{}\033[0m", code_of(style), text);
}

void Output::line(std::string_view text) const {
  print(stdout, text);
  print(stdout, "\n");
  std::fflush(stdout);
}

void Output::note(std::string_view text) const {
  if (is_verbose_) print(stderr, fmt::format("headway: {}\n", text));
}

std::string visible(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char letter : text) {
    if (letter == '\n') {
      out += "\\n";
    } else if (letter == '\t') {
      out += "\\t";
    } else {
      append_legible(out, letter);
    }
  }
  return out;
}

std::string legible(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char letter : text) {
    if (letter == '\n' || letter == '\t') {
      out += letter;
    } else {
      append_legible(out, letter);
    }
  }
  return out;
}

std::size_t width_of(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(
      utf8, [](char letter) { return (static_cast<unsigned char>(letter) & 0xc0) != 0x80; }));
}

std::string Table::text(const Output& output) const {
  std::vector<std::size_t> widths;
  std::vector<std::vector<std::string>> shown;
  for (const auto& row : rows_) {
    auto& texts = shown.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      texts.push_back(visible(row[i].text));
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], width_of(texts.back()));
    }
  }
  std::string out;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    std::string line;
    std::size_t gap = 0;
    for (std::size_t i = 0; i < rows_[r].size(); ++i) {
      const std::string& cell = shown[r][i];
      if (!cell.empty()) {
        line.append(gap, ' ');
        line += output.paint(rows_[r][i].style, cell);
        gap = 0;
      }
      gap += widths[i] - width_of(cell) + 2;
    }
    out += line + '\n';
  }
  return out;
}

}  // namespace headway::tool
