// SPDX-License-Identifier: MIT
#include "tool/verb_bus.h"

#include <fmt/format.h>

#include <utility>

#include "base/result.h"
#include "tool/open_bus.h"
#include "wire/address.h"

namespace headway::tool {
namespace {

constexpr std::string_view bus_name = "org.freedesktop.DBus";

/// Through ssh, and there through systemd's bridge, which every machine with systemd has.
BusChoice remote_bus(std::string_view host, bool is_session) {
  std::string address =
      fmt::format("unixexec:path=ssh,argv1=-xT,argv2=--,argv3={},argv4=systemd-stdio-bridge",
                  wire::escape_address_value(host));
  if (is_session) address += ",argv5=--user";
  return {fmt::format("the {} bus of {}", is_session ? "session" : "system", host),
          std::move(address), false};
}

std::string_view remedy_for(const error& e) {
  if (e.is(error_name::service_unknown) || e.is(error_name::name_has_no_owner)) {
    return "; `headway ls` lists what there is";
  }
  if (e.is(error_name::unknown_object)) return "; `headway tree SERVICE` lists its objects";
  if (e.is(error_name::unknown_method) || e.is(error_name::unknown_interface) ||
      e.is(error_name::unknown_property)) {
    return "; `headway show SERVICE PATH` lists what the object has";
  }
  if (e.is(error_name::no_reply)) return "; --timeout sets how long to wait";
  return "";
}

int status_of(const error& e) {
  for (const std::string_view name :
       {error_name::service_unknown, error_name::name_has_no_owner, error_name::unknown_object,
        error_name::unknown_method, error_name::unknown_interface, error_name::unknown_property}) {
    if (e.is(name)) return exit_not_found;
  }
  if (e.is(error_name::no_reply)) return exit_timeout;
  for (const std::string_view name : {error_name::no_server, error_name::bad_address,
                                      error_name::auth_failed, error_name::disconnected}) {
    if (e.is(name)) return exit_unreachable;
  }
  return exit_refused;
}

}  // namespace

Failure failure_of(const error& e) {
  return {status_of(e), fmt::format("{}{}", e.what(), remedy_for(e))};
}

BusChoice BusChoice::session() {
  return {"the session bus", connection::address_of(headway::bus::session)};
}
BusChoice BusChoice::system() {
  return {"the system bus", connection::address_of(headway::bus::system)};
}

std::vector<BusChoice> choose_buses(const Invocation& how) {
  if (const auto host = how.value("--host")) return {remote_bus(*host, how.has("--session"))};
  if (const auto address = how.value("--address")) {
    return {{fmt::format("the bus at {}", *address), std::string(*address),
             address->starts_with("unix:")}};
  }
  if (how.has("--session")) return {BusChoice::session()};
  if (how.has("--system")) return {BusChoice::system()};
  std::vector<BusChoice> found;
  try {
    found.push_back(BusChoice::session());
  } catch (const error&) {
    // There is none: most of a machine's services have only the other bus.
  }
  found.push_back(BusChoice::system());
  return found;
}

Outcome<Bus> open(const BusChoice& which, const Invocation& how) {
  connection_options options;
  if (how.timeout()) options.login_limit = *how.timeout();
  const auto peer = open_bus(which.address, options);
  if (peer) return Bus{*peer, which, how.timeout()};
  return std::unexpected(Failure{
      exit_unreachable, fmt::format("cannot reach {}: {}", which.name, peer.error().text())});
}

Outcome<Bus> open(const Invocation& how) { return open(choose_buses(how).front(), how); }

Outcome<message> Bus::call(const message& what) const {
  auto call = peer.call(what);
  if (timeout) call = std::move(call).within(*timeout);
  auto reply = std::move(call).as_result().wait();
  if (!reply) return std::unexpected(failure_of(reply.error()));
  return std::move(*reply);
}

Outcome<void> Bus::listen(std::string_view rule) const {
  const auto done = peer.add_match(rule).as_result().wait();
  if (!done) return std::unexpected(failure_of(done.error()));
  return {};
}

std::vector<result<message>> Bus::call_all(const std::vector<message>& calls) const {
  std::vector<result<message>> replies(calls.size());
  event_loop loop;
  peer.attach(loop);
  std::size_t left = calls.size();
  std::vector<slot> waiting;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    auto call = peer.call(calls[i]);
    if (timeout) call = std::move(call).within(*timeout);
    waiting.push_back(std::move(call).then([&replies, &left, i](result<message> reply) {
      replies[i] = std::move(reply);
      --left;
    }));
  }
  while (left > 0) loop.turn();
  peer.detach();
  return replies;
}

Outcome<message> Bus::ask_bus(std::string_view method,
                              std::optional<std::string_view> argument) const {
  message_builder what = bus_call(method);
  if (argument) what.string(*argument);
  return call(what.build());
}

message_builder bus_call(std::string_view method) {
  return message_builder::method_call(bus_name, "/org/freedesktop/DBus", bus_name, method);
}

}  // namespace headway::tool
