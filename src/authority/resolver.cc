// SPDX-License-Identifier: MIT
#include "authority/resolver.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "headway/headway.h"

namespace headway::authority {
namespace {

template <class Role>
struct Bus {
  static constexpr std::string_view name = "org.freedesktop.DBus";
  method<Role, std::map<std::string, variant>(std::string)> get_connection_credentials;
  method<Role, std::uint32_t(std::string)> get_connection_unix_user;
};

template <class T>
std::optional<T> value_of(const std::map<std::string, variant>& values, const char* name) {
  const auto found = values.find(name);
  if (found == values.end() || !found->second.holds<T>()) return std::nullopt;
  return found->second.get<T>();
}

}  // namespace

task<std::optional<std::uint32_t>> BusPeers::uid_of(std::string unique_name) {
  const auto driver = bus_.proxy<Bus>("org.freedesktop.DBus", "/org/freedesktop/DBus");
  const auto uid = co_await driver->get_connection_unix_user(unique_name).as_result();
  if (!uid || *uid == 0xFFFFFFFF) co_return std::nullopt;
  co_return *uid;
}

task<std::optional<Peer>> BusPeers::find(std::string unique_name) {
  const Gate::Place place = co_await gate_.enter();
  const auto driver = bus_.proxy<Bus>("org.freedesktop.DBus", "/org/freedesktop/DBus");
  const auto values = co_await driver->get_connection_credentials(unique_name).as_result();
  if (!values) co_return std::nullopt;
  const auto uid = value_of<std::uint32_t>(*values, "UnixUserID");
  if (!uid || *uid == 0xFFFFFFFF) co_return std::nullopt;
  Peer peer;
  peer.uid = *uid;
  peer.pid = value_of<std::uint32_t>(*values, "ProcessID").value_or(0);
  auto pidfd = value_of<unique_fd>(*values, "ProcessFD");
  if (pidfd) peer.pidfd = std::move(*pidfd);
  co_return std::optional<Peer>(std::move(peer));
}

task<std::expected<Who, std::string>> Resolver::resolve(Subject subject) {
  std::expected<Who, std::string> found;
  if (auto* const process = std::get_if<ProcessSubject>(&subject)) {
    found = find(std::move(*process));
  } else if (auto* const session = std::get_if<SessionSubject>(&subject)) {
    found = co_await find(std::move(*session));
  } else {
    found = co_await find(std::move(std::get<NameSubject>(subject)));
  }
  if (found && !found->session) co_await find_session(*found);
  co_return found;
}

std::expected<Who, std::string> Resolver::find(ProcessSubject subject) {
  auto process =
      subject.pidfd ? Process::of_pidfd(std::move(subject.pidfd)) : Process::of_pid(subject.pid);
  if (!process) return std::unexpected(std::move(process.error()));
  if (subject.start_time != 0 && subject.start_time != process->start_time()) {
    return std::unexpected(fmt::format(
        "the process {} that was meant has ended: another one has its number now", process->pid()));
  }
  Who who;
  who.uid = subject.uid.value_or(process->uid());
  who.is_uid_true = who.uid == process->uid();
  who.is_bound_to_process = true;
  who.text = fmt::format("process {}", process->pid());
  who.process = std::move(*process);
  return who;
}

task<std::expected<Who, std::string>> Resolver::find(SessionSubject subject) {
  auto session = co_await sessions_.named(subject.id);
  if (!session) {
    co_return std::unexpected(fmt::format("there is no session \"{}\"", subject.id));
  }
  Who who;
  who.uid = session->uid;
  who.text = fmt::format("session {}", subject.id);
  who.session = std::move(session);
  co_return std::expected<Who, std::string>(std::move(who));
}

task<std::expected<Who, std::string>> Resolver::find(NameSubject subject) {
  auto peer = co_await peers_.find(subject.name);
  if (!peer) {
    co_return std::unexpected(fmt::format(
        "nobody on the bus is called {} any more, or it cannot say who that is", subject.name));
  }
  Who who;
  who.uid = peer->uid;
  who.text = fmt::format("bus name {}", subject.name);
  auto process =
      peer->pidfd ? Process::of_pidfd(std::move(peer->pidfd)) : Process::of_pid(peer->pid);
  // A number alone may be another's by now; somebody else's process tells nothing about this one.
  if (process && (process->is_safe() || process->uid() == peer->uid)) {
    who.text += fmt::format(" (process {})", process->pid());
    who.process = std::move(*process);
  }
  co_return std::expected<Who, std::string>(std::move(who));
}

task<void> Resolver::find_session(Who& who) {
  if (who.process) who.session = co_await sessions_.of_process(who.process->pid());
  if (!who.session) who.session = co_await sessions_.of_user(who.uid);
}

}  // namespace headway::authority
