// SPDX-License-Identifier: MIT
#include "authority/worker_sandbox.h"

#include <seccomp.h>
#include <sys/resource.h>

#include <ctime>
#include <initializer_list>

#include "sandbox/confine.h"

namespace headway::authority {
namespace {

/// Four times what scripts may use: for the rest of the process, and while things are copied.
constexpr rlim_t address_bytes_max = rlim_t{256} << 20;

constexpr std::initializer_list<int> needed_calls = {
    SCMP_SYS(read), SCMP_SYS(write),
    // memory
    SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    SCMP_SYS(mprotect), SCMP_SYS(futex),
    // time without a vDSO
    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(restart_syscall),
    // the end
    SCMP_SYS(exit_group), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill)};

void limit(__rlimit_resource resource, rlim_t value) {
  const rlimit both{.rlim_cur = value, .rlim_max = value};
  ::setrlimit(resource, &both);  // if that fails, the authority still watches
}

}  // namespace

std::vector<std::string> confine_worker() {
  ::tzset();  // reads what local time is
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  if (!sandbox::is_sanitized()) limit(RLIMIT_AS, address_bytes_max);
  return sandbox::confine({.process = "The process that runs rules", .calls = needed_calls});
}

}  // namespace headway::authority
