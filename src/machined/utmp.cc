// SPDX-License-Identifier: MIT
#include "machined/utmp.h"

#include <sys/time.h>
#include <utmpx.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace headway::machined {
namespace {

/// Cut where there is no room; what is there may have no NUL at its end.
template <std::size_t N>
void fill(char (&field)[N], std::string_view text) {
  text.substr(0, N).copy(field, N);
}

void write_entry(short kind, std::string_view line, std::string_view user, pid_t leader) {
  utmpx entry{};
  entry.ut_type = kind;
  entry.ut_pid = leader;
  fill(entry.ut_line, line);
  fill(entry.ut_id, line.substr(line.size() - std::min(line.size(), sizeof(entry.ut_id))));
  fill(entry.ut_user, user);
  timeval now{};
  ::gettimeofday(&now, nullptr);
  entry.ut_tv.tv_sec = static_cast<decltype(entry.ut_tv.tv_sec)>(now.tv_sec);
  entry.ut_tv.tv_usec = static_cast<decltype(entry.ut_tv.tv_usec)>(now.tv_usec);
  ::setutxent();
  ::pututxline(&entry);  // does nothing where there is no such file
  ::endutxent();
}

}  // namespace

UtmpEntry::UtmpEntry(std::string tty, std::string user, pid_t leader)
    : line_(std::move(tty)), user_(std::move(user)), leader_(leader) {
  constexpr std::string_view directory = "/dev/";
  if (line_.starts_with(directory)) line_.erase(0, directory.size());
  write_entry(USER_PROCESS, line_, user_, leader_);
}

UtmpEntry::~UtmpEntry() { write_entry(DEAD_PROCESS, line_, {}, leader_); }

}  // namespace headway::machined
