// SPDX-License-Identifier: MIT
#include "io/before_exec.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace headway::io {

std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (const std::string& string : strings) result.push_back(const_cast<char*>(string.c_str()));
  result.push_back(nullptr);
  return result;
}

void give_up_protection() {
  const int file = ::open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
  char sign = 0;
  if (::pread(file, &sign, 1, 0) == 1 && sign == '-') {
    static_cast<void>(!::pwrite(file, "0", 1, 0));
  }
}

void default_signals() {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace headway::io
