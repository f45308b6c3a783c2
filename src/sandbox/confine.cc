// SPDX-License-Identifier: MIT
#include "sandbox/confine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"

#if defined(__SANITIZE_ADDRESS__)
#define HEADWAY_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEADWAY_SANITIZED 1
#endif
#endif

namespace headway::sandbox {
namespace {

#ifdef HEADWAY_SANITIZED
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

using Problem = std::optional<std::string>;

Problem failed(const char* what, int error) {
  return fmt::format("runs without {}: {}", what, std::strerror(error));
}

Problem drop_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const __user_cap_data_struct none[2] = {};
  if (::syscall(SYS_capset, &header, none) < 0) return failed("dropping capabilities", errno);
  return std::nullopt;
}

// Landlock, by number: the kernel's headers may be older than the kernel.
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

struct LandlockRuleset {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;  // since version 4
  std::uint64_t scoped;              // since version 6
};
constexpr unsigned landlock_version_flag = 1;
struct __attribute__((packed)) LandlockPath {
  std::uint64_t allowed_access;
  std::int32_t parent_fd;
};
constexpr int landlock_path_rule = 1;
constexpr std::uint64_t landlock_write_file = 1u << 1;
constexpr std::uint64_t landlock_read_file = 1u << 2;

/// Handles every right this version of Landlock has, and grants none.
LandlockRuleset everything(long version) {
  LandlockRuleset ruleset{};
  const int file_rights = version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13;
  ruleset.handled_access_fs = (std::uint64_t{1} << file_rights) - 1;
  if (version >= 4) ruleset.handled_access_net = 3;  // bind, connect
  if (version >= 6) ruleset.scoped = 3;              // abstract sockets, signals
  return ruleset;
}

Problem allow_path(long ruleset, const char* path, std::uint64_t access) {
  constexpr const char* what = "an exception from Landlock";
  const Fd fd(::open(path, O_PATH | O_CLOEXEC));
  if (!fd) return failed(what, errno);
  const LandlockPath rule{.allowed_access = access, .parent_fd = fd.get()};
  if (::syscall(SYS_landlock_add_rule, ruleset, landlock_path_rule, &rule, 0) < 0) {
    return failed(what, errno);
  }
  return std::nullopt;
}

/// Reading below the directory as a whole: files there may be replaced, and a rule is about a file,
/// not about its name. What is written to must stay the file that it is.
Problem allow_files(long ruleset, const FileRights& rights) {
  if (rights.directory == nullptr) return std::nullopt;
  if (auto problem = allow_path(ruleset, rights.directory, landlock_read_file)) return problem;
  for (const FileRights::File& file : rights.files) {
    if ((file.flags & O_ACCMODE) == O_RDONLY) continue;
    if (auto problem = allow_path(ruleset, file.path, landlock_read_file | landlock_write_file)) {
      return problem;
    }
  }
  return std::nullopt;
}

Problem forbid_files(const FileRights& rights) {
  constexpr const char* what = "Landlock";
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, landlock_version_flag);
  if (version < 0) return failed(what, errno);
  const LandlockRuleset ruleset = everything(version);
  const std::size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  const Fd fd(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &ruleset, size, 0)));
  if (!fd) return failed(what, errno);
  Problem problem = allow_files(fd.get(), rights);
  if (::syscall(SYS_landlock_restrict_self, fd.get(), 0) < 0) return failed(what, errno);
  return problem;
}

/// Nobody calls these: whoever does has taken over.
constexpr std::initializer_list<int> hostile_calls = {SCMP_SYS(execve),
                                                      SCMP_SYS(execveat),
                                                      SCMP_SYS(process_vm_readv),
                                                      SCMP_SYS(process_vm_writev),
                                                      SCMP_SYS(mount),
                                                      SCMP_SYS(umount2),
                                                      SCMP_SYS(pivot_root),
                                                      SCMP_SYS(chroot),
                                                      SCMP_SYS(setns),
                                                      SCMP_SYS(unshare),
                                                      SCMP_SYS(bpf),
                                                      SCMP_SYS(init_module),
                                                      SCMP_SYS(finit_module),
                                                      SCMP_SYS(kexec_load),
                                                      SCMP_SYS(open_by_handle_at),
                                                      SCMP_SYS(setuid),
                                                      SCMP_SYS(setresuid),
                                                      SCMP_SYS(setreuid),
                                                      SCMP_SYS(perf_event_open),
                                                      SCMP_SYS(userfaultfd),
                                                      SCMP_SYS(ptrace)};

struct Release {
  void operator()(void* filter) const { ::seccomp_release(filter); }
};

/// What asking a security module takes. A negative errno, or 0.
int allow_rights(void* filter, const FileRights& rights) {
  if (rights.reads) {
    for (const int call : {SCMP_SYS(pread64), SCMP_SYS(pwrite64)}) {
      const int result = ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
      if (result < 0) return result;
    }
  }
  for (const FileRights::File& file : rights.files) {
    const auto path = reinterpret_cast<std::uintptr_t>(file.path);
    const auto flags = static_cast<scmp_datum_t>(file.flags);
    const int result = ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 2,
                                          SCMP_A1(SCMP_CMP_EQ, path), SCMP_A2(SCMP_CMP_EQ, flags));
    if (result < 0) return result;
  }
  return 0;
}

Problem filter_calls(std::span<const int> calls, const FileRights& rights) {
  constexpr const char* what = "a seccomp filter";
  // The runtime of a sanitizer reads files and, looking for leaks, traces the process.
  const std::uint32_t otherwise = sanitized ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM);
  const std::unique_ptr<void, Release> filter(::seccomp_init(otherwise));
  if (!filter) return failed(what, ENOMEM);
  if (!sanitized) {
    for (const int call : calls) {
      const int result = ::seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0);
      if (result < 0) return failed(what, -result);
    }
    const int result = allow_rights(filter.get(), rights);
    if (result < 0) return failed(what, -result);
  }
  for (const int call : hostile_calls) {
    if (sanitized && call == SCMP_SYS(ptrace)) continue;
    const int result = ::seccomp_rule_add(filter.get(), SCMP_ACT_KILL_PROCESS, call, 0);
    if (result < 0) return failed(what, -result);
  }
  ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  const int result = ::seccomp_load(filter.get());
  if (result < 0) return failed(what, -result);
  return std::nullopt;
}

}  // namespace

bool is_sanitized() { return sanitized; }

std::vector<std::string> confine(const Confinement& to) {
  std::vector<std::string> problems;
  const auto note = [&](Problem problem) {
    if (problem) problems.push_back(fmt::format("{} {}", to.process, *problem));
  };
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) note(failed("no_new_privs", errno));
  note(drop_capabilities());
  if (sanitized) {
    note("is less locked up: it was built with sanitizers");
  } else {
    note(forbid_files(to.files));
  }
  note(filter_calls(to.calls, to.files));
  return problems;
}

}  // namespace headway::sandbox
