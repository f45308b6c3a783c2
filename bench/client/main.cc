// SPDX-License-Identifier: MIT
// bench-client: one end of method calls, in one of several libraries, and what it cost. library.py
// sets such ends beside each other; see README.md.
//
//     bench-client list
//     bench-client serve LIBRARY ADDRESS
//         says its unique name; on SIGUSR1 what it has cost so far; ends at SIGTERM
//     bench-client call LIBRARY SHAPE ADDRESS SERVICE CALLS
//         warms up, says so and reads a line; then makes the calls and says what they cost
//
// A cost is one line: user CPU and system CPU in microseconds, and allocations.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <new>
#include <string_view>
#include <utility>

#include "ends.h"

namespace {

volatile std::size_t allocations = 0;

[[maybe_unused]] void* counted(void* memory) {
  allocations = allocations + 1;
  return memory;
}

}  // namespace

#ifndef __SANITIZE_ADDRESS__  // which has its own
// Libraries of C allocate by malloc(), those of C++ through `new`, which ends here too: glibc lets
// a program put its own in front.
extern "C" {
void* __libc_malloc(std::size_t size);                     // NOLINT: glibc's names
void* __libc_calloc(std::size_t count, std::size_t size);  // NOLINT
void* __libc_realloc(void* memory, std::size_t size);      // NOLINT

[[gnu::noinline]] void* malloc(std::size_t size) noexcept { return counted(__libc_malloc(size)); }
[[gnu::noinline]] void* calloc(std::size_t count, std::size_t size) noexcept {
  return counted(__libc_calloc(count, size));
}
[[gnu::noinline]] void* realloc(void* memory, std::size_t size) noexcept {
  return counted(__libc_realloc(memory, size));
}
}
#endif

namespace bench {

std::vector<Library>& libraries() {
  static std::vector<Library> all;
  return all;
}

namespace {

constexpr unsigned warm_up_calls = 500;

long microseconds(const timeval& time) { return time.tv_sec * 1'000'000L + time.tv_usec; }

/// Also from a signal handler.
void say_cost() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  char line[96];
  const int size =
      std::snprintf(line, sizeof(line), "%ld %ld %zu\n", microseconds(usage.ru_utime),
                    microseconds(usage.ru_stime), static_cast<std::size_t>(allocations));
  static_cast<void>(!::write(STDOUT_FILENO, line, static_cast<std::size_t>(size)));
}

void say(const char* text) {
  std::fputs(text, stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

const Library& library_of(std::string_view name) {
  const auto found = std::ranges::find(libraries(), name, &Library::name);
  check(found != libraries().end(), "there is no such library: see `bench-client list`");
  return *found;
}

Shape shape_of(std::string_view name) {
  constexpr std::pair<std::string_view, Shape> shapes[] = {{"empty", Shape::empty},
                                                           {"text", Shape::text},
                                                           {"pair", Shape::pair},
                                                           {"dict", Shape::dict},
                                                           {"bytes", Shape::bytes}};
  for (const auto& [known, shape] : shapes) {
    if (known == name) return shape;
  }
  throw std::runtime_error("shapes are empty, text, pair, dict and bytes");
}

void list() {
  for (const Library& library : libraries()) {
    std::printf("%s%s%s\n", library.name.c_str(), library.connect ? " call" : "",
                library.serve ? " serve" : "");
  }
}

void serve(const Library& library, const std::string& address) {
  struct sigaction action{};
  action.sa_flags = SA_RESTART;
  action.sa_handler = [](int) { say_cost(); };
  check(::sigaction(SIGUSR1, &action, nullptr) == 0, "sigaction");
  action.sa_handler = [](int) { ::_exit(0); };
  check(::sigaction(SIGTERM, &action, nullptr) == 0, "sigaction");
  library.serve(address, say);
}

void call(const Library& library, Shape shape, const std::string& address,
          const std::string& service, unsigned calls) {
  const auto caller = library.connect(address, service, shape);
  caller->call(warm_up_calls);
  say("warm");
  for (char c = 0; ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n';) {
  }
  say_cost();
  caller->call(calls);
  say_cost();
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == "list") {
    list();
  } else if (words.size() == 3 && words[0] == "serve") {
    serve(library_of(words[1]), words[2]);
  } else if (words.size() == 6 && words[0] == "call") {
    call(library_of(words[1]), shape_of(words[2]), words[3], words[4],
         static_cast<unsigned>(std::stoul(words[5])));
  } else {
    std::fputs(
        "usage: bench-client list | serve LIBRARY ADDRESS |"
        " call LIBRARY SHAPE ADDRESS SERVICE CALLS\n",
        stderr);
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace bench

int main(int count, char** words) {
  try {
    return bench::run({words + 1, words + count});
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench-client: %s\n", e.what());
    return 1;
  }
}
