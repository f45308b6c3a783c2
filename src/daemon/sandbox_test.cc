// SPDX-License-Identifier: MIT
#include "daemon/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "base/fd.h"

namespace headway::daemon {
namespace {

/// How a child process ends that locks itself up and then does this.
template <class Deed>
int status_of(Deed deed, const FileRights& rights = {}) {
  const pid_t child = ::fork();
  if (child == 0) {
    static_cast<void>(lock_up(rights));
    ::_exit(deed() ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(Sandbox, MemoryAndSocketsThatAreThereCanStillBeUsed) {
  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  EXPECT_EQ(status_of([&] {
              std::vector<char> memory(64 << 20, 'x');
              return ::send(fds[0], memory.data(), 10, 0) == 10 &&
                     ::recv(fds[1], memory.data(), 10, 0) == 10;
            }),
            0);
  ::close(fds[0]);
  ::close(fds[1]);
}

TEST(Sandbox, ProgramsCannotBeStarted) {
  const int status = status_of([] {
    char* const arguments[] = {nullptr};
    ::execve("/bin/true", arguments, arguments);
    return true;
  });
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGSYS);
}

#if !defined(__SANITIZE_ADDRESS__)
TEST(Sandbox, FilesCannotBeOpened) {
  EXPECT_EQ(status_of([] { return ::open("/etc/passwd", O_RDONLY) < 0 && errno == EPERM; }), 0);
}

TEST(Sandbox, SocketsCannotBeMade) {
  EXPECT_EQ(status_of([] { return ::socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM; }), 0);
}

TEST(Sandbox, WhatASecurityModuleNeedsCanBeOpenedByTheAgreedPointerOnly) {
  static constexpr const char* passwd = "/etc/passwd";
  constexpr std::array<FileRights::File, 1> files{{{passwd, O_RDONLY | O_CLOEXEC}}};
  const FileRights rights{.reads = true, .directory = "/etc", .files = files};
  const std::string same_path = passwd;
  const auto is_refused = [](int fd) { return fd < 0 && errno == EPERM; };

  EXPECT_EQ(status_of(
                [&] {
                  const int fd = ::openat(AT_FDCWD, passwd, O_RDONLY | O_CLOEXEC);
                  char byte = 0;
                  return ::pread(fd, &byte, 1, 0) == 1;
                },
                rights),
            0);
  EXPECT_EQ(status_of(
                [&] {
                  return is_refused(::openat(AT_FDCWD, same_path.c_str(), O_RDONLY | O_CLOEXEC)) &&
                         is_refused(::openat(AT_FDCWD, passwd, O_RDWR | O_CLOEXEC)) &&
                         is_refused(::openat(AT_FDCWD, passwd, O_RDONLY));
                },
                rights),
            0);
}

TEST(Sandbox, AnAgreedPointerToAnotherPathOpensNothingElse) {
  constexpr int landlock_create_ruleset = 444;
  if (::syscall(landlock_create_ruleset, nullptr, 0, 1) < 0) GTEST_SKIP() << "no Landlock here";
  static char path[64] = "/etc/passwd";
  const std::array<FileRights::File, 1> files{{{path, O_RDONLY | O_CLOEXEC}}};
  const auto opens = [](const char* other) {
    std::strcpy(path, other);
    return ::openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC) >= 0;
  };
  const FileRights rights{.reads = true, .directory = "/etc", .files = files};
  EXPECT_EQ(status_of([&] { return opens("/etc/group"); }, rights), 0);  // is in the directory
  EXPECT_EQ(status_of([&] { return !opens("/proc/self/status") && errno == EACCES; }, rights), 0);
}

TEST(Sandbox, ReadingWhatIsOpenIsARightOfItsOwn) {
  const Fd fd(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
  const auto reads = [&] {
    char byte = 0;
    return ::pread(fd.get(), &byte, 1, 0) == 1;
  };
  EXPECT_NE(status_of(reads), 0);
  EXPECT_EQ(status_of(reads, {.reads = true}), 0);
}

TEST(Sandbox, AnAbortIsStillAnAbort) {
  const int status = status_of([] {
    ::abort();
    return false;
  });
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGABRT);
}
#endif

}  // namespace
}  // namespace headway::daemon
