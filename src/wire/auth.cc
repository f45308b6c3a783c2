// SPDX-License-Identifier: MIT
#include "wire/auth.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/assert.h"

namespace headway::wire {

std::string_view to_string(AuthMechanism mechanism) {
  switch (mechanism) {
    case AuthMechanism::external:
      return "EXTERNAL";
    case AuthMechanism::cookie_sha1:
      return "DBUS_COOKIE_SHA1";
    case AuthMechanism::anonymous:
      return "ANONYMOUS";
  }
  HEADWAY_ASSERT(false);
  return {};
}

std::optional<AuthMechanism> auth_mechanism(std::string_view name) {
  for (const auto mechanism :
       {AuthMechanism::external, AuthMechanism::cookie_sha1, AuthMechanism::anonymous}) {
    if (name == to_string(mechanism)) return mechanism;
  }
  return std::nullopt;
}

AuthWords split_auth_line(std::string_view line) {
  constexpr std::string_view blanks = " \t";
  const std::size_t first_end = std::min(line.find_first_of(blanks), line.size());
  const std::size_t rest_start = std::min(line.find_first_not_of(blanks, first_end), line.size());
  return {.first = line.substr(0, first_end), .rest = line.substr(rest_start)};
}

std::optional<std::uint32_t> parse_uid(std::string_view text) {
  std::uint32_t uid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (uid == std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return uid;
}

AuthLineReader::Result AuthLineReader::read(Bytes& input) {
  if (complete_) line_.clear();
  complete_ = false;

  while (!input.empty()) {
    const auto newline = std::ranges::find(input, '\n');
    const bool found = newline != input.end();
    const auto taken = static_cast<std::size_t>(newline - input.begin()) + (found ? 1 : 0);
    if (line_.size() + taken > auth_bytes_max) return Result::too_long;

    line_ += as_text(input.first(taken));
    input = input.subspan(taken);
    if (line_.ends_with("\r\n")) {
      line_.resize(line_.size() - 2);
      complete_ = true;
      return Result::line;
    }
  }
  return Result::incomplete;
}

}  // namespace headway::wire
