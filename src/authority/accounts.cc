// SPDX-License-Identifier: MIT
#include "authority/accounts.h"

#include <grp.h>
#include <netdb.h>
#include <pwd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

namespace headway::authority {
namespace {

constexpr std::uint32_t nobody = 0xFFFFFFFF;  // what (uid_t)-1 means everywhere

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

struct User {
  std::uint32_t uid;
  std::uint32_t gid;
  std::string name;
};

template <typename LookUp>
std::optional<User> user(LookUp ask) {
  passwd entry{};
  std::vector<char> buffer;
  if (!look_up(entry, buffer, ask) || entry.pw_uid == nobody) return std::nullopt;
  return User{.uid = entry.pw_uid, .gid = entry.pw_gid, .name = entry.pw_name};
}
std::optional<User> user(const std::string& name) {
  return user([&](auto... result) { return ::getpwnam_r(name.c_str(), result...); });
}
std::optional<User> user(std::uint32_t uid) {
  return user([&](auto... result) { return ::getpwuid_r(uid, result...); });
}

std::string name_of_group(std::uint32_t gid) {
  group entry{};
  std::vector<char> buffer;
  const bool found =
      look_up(entry, buffer, [&](auto... result) { return ::getgrgid_r(gid, result...); });
  return found ? entry.gr_name : std::to_string(gid);
}

void add(std::vector<std::uint32_t>& users, std::uint32_t uid) {
  if (std::ranges::find(users, uid) == users.end()) users.push_back(uid);
}

}  // namespace

std::optional<std::uint32_t> SystemAccounts::uid_of(const std::string& name) const {
  const auto found = user(name);
  if (!found) return std::nullopt;
  return found->uid;
}

std::string SystemAccounts::name_of(std::uint32_t uid) const {
  const auto found = user(uid);
  return found ? found->name : std::to_string(uid);
}

std::vector<std::string> SystemAccounts::groups_of(std::uint32_t uid) const {
  const auto who = user(uid);
  if (!who) return {};
  constexpr int groups_max = 65536;  // what the kernel takes
  std::vector<gid_t> gids(64);
  int count = static_cast<int>(gids.size());
  while (::getgrouplist(who->name.c_str(), who->gid, gids.data(), &count) < 0) {
    if (gids.size() >= groups_max) break;
    gids.resize(std::max<std::size_t>(static_cast<std::size_t>(count), gids.size() * 2));
    count = static_cast<int>(gids.size());
  }
  gids.resize(static_cast<std::size_t>(std::clamp(count, 0, static_cast<int>(gids.size()))));
  std::vector<std::string> names{name_of_group(who->gid)};
  for (const gid_t gid : gids) {
    std::string name = name_of_group(gid);
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::uint32_t> SystemAccounts::members_of(const std::string& which) const {
  group entry{};
  std::vector<char> buffer;
  bool found = look_up(entry, buffer,
                       [&](auto... result) { return ::getgrnam_r(which.c_str(), result...); });
  if (const auto gid = parse_id(which); !found && gid) {
    found = look_up(entry, buffer, [&](auto... result) { return ::getgrgid_r(*gid, result...); });
  }
  std::vector<std::uint32_t> users;
  if (!found) return users;
  for (char** member = entry.gr_mem; *member != nullptr; ++member) {
    if (const auto uid = uid_of(*member)) add(users, *uid);
  }
  return users;
}

std::vector<std::uint32_t> SystemAccounts::members_of_netgroup(const std::string& netgroup) const {
  std::vector<std::uint32_t> users;
  if (::setnetgrent(netgroup.c_str()) != 1) return users;
  char* host = nullptr;
  char* name = nullptr;
  char* domain = nullptr;
  std::vector<char> buffer(65536);
  while (::getnetgrent_r(&host, &name, &domain, buffer.data(), buffer.size()) == 1) {
    if (name == nullptr) continue;
    if (const auto uid = uid_of(name)) add(users, *uid);
  }
  ::endnetgrent();
  return users;
}

std::optional<std::uint32_t> parse_id(std::string_view text) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id == nobody) return std::nullopt;
  return id;
}

namespace {

std::optional<std::uint32_t> uid_named(std::string_view text, const Accounts& accounts) {
  if (const auto uid = parse_id(text)) return uid;
  return accounts.uid_of(std::string(text));
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

bool is_user(std::string_view identity, std::uint32_t uid, const Accounts& accounts) {
  return take_prefix(identity, "unix-user:") && uid_named(identity, accounts) == uid;
}

std::vector<std::uint32_t> users_of(const std::vector<std::string>& identities,
                                    const Accounts& accounts) {
  std::vector<std::uint32_t> users;
  for (std::string_view identity : identities) {
    if (take_prefix(identity, "unix-user:")) {
      if (const auto uid = uid_named(identity, accounts)) add(users, *uid);
      continue;
    }
    std::vector<std::uint32_t> members;
    if (take_prefix(identity, "unix-group:")) {
      members = accounts.members_of(std::string(identity));
    } else if (take_prefix(identity, "unix-netgroup:")) {
      members = accounts.members_of_netgroup(std::string(identity));
    }
    for (const std::uint32_t uid : members) {
      if (uid != 0) add(users, uid);
    }
  }
  if (users.empty()) users.push_back(0);
  return users;
}

}  // namespace headway::authority
