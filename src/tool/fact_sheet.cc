// SPDX-License-Identifier: MIT
#include "tool/fact_sheet.h"

#include <algorithm>
#include <cstdio>

#include "tool/program.h"

namespace headway::tool {

void FactSheet::add(std::string_view key, std::string_view value) {
  if (value.empty()) return;
  put_key(key);
  json_.string(value);
  table_.add({{std::string(key), Style::faint}, {std::string(value)}});
}

void FactSheet::add(std::string_view key, std::uint64_t value) {
  add(key, value, std::to_string(value));
}

void FactSheet::add(std::string_view key, std::uint64_t value, std::string_view for_people) {
  put_key(key);
  json_.number(value);
  table_.add({{std::string(key), Style::faint}, {std::string(for_people)}});
}

void FactSheet::add(std::string_view key, const std::vector<std::string>& values) {
  if (values.empty()) return;
  put_key(key);
  json_.open_array();
  for (const std::string& value : values) {
    json_.string(value);
    const bool is_first = &value == &values.front();
    table_.add({{is_first ? std::string(key) : std::string(), Style::faint}, {value}});
  }
  json_.close_array();
}

void FactSheet::print() {
  if (output_.is_json()) {
    output_.line(json_.close_object());
  } else {
    tool::print(stdout, table_.text(output_));
  }
}

void FactSheet::put_key(std::string_view key) {
  std::string name(key);
  std::ranges::replace(name, ' ', '_');
  json_.key(name);
}

}  // namespace headway::tool
