// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "headway/fd.h"

extern char** environ;

/// For tests: a headwayd of their own. It ends with the object.
class TestBus {
 public:
  /// Where the configuration says, or at `where`.
  explicit TestBus(const std::string& where = {}) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) throw std::runtime_error("pipe2");
    const headway::unique_fd out(ends[0]);
    headway::unique_fd in(ends[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in.get(), 3);
    const std::string config = std::string(HEADWAY_TEST_FILES) + "/bus.conf";
    const std::string option = "--config-file=" + config;
    const std::string address_option = "--address=" + where;
    const char* const arguments[] = {HEADWAYD,
                                     option.c_str(),
                                     "--nofork",
                                     "--print-address=3",
                                     where.empty() ? nullptr : address_option.c_str(),
                                     nullptr};
    const int failed = ::posix_spawn(&pid_, HEADWAYD, &actions, nullptr,
                                     const_cast<char* const*>(arguments), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) throw std::runtime_error("posix_spawn");
    in.reset();
    for (char c = 0; ::read(out.get(), &c, 1) == 1 && c != '\n';) address_ += c;
    if (address_.empty()) throw std::runtime_error("the bus did not start");
  }
  TestBus(const TestBus&) = delete;
  TestBus& operator=(const TestBus&) = delete;
  ~TestBus() { stop(); }

  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  pid_t pid_ = 0;
  std::string address_;
};

/// One that all tests of a program share.
inline const std::string& address() {
  static const TestBus bus;
  return bus.address();
}

/// The bus's entry for a transport: "unix:path=...,guid=...".
inline std::string entry(std::string_view transport) {
  const std::size_t at = address().find(transport);
  return address().substr(at, address().find(';', at) - at);
}

inline std::string socket_path() {
  const std::string unix = entry("unix:path=");
  return unix.substr(10, unix.find(',') - 10);
}
