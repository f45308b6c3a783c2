// SPDX-License-Identifier: MIT
#include "headway/testing/recording.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include "client/message_data.h"
#include "headway/error.h"
#include "testing/message_text.h"
#include "wire/hex.h"

namespace headway::testing {
namespace {

using std::chrono::nanoseconds;

constexpr std::string_view first_line = "headway recording 1";
constexpr std::int64_t second = std::nano::den;

[[noreturn]] void refuse(std::size_t line, std::string_view text) {
  throw error(error_name::invalid_args, fmt::format("line {} of the recording: {}", line, text));
}

std::string time_text(nanoseconds at) {
  return fmt::format("{}.{:09}", at.count() / second, at.count() % second);
}

/// "12.000000345", with nine digits behind the point.
std::optional<nanoseconds> time_of(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == text.npos || text.size() != point + 10) return std::nullopt;
  std::int64_t seconds = 0;
  std::int64_t rest = 0;
  const char* const end = text.data() + text.size();
  const auto whole = std::from_chars(text.data(), text.data() + point, seconds);
  const auto fraction = std::from_chars(text.data() + point + 1, end, rest);
  const bool is_number = whole.ec == std::errc() && whole.ptr == text.data() + point &&
                         fraction.ec == std::errc() && fraction.ptr == end;
  constexpr std::int64_t seconds_max = 1'000'000'000;
  if (!is_number || seconds < 0 || seconds > seconds_max || rest < 0) return std::nullopt;
  return nanoseconds(seconds * second + rest);
}

message message_of(std::string_view digits, std::size_t line) {
  const auto bytes = wire::from_hex(digits);
  if (!bytes) refuse(line, "not hex digits, two for each byte");
  auto parsed =
      message::parse({reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()});
  if (!parsed) refuse(line, parsed.error().text());
  return std::move(*parsed);
}

}  // namespace

void recording::add(const message& what, nanoseconds at) {
  entries_.push_back({.at = at, .what = without_fds(detail::message_data::of(what).view)});
}

std::string recording::to_text() const {
  std::string text = std::string(first_line) + "\n";
  for (const entry& one : entries_) {
    text += fmt::format("{} {}\n\t{}\n", time_text(one.at), describe(one.what),
                        wire::to_hex(Bytes(one.what.bytes())));
  }
  return text;
}

recording recording::parse(std::string_view text) {
  recording result;
  std::optional<nanoseconds> time;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (number == 1) {
      if (line != first_line) refuse(1, fmt::format("it does not begin with \"{}\"", first_line));
    } else if (line.starts_with('\t')) {
      if (!time) refuse(number, "a message without a line before it that says its time");
      result.entries_.push_back({.at = *time, .what = message_of(line.substr(1), number)});
      time.reset();
    } else if (!line.empty() && !line.starts_with('#')) {
      time = time_of(line.substr(0, line.find(' ')));
      if (!time) refuse(number, "it begins with no time, like 12.000000345");
    }
  }
  return result;
}

void recording::save(const std::string& path) const {
  std::ofstream file(path, std::ios::binary);
  file << to_text();
  file.close();
  if (!file) throw error(error_name::failed, path + ": " + std::strerror(errno));
}

recording recording::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw error(error_name::failed, path + ": " + std::strerror(errno));
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  try {
    return parse(text);
  } catch (const error& e) {
    throw error(e.name(), path + ": " + e.text());
  }
}

}  // namespace headway::testing
