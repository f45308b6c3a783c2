// SPDX-License-Identifier: MIT
#include "machined/container.h"

#include <fmt/format.h>
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "machined/files.h"
#include "machined/inspect.h"
#include "machined/process.h"

namespace headway::machined {
namespace {

struct Space {
  const char* file;
  int flag;
};
constexpr std::array<Space, 7> spaces = {{{"user", CLONE_NEWUSER},
                                          {"mnt", CLONE_NEWNS},
                                          {"pid", CLONE_NEWPID},
                                          {"ipc", CLONE_NEWIPC},
                                          {"uts", CLONE_NEWUTS},
                                          {"net", CLONE_NEWNET},
                                          {"cgroup", CLONE_NEWCGROUP}}};

ino_t space_of(const std::string& process, const char* which) {
  struct stat facts{};
  const std::string path = fmt::format("/proc/{}/ns/{}", process, which);
  if (::stat(path.c_str(), &facts) < 0) throw error_of_errno(errno, "cannot see " + path);
  return facts.st_ino;
}

/// Those in which the leader is and we are not: one's own cannot be entered.
int spaces_to_enter(const Target& machine) {
  int flags = 0;
  for (const Space& space : spaces) {
    const bool is_ours =
        space_of(std::to_string(machine.pid), space.file) == space_of("self", space.file);
    if (!is_ours) flags |= space.flag;
  }
  return flags;
}

/// What nobody in the machine may do, nobody who is brought there may: its root neither.
void keep_capabilities(std::uint64_t bounds) {
  for (unsigned long which = 0; ::prctl(PR_CAPBSET_READ, which, 0, 0, 0) >= 0; ++which) {
    if (which < 64 && (bounds >> which & 1) != 0) continue;
    if (::prctl(PR_CAPBSET_DROP, which, 0, 0, 0) < 0) {
      throw error_of_errno(errno, "cannot give up a capability that the machine has not");
    }
  }
}

std::string user_file(const Target& machine, const char* path) {
  auto text = read_file_in(open_root(machine), path, user_file_bytes_max);
  if (text) return std::move(*text);
  if (text.error().number == ENOENT) return {};
  throw error_of_errno(text.error().number, fmt::format("cannot read the machine's {}: {}", path,
                                                        io::describe(text.error())));
}

}  // namespace

std::optional<Account> find_container_account(const Target& machine, const std::string& user) {
  return find_in_passwd(user_file(machine, "/etc/passwd"), user);
}

std::uint32_t enter_container(const Target& machine, const Account& account) {
  const Groups groups = groups_in(user_file(machine, "/etc/group"), account);
  const int flags = spaces_to_enter(machine);
  const auto bounds = capability_bounds_of(static_cast<pid_t>(machine.pid));
  if (!bounds) throw error(error_name::failed, "cannot see what the machine's leader may do");
  // Opened before, and used after: name spaces decide what a path means.
  const unique_fd root = open_root(machine);
  if (flags != 0 && ::setns(machine.pidfd.get(), flags) < 0) {
    throw error_of_errno(errno, "cannot enter the machine's name spaces");
  }
  if (::fchdir(root.get()) < 0 || ::chroot(".") < 0) {
    throw error_of_errno(errno, "cannot enter the machine's root directory");
  }
  keep_capabilities(*bounds);
  if (::setgroups(groups.ids.size(), groups.ids.data()) < 0 || ::setresgid(0, 0, 0) < 0 ||
      ::setresuid(0, 0, 0) < 0) {
    throw error_of_errno(errno, "cannot become the machine's root");
  }
  return groups.tty;
}

}  // namespace headway::machined
