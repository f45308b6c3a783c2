// SPDX-License-Identifier: MIT
#include "base/fd.h"

#include <unistd.h>

namespace headway {

void unique_fd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace headway
