// SPDX-License-Identifier: MIT
#include "machined/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <memory>
#include <set>

#include "machined/files.h"

namespace headway::machined {
namespace {

constexpr std::size_t proc_file_bytes_max = std::size_t{64} << 10;
constexpr std::size_t ancestors_max = 4096;

template <class T>
std::optional<T> number_in(std::string_view text) {
  T value{};
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

/// The next word, and what follows it.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n"), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(" \t\n"));
  text.remove_prefix(word.size());
  return word;
}

/// What follows the name, which is in parentheses and may have any letters: state, parent ...
std::string_view behind_name(std::string_view stat) {
  const std::size_t end = stat.rfind(')');
  return end == std::string_view::npos ? std::string_view() : stat.substr(end + 1);
}

std::string proc(pid_t pid, std::string_view file) { return fmt::format("/proc/{}/{}", pid, file); }

std::string read_proc(pid_t pid, std::string_view file) {
  return read_file(proc(pid, file), proc_file_bytes_max).value_or(std::string());
}

std::optional<pid_t> parent_of(pid_t pid) {
  const std::string stat = read_proc(pid, "stat");
  std::string_view rest = behind_name(stat);
  take_word(rest);  // state
  return number_in<pid_t>(take_word(rest));
}

/// The identity of a namespace.
std::optional<ino_t> space_of(pid_t pid, std::string_view which) {
  struct stat facts{};
  if (::stat(proc(pid, which).c_str(), &facts) < 0) return std::nullopt;
  return facts.st_ino;
}

/// Of a process that has a PID namespace of its own.
std::optional<ino_t> own_pid_space(pid_t pid) {
  const auto space = space_of(pid, "ns/pid");
  return space == space_of(::getpid(), "ns/pid") ? std::nullopt : space;
}

bool is_unit(std::string_view name) {
  return name.ends_with(".service") || name.ends_with(".scope");
}

}  // namespace

std::optional<std::uint64_t> start_time_in(std::string_view stat) {
  constexpr int fields_before = 19;  // from the state to the one before
  std::string_view rest = behind_name(stat);
  for (int i = 0; i < fields_before; ++i) take_word(rest);
  return number_in<std::uint64_t>(take_word(rest));
}

std::string unit_in(std::string_view cgroup) {
  std::string_view path;
  while (!cgroup.empty()) {
    const std::string_view line = cgroup.substr(0, cgroup.find('\n'));
    cgroup.remove_prefix(std::min(line.size() + 1, cgroup.size()));
    const std::size_t systemd = line.find(":name=systemd:");
    if (line.starts_with("0::") && path.empty()) path = line.substr(3);
    if (systemd != std::string_view::npos) path = line.substr(line.find(':', systemd + 1) + 1);
  }
  while (!path.empty()) {
    path.remove_prefix(1);  // '/'
    const std::string_view part = path.substr(0, path.find('/'));
    if (is_unit(part)) return std::string(part);
    if (!part.ends_with(".slice")) return {};
    path.remove_prefix(part.size());
  }
  return {};
}

std::optional<std::uint32_t> uid_shift_in(std::string_view uid_map) {
  const auto inside = number_in<std::uint32_t>(take_word(uid_map));
  const auto outside = number_in<std::uint32_t>(take_word(uid_map));
  const auto count = number_in<std::uint32_t>(take_word(uid_map));
  if (inside != 0 || !count || !take_word(uid_map).empty()) return std::nullopt;
  return outside;
}

std::optional<std::uint64_t> capability_bounds_in(std::string_view status) {
  constexpr std::string_view label = "\nCapBnd:\t";
  const std::size_t at = status.find(label);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = status.substr(at + label.size());
  const std::string_view digits = rest.substr(0, rest.find('\n'));
  std::uint64_t bounds = 0;
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, bounds, 16);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return bounds;
}

std::optional<Process> open_process(pid_t pid) {
  if (pid <= 0) return std::nullopt;
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) return std::nullopt;
  const auto start_time = start_time_in(read_proc(pid, "stat"));
  // If it still lives, what was read in between was said of it and not of a successor.
  if (!start_time || has_ended(pidfd)) return std::nullopt;
  return Process{.id = {.pid = pid, .start_time = *start_time}, .pidfd = std::move(pidfd)};
}

bool has_ended(const Fd& pidfd) {
  pollfd asked{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
  return ::poll(&asked, 1, 0) != 0;
}

std::string unit_of(pid_t pid) { return unit_in(read_proc(pid, "cgroup")); }

std::string executable_of(pid_t pid) {
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink(proc(pid, "exe").c_str(), path.data(), path.size());
  return size <= 0 ? std::string() : std::string(path.data(), static_cast<std::size_t>(size));
}

std::optional<bool> has_own_network(pid_t pid) {
  const auto theirs = space_of(pid, "ns/net");
  const auto ours = space_of(::getpid(), "ns/net");
  if (!theirs || !ours) return std::nullopt;
  return *theirs != *ours;
}

std::optional<std::uint32_t> uid_shift_of(pid_t pid) {
  return uid_shift_in(read_proc(pid, "uid_map"));
}

std::optional<std::uint64_t> capability_bounds_of(pid_t pid) {
  return capability_bounds_in(read_proc(pid, "status"));
}

std::vector<pid_t> members_of(pid_t leader) {
  const auto space = own_pid_space(leader);
  std::multimap<pid_t, pid_t> children;
  std::set<pid_t> found{leader};
  const std::unique_ptr<DIR, int (*)(DIR*)> all(::opendir("/proc"), ::closedir);
  while (const dirent* const entry = all ? ::readdir(all.get()) : nullptr) {
    const auto pid = number_in<pid_t>(entry->d_name);
    if (!pid) continue;
    if (space && space_of(*pid, "ns/pid") == space) found.insert(*pid);
    if (const auto parent = parent_of(*pid)) children.emplace(*parent, *pid);
  }
  std::vector<pid_t> members(found.begin(), found.end());
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto [first, last] = children.equal_range(members[i]);
    for (auto child = first; child != last; ++child) {
      if (found.insert(child->second).second) members.push_back(child->second);
    }
  }
  return members;
}

std::optional<std::size_t> leader_of(pid_t pid, const std::vector<pid_t>& leaders) {
  const auto index_of = [&](pid_t one) -> std::optional<std::size_t> {
    const auto found = std::ranges::find(leaders, one);
    if (found == leaders.end()) return std::nullopt;
    return static_cast<std::size_t>(found - leaders.begin());
  };
  std::optional<pid_t> ancestor = pid;
  for (std::size_t i = 0; i < ancestors_max && ancestor.value_or(0) > 0; ++i) {
    if (const auto index = index_of(*ancestor)) return index;
    ancestor = parent_of(*ancestor);
  }
  const auto space = own_pid_space(pid);
  for (std::size_t i = 0; space && i < leaders.size(); ++i) {
    if (space_of(leaders[i], "ns/pid") == space) return i;
  }
  return std::nullopt;
}

}  // namespace headway::machined
