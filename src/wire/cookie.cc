// SPDX-License-Identifier: MIT
#include "wire/cookie.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "base/bytes.h"
#include "wire/hex.h"
#include "wire/sha1.h"

namespace headway::wire {
namespace {

constexpr std::chrono::seconds fresh_for{300};
constexpr std::chrono::seconds kept_for{420};
constexpr std::chrono::seconds future_max{300};

/// Decimal digits and nothing else, up to `max`.
std::optional<std::int64_t> parse_decimal(std::string_view text, std::int64_t max) {
  if (text.empty() || text.front() == '-') return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> parse_id(std::string_view text) {
  const auto value = parse_decimal(text, std::numeric_limits<std::int32_t>::max());
  if (!value) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

/// Exactly three words separated by single spaces, or nothing.
std::optional<std::array<std::string_view, 3>> split_three(std::string_view text) {
  const std::size_t first = text.find(' ');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = text.find(' ', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::array words = {text.substr(0, first), text.substr(first + 1, second - first - 1),
                            text.substr(second + 1)};
  if (words[2].contains(' ')) return std::nullopt;
  return words;
}

std::optional<KeyringCookie> parse_line(std::string_view line) {
  const auto words = split_three(line);
  if (!words) return std::nullopt;
  const auto id = parse_id((*words)[0]);
  // Far enough from the end of time that ages can be computed.
  const auto created = parse_decimal((*words)[1], std::numeric_limits<std::int64_t>::max() / 4);
  if (!id || !created || !is_hex((*words)[2])) return std::nullopt;
  return KeyringCookie{.id = *id,
                       .created = KeyringTime(std::chrono::seconds(*created)),
                       .secret = std::string((*words)[2])};
}

std::string digest_of(std::string_view server_challenge, std::string_view client_challenge,
                      std::string_view secret) {
  return to_hex(
      sha1(as_bytes(fmt::format("{}:{}:{}", server_challenge, client_challenge, secret))));
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

bool is_cookie_context(std::string_view context) {
  if (context.empty()) return false;
  return std::ranges::all_of(context, [](char c) {
    const bool is_printable_ascii = c > ' ' && c < '\x7f';
    return is_printable_ascii && c != '/' && c != '\\' && c != '.';
  });
}

std::vector<KeyringCookie> parse_keyring(std::string_view file) {
  std::vector<KeyringCookie> cookies;
  file = file.substr(0, keyring_bytes_max);
  while (!file.empty()) {
    const std::size_t end = std::min(file.find('\n'), file.size());
    auto cookie = parse_line(file.substr(0, end));
    file.remove_prefix(std::min(end + 1, file.size()));
    if (cookie && find_cookie(cookies, cookie->id) == nullptr) {
      cookies.push_back(std::move(*cookie));
    }
  }
  return cookies;
}

std::string print_keyring(std::span<const KeyringCookie> cookies) {
  std::string file;
  for (const auto& cookie : cookies) {
    file += fmt::format("{} {} {}\n", cookie.id, cookie.created.time_since_epoch().count(),
                        cookie.secret);
  }
  return file;
}

bool purge_keyring(std::vector<KeyringCookie>& cookies, KeyringTime now) {
  const auto is_out_of_date = [now](const KeyringCookie& cookie) {
    return cookie.created < now - kept_for || cookie.created > now + future_max;
  };
  std::size_t removed = std::erase_if(cookies, is_out_of_date);
  while (cookies.size() > keyring_cookies_max) {
    cookies.erase(std::ranges::min_element(cookies, {}, &KeyringCookie::created));
    ++removed;
  }
  return removed > 0;
}

const KeyringCookie* find_fresh_cookie(std::span<const KeyringCookie> cookies, KeyringTime now) {
  const auto newest = std::ranges::max_element(cookies, {}, &KeyringCookie::created);
  if (newest == cookies.end() || newest->created <= now - fresh_for) return nullptr;
  return &*newest;
}

const KeyringCookie* find_cookie(std::span<const KeyringCookie> cookies, std::uint32_t id) {
  const auto found = std::ranges::find(cookies, id, &KeyringCookie::id);
  return found == cookies.end() ? nullptr : &*found;
}

std::string to_string(const CookieChallenge& challenge) {
  return fmt::format("{} {} {}", challenge.context, challenge.id, challenge.challenge);
}

std::optional<CookieChallenge> parse_cookie_challenge(std::string_view text) {
  const auto words = split_three(text);
  if (!words) return std::nullopt;
  const auto& [context, id_text, challenge] = *words;
  const auto id = parse_id(id_text);
  if (!id || !is_cookie_context(context) || challenge.empty()) return std::nullopt;
  return CookieChallenge{
      .context = std::string(context), .id = *id, .challenge = std::string(challenge)};
}

std::string cookie_response(std::string_view server_challenge, std::string_view client_challenge,
                            std::string_view secret) {
  return fmt::format("{} {}", client_challenge,
                     digest_of(server_challenge, client_challenge, secret));
}

bool is_cookie_response(std::string_view response, std::string_view server_challenge,
                        std::string_view secret) {
  const std::size_t space = response.find(' ');
  if (space == std::string_view::npos || space == 0) return false;
  const std::string_view digest = response.substr(space + 1);
  return equal_in_constant_time(digest,
                                digest_of(server_challenge, response.substr(0, space), secret));
}

}  // namespace headway::wire
