// SPDX-License-Identifier: MIT
#include "authority/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ranges>
#include <utility>

namespace headway::authority {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

/// The files of /proc that we read are shorter.
std::optional<std::string> read_short(int file) {
  std::string text(8192, '\0');
  const ssize_t got = ::read(file, text.data(), text.size());
  if (got <= 0) return std::nullopt;
  text.resize(static_cast<std::size_t>(got));
  return text;
}

/// What the kernel says of a pidfd of ours: its pid, 0 if that cannot be seen from here, -1 if it
/// has ended; nothing if it is none.
std::optional<std::int64_t> pid_of_pidfd(int pidfd) {
  const Fd file(::open(fmt::format("/proc/self/fdinfo/{}", pidfd).c_str(), O_RDONLY | O_CLOEXEC));
  const auto text = file ? read_short(file.get()) : std::nullopt;
  if (!text) return std::nullopt;
  for (const auto line : std::views::split(*text, '\n')) {
    std::string_view words(line.begin(), line.end());
    if (!words.starts_with("Pid:\t")) continue;
    words.remove_prefix(5);
    if (words == "-1") return -1;
    if (const auto pid = number(words)) return static_cast<std::int64_t>(*pid);
  }
  return std::nullopt;
}

}  // namespace

std::expected<Process, std::string> Process::of_pid(std::uint32_t pid) {
  Process made;
  made.pid_ = pid;
  // The order binds them: as the directory answers after the pidfd was opened, the process lived
  // all the time, and nobody else had its number.
  made.directory_ = std::make_shared<const Fd>(
      ::open(fmt::format("/proc/{}", pid).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  made.pidfd_ = std::make_shared<const Fd>(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
  if (pid == 0 || !*made.directory_ || !*made.pidfd_ || !made.look()) {
    return std::unexpected(fmt::format("there is no process {}", pid));
  }
  return made;
}

std::expected<Process, std::string> Process::of_pidfd(Fd pidfd) {
  const auto pid = pidfd ? pid_of_pidfd(pidfd.get()) : std::nullopt;
  if (!pid) return std::unexpected("the descriptor of the process is no pidfd");
  if (*pid <= 0) return std::unexpected("the process of the pidfd has ended");
  Process made;
  made.pid_ = static_cast<std::uint32_t>(*pid);
  made.is_safe_ = true;
  made.pidfd_ = std::make_shared<const Fd>(std::move(pidfd));
  made.directory_ = std::make_shared<const Fd>(
      ::open(fmt::format("/proc/{}", *pid).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!*made.directory_ || !made.look()) {
    return std::unexpected(fmt::format("the process {} has ended", *pid));
  }
  return made;
}

bool Process::look() {
  const auto stat = read("stat");
  const auto status = read("status");
  if (!stat || !status || has_ended()) return false;
  const auto start = start_time_of_stat(*stat);
  const auto uid = field_of_status(*status, "Uid");
  if (!start || !uid || *uid >= 0xFFFFFFFF) return false;
  start_time_ = *start;
  uid_ = static_cast<std::uint32_t>(*uid);
  return true;
}

std::optional<std::string> Process::read(const char* file) const {
  const Fd open(::openat(directory_->get(), file, O_RDONLY | O_CLOEXEC));
  return open ? read_short(open.get()) : std::nullopt;
}

bool Process::has_ended() const {
  pollfd event{.fd = pidfd_->get(), .events = POLLIN, .revents = 0};
  return ::poll(&event, 1, 0) != 0;  // an error is as good
}

bool Process::is_unchanged() const {
  const auto status = read("status");
  return status && field_of_status(*status, "Uid") == uid_ && !has_ended();
}

std::optional<std::string> Process::system_unit() const {
  const auto text = read("cgroup");
  return text ? system_unit_of_cgroup(*text) : std::nullopt;
}

bool Process::has_no_new_privs() const {
  const auto status = read("status");
  return status && field_of_status(*status, "NoNewPrivs") == 1U;
}

std::optional<std::uint64_t> start_time_of_stat(std::string_view text) {
  const auto name_end = text.rfind(')');
  if (name_end == text.npos) return std::nullopt;
  text.remove_prefix(name_end + 1);
  constexpr int fields_between = 20;  // from behind the name, the 2nd, to the 22nd
  for (int i = 0; i < fields_between; ++i) {
    const auto space = text.find(' ');
    if (space == text.npos) return std::nullopt;
    text.remove_prefix(space + 1);
  }
  return number(text);
}

std::optional<std::uint64_t> field_of_status(std::string_view text, std::string_view name) {
  for (const auto line : std::views::split(text, '\n')) {
    std::string_view words(line.begin(), line.end());
    if (!words.starts_with(name)) continue;
    words.remove_prefix(name.size());
    if (!words.starts_with(":\t")) continue;
    return number(words.substr(2));
  }
  return std::nullopt;
}

std::optional<std::string> system_unit_of_cgroup(std::string_view text) {
  for (const auto line : std::views::split(text, '\n')) {
    std::string_view path(line.begin(), line.end());
    if (!path.starts_with("0::/")) continue;
    // Slices, then the unit. Below user.slice units are users' own, or sessions.
    path.remove_prefix(4);
    for (const auto part : std::views::split(path, '/')) {
      const std::string_view word(part.begin(), part.end());
      if (word == "user.slice") return std::nullopt;
      if (word.ends_with(".service") || word.ends_with(".scope")) return std::string(word);
      if (!word.ends_with(".slice")) return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace headway::authority
