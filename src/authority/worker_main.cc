// SPDX-License-Identifier: MIT
// headway-rules-worker: started by the authority, which watches it. stdin is the socket that it
// speaks on, stdout memory of both.
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>

#include "authority/worker.h"

int main(int count, char** arguments) {
  using namespace headway;
  constexpr int decimal = 10;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (count != 2 || ::getppid() != std::strtol(arguments[1], nullptr, decimal)) return EXIT_FAILURE;
  void* const memory = ::mmap(nullptr, sizeof(authority::WorkerProgress), PROT_READ | PROT_WRITE,
                              MAP_SHARED, STDOUT_FILENO, 0);
  if (memory == MAP_FAILED) return EXIT_FAILURE;
  ::close(STDOUT_FILENO);
  authority::run_worker(Fd(STDIN_FILENO), *static_cast<authority::WorkerProgress*>(memory));
}
