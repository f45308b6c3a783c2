// SPDX-License-Identifier: MIT
#include "daemon/sandbox.h"

#include <seccomp.h>

#include <initializer_list>

#include "sandbox/confine.h"

namespace headway::daemon {
namespace {

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

}  // namespace

std::vector<std::string> lock_up(const FileRights& rights) {
  return sandbox::confine(
      {.process = "The broker process", .calls = served_calls, .files = rights});
}

}  // namespace headway::daemon
