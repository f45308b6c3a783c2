// SPDX-License-Identifier: MIT
#include "machined/accounts.h"

#include <grp.h>
#include <pwd.h>

#include <charconv>

namespace headway::machined {
namespace {

// The passwd structs are the C library's own: a helper has one thread.
Account account_of(const passwd& entry) {
  return {.name = entry.pw_name,
          .uid = entry.pw_uid,
          .gid = entry.pw_gid,
          .home = entry.pw_dir,
          .shell = entry.pw_shell};
}

}  // namespace

std::optional<Account> find_host_account(const std::string& user) {
  if (const passwd* const named = ::getpwnam(user.c_str())) return account_of(*named);
  uid_t uid = 0;
  const char* const end = user.data() + user.size();
  const auto parsed = std::from_chars(user.data(), end, uid);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  if (const passwd* const numbered = ::getpwuid(uid)) return account_of(*numbered);
  return std::nullopt;
}

std::uint32_t host_tty_group() {
  const group* const entry = ::getgrnam("tty");
  return entry == nullptr ? 0 : entry->gr_gid;
}

}  // namespace headway::machined
