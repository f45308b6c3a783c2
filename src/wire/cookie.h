// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The text side of DBUS_COOKIE_SHA1: keyring files and the challenge made from their cookies.
/// Pure: who reads the file checks its owner and mode, takes the lock and brings the randomness and
/// the time (AUTH-037, AUTH-040, AUTH-041).
namespace headway::wire {

inline constexpr std::string_view cookie_context_default = "org_freedesktop_general";
inline constexpr std::size_t cookie_challenge_bytes = 16;  // random bytes, AUTH-034
inline constexpr std::size_t cookie_secret_bytes = 24;     // random bytes, AUTH-038
inline constexpr std::size_t keyring_cookies_max = 256;    // AUTH-039
inline constexpr std::size_t keyring_bytes_max = 1 << 16;  // no honest file is longer

/// As keyring files count time; every program that uses the file must agree on it.
using KeyringTime = std::chrono::sys_seconds;

/// One line of a keyring file.
struct KeyringCookie {
  std::uint32_t id = 0;  // up to 2^31 - 1
  KeyringTime created;
  std::string secret;  // hex
  bool operator==(const KeyringCookie&) const = default;
};

/// True if a file may be named so (AUTH-036).
[[nodiscard]] bool is_cookie_context(std::string_view context);

/// The well-formed lines, in order, a repeated id only once; others are skipped (AUTH-038). Looks
/// at no more than the first keyring_bytes_max bytes.
[[nodiscard]] std::vector<KeyringCookie> parse_keyring(std::string_view file);
[[nodiscard]] std::string print_keyring(std::span<const KeyringCookie> cookies);

/// Removes what is too old, too far in the future, or too much: then the oldest go (AUTH-039).
/// True if anything was removed.
bool purge_keyring(std::vector<KeyringCookie>& cookies, KeyringTime now);

/// The newest cookie a server may still start an attempt with, or null: then a new one is to be
/// added to the file (AUTH-039).
[[nodiscard]] const KeyringCookie* find_fresh_cookie(std::span<const KeyringCookie> cookies,
                                                     KeyringTime now);
/// What a client looks up; null if it is not there.
[[nodiscard]] const KeyringCookie* find_cookie(std::span<const KeyringCookie> cookies,
                                               std::uint32_t id);

/// What the server's DATA carries (AUTH-034).
struct CookieChallenge {
  std::string context;
  std::uint32_t id = 0;
  std::string challenge;
  bool operator==(const CookieChallenge&) const = default;
};
[[nodiscard]] std::string to_string(const CookieChallenge& challenge);
/// Nothing unless it is exactly three words with a context that names a file safely.
[[nodiscard]] std::optional<CookieChallenge> parse_cookie_challenge(std::string_view text);

/// What the client's DATA carries: its own challenge and the digest of all three (AUTH-035).
[[nodiscard]] std::string cookie_response(std::string_view server_challenge,
                                          std::string_view client_challenge,
                                          std::string_view secret);
/// Whether a client's response shows that it knows the secret. Takes as long whatever the digest.
[[nodiscard]] bool is_cookie_response(std::string_view response, std::string_view server_challenge,
                                      std::string_view secret);

}  // namespace headway::wire
