// SPDX-License-Identifier: MIT
#include "authority/become.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace headway::authority {
namespace {

std::unexpected<std::string> failed(const char* call) {
  return std::unexpected(fmt::format("{}: {}", call, std::strerror(errno)));
}

}  // namespace

std::expected<void, std::string> become(const std::string& user) {
  if (!user.empty()) {
    errno = 0;
    const passwd* const account = ::getpwnam(user.c_str());
    if (account == nullptr) return std::unexpected(fmt::format("there is no user \"{}\"", user));
    const uid_t uid = account->pw_uid;
    const gid_t gid = account->pw_gid;
    if (uid != ::geteuid() || uid != ::getuid()) {
      if (::initgroups(user.c_str(), gid) < 0) return failed("initgroups");
      if (::setresgid(gid, gid, gid) < 0) return failed("setresgid");
      if (::setresuid(uid, uid, uid) < 0) return failed("setresuid");
    }
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return failed("PR_SET_NO_NEW_PRIVS");
  // Cookies are in this memory.
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) return failed("PR_SET_DUMPABLE");
  return {};
}

}  // namespace headway::authority
