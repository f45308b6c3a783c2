// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tool/json.h"
#include "tool/output.h"

namespace headway::tool {

/// Facts about one thing: for people a column of names and one of values, for programs an object.
class FactSheet {
 public:
  explicit FactSheet(const Output& output) : output_(output) { json_.open_object(); }

  /// Facts without a value are left out. Keys are names for people, too, with spaces in them.
  void add(std::string_view key, std::string_view value);
  void add(std::string_view key, std::uint64_t value);
  /// One below the other.
  void add(std::string_view key, const std::vector<std::string>& values);
  /// The same with a text for people, who read it otherwise than programs.
  void add(std::string_view key, std::uint64_t value, std::string_view for_people);

  void print();

 private:
  void put_key(std::string_view key);

  const Output& output_;
  JsonText json_;
  Table table_;
};

}  // namespace headway::tool
