// SPDX-License-Identifier: MIT
#include "machined/pty.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "headway/error.h"

namespace headway::machined {

Pty open_pty() {
  Pty pty;
  pty.master.reset(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!pty.master) throw error_of_errno(errno, "cannot open a terminal: /dev/ptmx");
  int locked = 0;
  unsigned number = 0;
  if (::ioctl(pty.master.get(), TIOCSPTLCK, &locked) < 0 ||
      ::ioctl(pty.master.get(), TIOCGPTN, &number) < 0) {
    throw error_of_errno(errno, "/dev/ptmx gives no terminal");
  }
  pty.slave.reset(::ioctl(pty.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!pty.slave) throw error_of_errno(errno, "cannot open the other end of a terminal");
  pty.name = fmt::format("/dev/pts/{}", number);
  return pty;
}

void give_pty(const Pty& pty, std::uint32_t uid, std::uint32_t tty_group) {
  constexpr mode_t user_and_messages = S_IRUSR | S_IWUSR | S_IWGRP;
  if (::fchown(pty.slave.get(), uid, tty_group) < 0 ||
      ::fchmod(pty.slave.get(), user_and_messages) < 0) {
    throw error_of_errno(errno, "cannot give the terminal to the user");
  }
}

}  // namespace headway::machined
