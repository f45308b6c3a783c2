// SPDX-License-Identifier: MIT
#include "headway/match.h"

namespace headway {

/// In quotes; an apostrophe steps outside of them.
match& match::add(std::string_view key, std::string_view value) {
  if (!text_.empty()) text_ += ',';
  text_.append(key).append("='");
  for (const char c : value) {
    if (c == '\'') {
      text_ += R"('\'')";
    } else {
      text_ += c;
    }
  }
  text_ += '\'';
  return *this;
}

}  // namespace headway
