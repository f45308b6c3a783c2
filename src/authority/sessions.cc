// SPDX-License-Identifier: MIT
#include "authority/sessions.h"

#include <chrono>
#include <map>
#include <utility>

#include "headway/headway.h"

namespace headway::authority {
namespace {

using Properties = std::map<std::string, variant>;

template <class Role>
struct LoginManager {
  static constexpr std::string_view name = "org.freedesktop.login1.Manager";
  method<Role, object_path(std::uint32_t), "GetSessionByPID"> get_session_by_pid;
  method<Role, object_path(std::string)> get_session;
  method<Role, object_path(std::uint32_t)> get_user;
};
template <class Role>
struct AllProperties {
  static constexpr std::string_view name = "org.freedesktop.DBus.Properties";
  method<Role, Properties(std::string)> get_all;
};

constexpr const char* logind = "org.freedesktop.login1";
constexpr const char* manager = "/org/freedesktop/login1";
const std::string session_interface = "org.freedesktop.login1.Session";
const std::string user_interface = "org.freedesktop.login1.User";
constexpr auto patience = std::chrono::seconds(10);

/// Nothing if it is not there or of another type.
template <class T>
std::optional<T> value_of(const Properties& properties, const char* name) {
  const auto found = properties.find(name);
  if (found == properties.end() || !found->second.holds<T>()) return std::nullopt;
  return found->second.get<T>();
}

task<std::optional<Properties>> properties_of(const connection& bus, std::string path,
                                              std::string interface) {
  const auto object = bus.proxy<AllProperties>(logind, path);
  auto answer = co_await object->get_all(interface).within(patience).without_starting().as_result();
  if (!answer) co_return std::nullopt;
  co_return std::move(*answer);
}

}  // namespace

task<std::optional<Session>> LogindSessions::of_process(std::uint32_t pid) {
  const auto object = bus_.proxy<LoginManager>(logind, manager);
  auto path =
      co_await object->get_session_by_pid(pid).within(patience).without_starting().as_result();
  if (!path) co_return std::nullopt;
  auto found = co_await at(std::move(*path));
  co_return found;
}

task<std::optional<Session>> LogindSessions::named(std::string id) {
  const auto object = bus_.proxy<LoginManager>(logind, manager);
  auto path = co_await object->get_session(id).within(patience).without_starting().as_result();
  if (!path) co_return std::nullopt;
  auto found = co_await at(std::move(*path));
  if (found && found->id != id) found.reset();  // "self" and "auto" would be our own
  co_return found;
}

task<std::optional<Session>> LogindSessions::of_user(std::uint32_t uid) {
  const auto object = bus_.proxy<LoginManager>(logind, manager);
  auto path = co_await object->get_user(uid).within(patience).without_starting().as_result();
  if (!path) co_return std::nullopt;
  const std::string user_path = path->str();
  const auto user = co_await properties_of(bus_, user_path, user_interface);
  if (!user) co_return std::nullopt;
  const auto display = value_of<std::pair<std::string, object_path>>(*user, "Display");
  if (!display || display->first.empty()) co_return std::nullopt;
  object_path session_path = display->second;
  auto found = co_await at(std::move(session_path));
  co_return found;
}

task<std::optional<Session>> LogindSessions::at(object_path path) {
  const std::string session_path = path.str();
  const auto session = co_await properties_of(bus_, session_path, session_interface);
  if (!session) co_return std::nullopt;
  const auto id = value_of<std::string>(*session, "Id");
  const auto owner = value_of<std::pair<std::uint32_t, object_path>>(*session, "User");
  const auto seat = value_of<std::pair<std::string, object_path>>(*session, "Seat");
  if (!id || !owner) co_return std::nullopt;
  Session found{.id = *id,
                .uid = owner->first,
                .seat = seat ? seat->first : "",
                .is_active = value_of<bool>(*session, "Active").value_or(false)};
  const std::string user_path = owner->second.str();
  const auto user = co_await properties_of(bus_, user_path, user_interface);
  const auto state = user ? value_of<std::string>(*user, "State") : std::nullopt;
  if (state) found.is_active = *state == "active";
  co_return found;
}

}  // namespace headway::authority
