// SPDX-License-Identifier: MIT
#include "machined/user_database.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "base/utf8.h"

namespace headway::machined {
namespace {

/// Up to `end`; the rest stays behind it.
std::string_view cut(std::string_view& text, char end) {
  const std::string_view part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

/// The N fields of a line, parted by colons; none if there are more or fewer.
template <std::size_t N>
std::optional<std::array<std::string_view, N>> fields_of(std::string_view line) {
  std::array<std::string_view, N> fields;
  if (std::ranges::count(line, ':') != N - 1) return std::nullopt;
  for (std::string_view& field : fields) field = cut(line, ':');
  return fields;
}

/// The number of a user or group; the greatest means "none" to the kernel.
std::optional<std::uint32_t> id_in(std::string_view text) {
  std::uint32_t id = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, id);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  if (id == std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return id;
}

/// Nothing but a path is taken for one.
std::string path_or_none(std::string_view text) {
  return text.starts_with('/') ? std::string(text) : std::string();
}

std::optional<Account> account_in(std::string_view line) {
  const auto fields = fields_of<7>(line);
  if (!fields || as_utf8(line) != line) return std::nullopt;
  const auto& [name, password, uid_text, gid_text, about, home, shell] = *fields;
  const auto uid = id_in(uid_text);
  const auto gid = id_in(gid_text);
  if (name.empty() || name.size() > user_bytes_max || !uid || !gid) return std::nullopt;
  return Account{.name = std::string(name),
                 .uid = *uid,
                 .gid = *gid,
                 .home = path_or_none(home),
                 .shell = path_or_none(shell)};
}

bool has_member(std::string_view members, std::string_view name) {
  while (!members.empty()) {
    if (cut(members, ',') == name) return true;
  }
  return false;
}

}  // namespace

std::optional<Account> find_in_passwd(std::string_view passwd, std::string_view user) {
  const auto number = id_in(user);
  std::optional<Account> numbered;
  while (!passwd.empty()) {
    auto account = account_in(cut(passwd, '\n'));
    if (!account) continue;
    if (account->name == user) return account;
    if (!numbered && account->uid == number) numbered = std::move(account);
  }
  return numbered;
}

Groups groups_in(std::string_view group, const Account& account) {
  Groups groups;
  std::set<std::uint32_t> more;
  while (!group.empty()) {
    const auto fields = fields_of<4>(cut(group, '\n'));
    if (!fields) continue;
    const auto& [name, password, id_text, members] = *fields;
    const auto id = id_in(id_text);
    if (!id) continue;
    if (name == "tty") groups.tty = *id;
    if (more.size() < groups_max - 1 && has_member(members, account.name)) more.insert(*id);
  }
  more.erase(account.gid);
  groups.ids = {account.gid};
  groups.ids.insert(groups.ids.end(), more.begin(), more.end());
  return groups;
}

}  // namespace headway::machined
