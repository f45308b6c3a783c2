// SPDX-License-Identifier: MIT
#include "daemon/sandbox.h"

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

#if defined(__SANITIZE_ADDRESS__)
#define HEADWAY_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEADWAY_SANITIZED 1
#endif
#endif

namespace headway::daemon {
namespace {

#ifdef HEADWAY_SANITIZED
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

using Problem = std::optional<std::string>;

Problem failed(const char* what, int error) {
  return fmt::format("The broker process runs without {}: {}", what, std::strerror(error));
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
#define SYS_landlock_restrict_self 446
#endif

struct LandlockRuleset {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;  // since version 4
  std::uint64_t scoped;              // since version 6
};
constexpr unsigned landlock_version_flag = 1;

/// Handles every right this version of Landlock has, and grants none.
LandlockRuleset everything(long version) {
  LandlockRuleset ruleset{};
  const int file_rights = version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13;
  ruleset.handled_access_fs = (std::uint64_t{1} << file_rights) - 1;
  if (version >= 4) ruleset.handled_access_net = 3;  // bind, connect
  if (version >= 6) ruleset.scoped = 3;              // abstract sockets, signals
  return ruleset;
}

Problem forbid_files() {
  constexpr const char* what = "Landlock";
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, landlock_version_flag);
  if (version < 0) return failed(what, errno);
  const LandlockRuleset ruleset = everything(version);
  const std::size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  const long fd = ::syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
  if (fd < 0) return failed(what, errno);
  const long result = ::syscall(SYS_landlock_restrict_self, fd, 0);
  const int error = errno;
  ::close(static_cast<int>(fd));
  if (result < 0) return failed(what, error);
  return std::nullopt;
}

/// What serving takes. Allowed by number alone: the kernel then decides from a bitmap.
constexpr std::initializer_list<int> served_calls = {
    // each turn
    SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl), SCMP_SYS(timerfd_settime),
    SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(close),
    // connections
    SCMP_SYS(accept4), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(fcntl),
    // memory
    SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    SCMP_SYS(mprotect), SCMP_SYS(futex),
    // time without a vDSO
    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(restart_syscall),
    // the end, and its reasons on stderr
    SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(exit),
    SCMP_SYS(exit_group), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill), SCMP_SYS(getrandom)};

/// Nobody here calls these: whoever does has taken over.
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

Problem filter_calls() {
  constexpr const char* what = "a seccomp filter";
  // The runtime of a sanitizer reads files and, looking for leaks, traces the process.
  const std::uint32_t otherwise = is_sanitized ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM);
  const std::unique_ptr<void, Release> filter(::seccomp_init(otherwise));
  if (!filter) return failed(what, ENOMEM);
  if constexpr (!is_sanitized) {
    for (const int call : served_calls) {
      const int result = ::seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0);
      if (result < 0) return failed(what, -result);
    }
  }
  for (const int call : hostile_calls) {
    if (is_sanitized && call == SCMP_SYS(ptrace)) continue;
    const int result = ::seccomp_rule_add(filter.get(), SCMP_ACT_KILL_PROCESS, call, 0);
    if (result < 0) return failed(what, -result);
  }
  ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  const int result = ::seccomp_load(filter.get());
  if (result < 0) return failed(what, -result);
  return std::nullopt;
}

}  // namespace

std::vector<std::string> lock_up() {
  std::vector<std::string> problems;
  const auto note = [&](Problem problem) {
    if (problem) problems.push_back(std::move(*problem));
  };
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) note(failed("no_new_privs", errno));
  note(drop_capabilities());
  if constexpr (is_sanitized) {
    problems.emplace_back("The broker process is less locked up: it was built with sanitizers");
  } else {
    note(forbid_files());
  }
  note(filter_calls());
  return problems;
}

}  // namespace headway::daemon
