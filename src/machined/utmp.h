// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <string>

namespace headway::machined {

/// A line in utmp, where the machine has that file, for as long as it lives: who is on a terminal.
class UtmpEntry {
 public:
  UtmpEntry(std::string tty, std::string user, pid_t leader);
  UtmpEntry(const UtmpEntry&) = delete;
  UtmpEntry& operator=(const UtmpEntry&) = delete;
  ~UtmpEntry();

 private:
  std::string line_;  // pts/3
  std::string user_;
  pid_t leader_;
};

}  // namespace headway::machined
