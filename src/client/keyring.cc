// SPDX-License-Identifier: MIT
#include "client/keyring.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include "base/fd.h"
#include "wire/cookie.h"
#include "wire/hex.h"

namespace headway::client {
namespace {

std::string home() {
  if (const char* const value = ::secure_getenv("HOME"); value != nullptr && *value != '\0') {
    return value;
  }
  const passwd* const user = ::getpwuid(::geteuid());
  return user != nullptr ? user->pw_dir : "/nonexistent";
}

bool is_private(const std::string& directory) {
  struct stat status{};
  return ::stat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         status.st_uid == ::geteuid() && (status.st_mode & 077) == 0;
}

std::string read_file(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  std::string text(wire::keyring_bytes_max, '\0');
  std::size_t have = 0;
  while (file && have < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + have, text.size() - have);
    if (count <= 0) break;
    have += static_cast<std::size_t>(count);
  }
  text.resize(have);
  return text;
}

}  // namespace

std::optional<wire::AuthClient::CookieAnswer> find_cookie(
    const wire::AuthClient::CookieRequest& request) {
  const std::string directory = home() + "/.dbus-keyrings";
  if (!is_private(directory)) return std::nullopt;
  const auto cookies = wire::parse_keyring(read_file(directory + "/" + request.context));
  const wire::KeyringCookie* const cookie = wire::find_cookie(cookies, request.id);
  std::array<std::uint8_t, wire::cookie_challenge_bytes> challenge;
  if (cookie == nullptr || ::getrandom(challenge.data(), challenge.size(), 0) !=
                               static_cast<ssize_t>(challenge.size())) {
    return std::nullopt;
  }
  return wire::AuthClient::CookieAnswer{.secret = cookie->secret,
                                        .challenge = wire::to_hex(challenge)};
}

}  // namespace headway::client
