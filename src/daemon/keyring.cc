// SPDX-License-Identifier: MIT
#include "daemon/keyring.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "daemon/process.h"
#include "io/random.h"
#include "wire/cookie.h"

namespace headway::daemon {
namespace {

constexpr int lock_attempts = 32;
constexpr auto lock_pause = std::chrono::milliseconds(250);
constexpr std::uint32_t id_mask = 0x7fffffff;

/// AUTH-040: a file that must not be there yet. One that stays for eight seconds is a dead
/// program's.
class Lock {
 public:
  explicit Lock(std::string path) : path_(std::move(path)) {
    for (int attempt = 0; attempt < lock_attempts; ++attempt) {
      if (take()) return;
      if (errno != EEXIST) return;
      std::this_thread::sleep_for(lock_pause);
    }
    ::unlink(path_.c_str());
    take();
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() {
    if (fd_) ::unlink(path_.c_str());
  }
  explicit operator bool() const { return static_cast<bool>(fd_); }

 private:
  bool take() {
    fd_.reset(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    return static_cast<bool>(fd_);
  }

  std::string path_;
  Fd fd_;
};

std::string read_file(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  std::string text(wire::keyring_bytes_max, '\0');
  std::size_t size = 0;
  while (file && size < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
    if (count <= 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  return text;
}

bool replace_file(const std::string& path, const std::string& text) {
  const std::string temporary = fmt::format("{}.{}", path, random_hex(8));
  Fd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return false;
  const bool written =
      ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (written && ::fsync(file.get()) == 0 && ::rename(temporary.c_str(), path.c_str()) == 0) {
    return true;
  }
  const int error = errno;
  ::unlink(temporary.c_str());
  errno = error;
  return false;
}

wire::KeyringTime now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

wire::KeyringCookie new_cookie(const std::vector<wire::KeyringCookie>& others) {
  wire::KeyringCookie cookie{.id = 0, .created = now(), .secret = {}};
  do {
    const std::string bytes = io::random_bytes(sizeof(cookie.id));
    std::memcpy(&cookie.id, bytes.data(), sizeof(cookie.id));
    cookie.id &= id_mask;
  } while (wire::find_cookie(others, cookie.id) != nullptr);
  cookie.secret = random_hex(wire::cookie_secret_bytes);
  return cookie;
}

wire::AuthCookie challenge(const wire::KeyringCookie& cookie) {
  return {.context = std::string(wire::cookie_context_default),
          .id = cookie.id,
          .secret = cookie.secret,
          .challenge = random_hex(wire::cookie_challenge_bytes)};
}

}  // namespace

Keyring::Keyring(std::string home, std::uint32_t uid)
    : directory_(std::move(home) + "/.dbus-keyrings"), uid_(uid) {}

bool Keyring::check_directory(std::string& problem) const {
  if (::mkdir(directory_.c_str(), 0700) < 0 && errno != EEXIST) {
    problem = fmt::format("cannot make {}: {}", directory_, std::strerror(errno));
    return false;
  }
  struct stat status{};
  if (::lstat(directory_.c_str(), &status) < 0 || !S_ISDIR(status.st_mode)) {
    problem = fmt::format("{} is no directory", directory_);
    return false;
  }
  if (status.st_uid != uid_ || (status.st_mode & 066) != 0) {
    problem = fmt::format("{} is not the bus's own, or others may read or write it", directory_);
    return false;
  }
  return true;
}

std::optional<wire::AuthCookie> Keyring::cookie(std::string& problem) {
  if (!check_directory(problem)) return std::nullopt;
  const std::string path = fmt::format("{}/{}", directory_, wire::cookie_context_default);
  // Replaced as a whole by whoever writes it, so reading needs no lock.
  std::vector<wire::KeyringCookie> cookies = wire::parse_keyring(read_file(path));
  wire::purge_keyring(cookies, now());
  if (const auto* fresh = wire::find_fresh_cookie(cookies, now())) return challenge(*fresh);

  const Lock lock(path + ".lock");
  if (!lock) {
    problem = fmt::format("cannot lock {}: {}", path, std::strerror(errno));
    return std::nullopt;
  }
  cookies = wire::parse_keyring(read_file(path));
  wire::purge_keyring(cookies, now());
  if (const auto* fresh = wire::find_fresh_cookie(cookies, now())) return challenge(*fresh);
  cookies.push_back(new_cookie(cookies));
  if (!replace_file(path, wire::print_keyring(cookies))) {
    problem = fmt::format("cannot write {}: {}", path, std::strerror(errno));
    return std::nullopt;
  }
  return challenge(cookies.back());
}

}  // namespace headway::daemon
