// SPDX-License-Identifier: MIT
#include "config/account.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <vector>

#include "wire/auth.h"

namespace headway::config {
namespace {

/// Calls a look-up of the getpwnam_r family with a buffer as large as it asks for.
template <typename Entry, typename LookUp>
bool look_up(Entry& entry, std::vector<char>& buffer, LookUp ask) {
  constexpr std::size_t buffer_bytes_max = 16 * 1024 * 1024;  // a group may have many members
  for (buffer.resize(4096); buffer.size() <= buffer_bytes_max; buffer.resize(buffer.size() * 2)) {
    Entry* found = nullptr;
    int error = EINTR;
    while (error == EINTR) error = ask(&entry, buffer.data(), buffer.size(), &found);
    if (error != ERANGE) return error == 0 && found != nullptr;
  }
  return false;
}

template <typename LookUp>
std::optional<Account> account(LookUp ask) {
  passwd entry{};
  std::vector<char> buffer;
  if (!look_up(entry, buffer, ask)) return std::nullopt;
  return Account{entry.pw_uid, entry.pw_gid, entry.pw_name, entry.pw_dir};
}

}  // namespace

std::optional<Account> find_account(const std::string& name) {
  return account([&](auto... result) { return ::getpwnam_r(name.c_str(), result...); });
}

std::optional<Account> find_account(std::uint32_t uid) {
  return account([&](auto... result) { return ::getpwuid_r(uid, result...); });
}

std::expected<Account, std::string> find_configured_account(const std::string& name_or_uid) {
  auto found = find_account(name_or_uid);
  if (!found) {
    if (const auto uid = wire::parse_uid(name_or_uid)) found = find_account(*uid);
  }
  if (!found) return std::unexpected(fmt::format("there is no user \"{}\"", name_or_uid));
  return *found;
}

std::optional<std::uint32_t> find_group(const std::string& name) {
  group entry{};
  std::vector<char> buffer;
  const bool found =
      look_up(entry, buffer, [&](auto... result) { return ::getgrnam_r(name.c_str(), result...); });
  if (!found) return std::nullopt;
  return entry.gr_gid;
}

}  // namespace headway::config
