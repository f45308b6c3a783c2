// SPDX-License-Identifier: MIT
#include "tool/process_facts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ranges>

#include "base/fd.h"

namespace headway::tool {
namespace {

/// What these files hold is short; whatever is beyond that is no use to us.
std::string read_short(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> text;
  const ssize_t got = file ? ::read(file.get(), text.data(), text.size()) : 0;
  return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
}

std::string read_link(const std::string& path) {
  std::array<char, 4096> text;
  const ssize_t got = ::readlink(path.c_str(), text.data(), text.size());
  return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
}

}  // namespace

ProcessFacts facts_of_process(pid_t pid) {
  const std::string place = fmt::format("/proc/{}/", pid);
  std::string name = read_short(place + "comm");
  if (name.ends_with('\n')) name.pop_back();
  // Words end in NUL.
  std::string command = read_short(place + "cmdline");
  while (command.ends_with('\0')) command.pop_back();
  std::ranges::replace(command, '\0', ' ');
  return {.name = std::move(name),
          .executable = read_link(place + "exe"),
          .unit = unit_of_cgroup(read_short(place + "cgroup")),
          .command = std::move(command)};
}

std::string unit_of_cgroup(std::string_view text) {
  // "0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.service": the innermost one.
  std::string found;
  for (const auto line : std::views::split(text, '\n')) {
    const std::string_view path(line.begin(), line.end());
    if (!path.starts_with("0::/") && path.find(":name=systemd:/") == std::string_view::npos) {
      continue;
    }
    for (const auto part : std::views::split(path, '/')) {
      const std::string_view word(part.begin(), part.end());
      if (word.ends_with(".service") || word.ends_with(".scope")) found = word;
    }
  }
  return found;
}

std::string user_name(uid_t uid) {
  std::array<char, 4096> memory;
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, memory.data(), memory.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return std::to_string(uid);
}

}  // namespace headway::tool
