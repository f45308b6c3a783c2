// SPDX-License-Identifier: MIT
#include "machined/shells.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "headway/caller.h"
#include "headway/proxy.h"

namespace headway::machined {
namespace {

constexpr std::chrono::seconds account_limit(20);
constexpr std::chrono::seconds session_limit(60);

/// "host-shell" on the host, "shell" elsewhere.
std::string action_for(const Place& where, std::string_view what) {
  return fmt::format("org.freedesktop.machine1.{}{}", where.is_host ? "host-" : "", what);
}

Question question(const caller& from, const Peer& peer, const Place& where, std::string_view what,
                  std::map<std::string, std::string> details) {
  const PeerProcess process = process_of(peer);
  if (!process.unit.empty()) details["caller-unit"] = process.unit;
  if (!process.executable.empty()) details["caller-executable"] = process.executable;
  details["machine"] = where.machine;
  return {.action = action_for(where, what),
          .details = std::move(details),
          .is_interactive = from.is_interactive()};
}

void check_still_there(const caller_gone& gone) {
  if (gone.is_gone()) throw error(error_name::canceled, "the caller has left the bus");
}

}  // namespace

task<Terminal> Shells::open_shell(caller from, Place where, ShellRequest request) {
  const caller_gone gone;
  if (auto fault = normalize(request)) throw error(error_name::invalid_args, *fault);
  const auto peer = co_await identify(bus_, std::string(from.sender()));
  Share share = share_of(peer);
  auto helper = co_await helpers_.start();
  auto proxy = helper.proxy<Helper1>("", helper_path);
  const auto found = co_await proxy->find_account(where.target, request.user).within(account_limit);
  std::optional<Account> account;
  if (found.is_there) account = found.account;
  // Also about users that are not there: whoever may not open shells shall not find out who is.
  auto asked = question(from, peer, where, "shell", details_of(request, account));
  co_await authority_.require(peer, std::move(asked), gone.token());
  check_still_there(gone);
  if (!account) {
    throw error(error_name::invalid_args,
                fmt::format("{} has no user \"{}\"", where.machine, request.user));
  }
  const Command command = command_of(request, *account);
  const SessionRequest session{.account = *account,
                               .program = command.program,
                               .arguments = command.arguments,
                               .environment = request.environment};
  auto terminal = co_await proxy->open_session(where.target, session).within(session_limit);
  keep(helper, std::move(share));
  co_return terminal;
}

task<Terminal> Shells::open_login(caller from, Place where) {
  const caller_gone gone;
  const auto peer = co_await identify(bus_, std::string(from.sender()));
  Share share = share_of(peer);
  auto asked = question(from, peer, where, "login", {{"verb", "login"}});
  co_await authority_.require(peer, std::move(asked), gone.token());
  check_still_there(gone);
  auto helper = co_await helpers_.start();
  auto proxy = helper.proxy<Helper1>("", helper_path);
  auto terminal = co_await proxy->open_login(where.target).within(session_limit);
  keep(helper, std::move(share));
  co_return terminal;
}

task<Terminal> Shells::open_terminal(caller from, Place where) {
  const caller_gone gone;
  const auto peer = co_await identify(bus_, std::string(from.sender()));
  const Share share = share_of(peer);
  auto asked = question(from, peer, where, "open-pty", {});
  co_await authority_.require(peer, std::move(asked), gone.token());
  check_still_there(gone);
  auto helper = co_await helpers_.start();
  auto proxy = helper.proxy<Helper1>("", helper_path);
  auto terminal = co_await proxy->open_terminal(where.target).within(session_limit);
  co_return terminal;
}

Share Shells::share_of(const Peer& peer) const {
  return {counts_, peer.uid, open_per_user_max, "shells, open or asked for"};
}

void Shells::keep(const connection& helper, Share share) {
  const std::uint64_t id = ++last_id_;
  open_.emplace(
      id, Kept{.helper = helper,
               .share = std::move(share),
               .on_end = helper.on_disconnect([this, id](const error&) { open_.erase(id); })});
}

}  // namespace headway::machined
