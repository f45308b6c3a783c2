// SPDX-License-Identifier: MIT
#include "headway/connection.h"

#include "client/addresses.h"
#include "client/admission.h"
#include "client/blocking.h"
#include "client/core.h"
#include "client/open.h"
#include "client/property_cache.h"
#include "client/reconnect.h"
#include "client/signals.h"

namespace headway {
namespace {

constexpr std::string_view the_bus = "org.freedesktop.DBus";

template <class T>
T value_or_throw(result<T> outcome) {
  if (!outcome) throw std::move(outcome.error());
  return std::move(*outcome);
}

message_builder to_bus(std::string_view member) {
  return message_builder::method_call(the_bus, "/org/freedesktop/DBus", the_bus, member);
}

message same(const message& reply) { return reply; }
void nothing(const message&) {}
std::string text(const message& reply) { return std::string(reply.body().string()); }
template <class Enum>
Enum number(const message& reply) {
  return static_cast<Enum>(reply.body().uint32());
}

}  // namespace

result<message> detail::request::wait() const {
  return client::call_and_wait(*core, what, flags, limit, cache.get());
}

error detail::stopped() {
  return {error_name::canceled, "a stop was requested of what waits for the reply"};
}

void detail::request::send() const {
  value_or_throw(client::send_and_flush(*core, what, flags | no_reply_expected));
}

bool detail::request::start(pending& waiter, std::optional<error>& failure) const {
  std::optional<Time> deadline;
  if (limit) deadline = core->now() + *limit;
  const client::Core::CallTerms terms{.flags = flags, .deadline = deadline};
  const auto started =
      cache ? cache->ask(waiter, what, terms)
      : core->has_room()
          ? core->start(waiter, what, terms)
          : std::unexpected(error(error_name::limits_exceeded,
                                  "too much waits to be sent to the other side already"));
  if (!started) failure = started.error();
  core->kick();
  return started.has_value();
}

connection connection::open(bus which, const connection_options& options) {
  auto core = value_or_throw(
      client::run_asleep(client::open_address(client::Waiter(), address_of(which), options)));
  return connection(client::keep_open(std::move(core), which, options));
}

connection connection::open(std::string_view address, const connection_options& options) {
  auto core = value_or_throw(
      client::run_asleep(client::open_address(client::Waiter(), std::string(address), options)));
  return connection(client::keep_open(std::move(core), std::string(address), options));
}

task<connection> connection::open_async(std::string address, loop& runner,
                                        connection_options options) {
  client::Waiter waiter;
  waiter.runner = &runner;
  auto opened = co_await client::open_address(waiter, address, options);
  connection ready(
      client::keep_open(value_or_throw(std::move(opened)), std::move(address), options));
  ready.attach(runner);
  co_return ready;
}

task<connection> connection::open_async(bus which, loop& runner, connection_options options) {
  client::Waiter waiter;
  waiter.runner = &runner;
  auto opened = co_await client::open_address(waiter, address_of(which), options);
  connection ready(client::keep_open(value_or_throw(std::move(opened)), which, options));
  ready.attach(runner);
  co_return ready;
}

connection connection::adopt(unique_fd socket, const connection_options& options) {
  return connection(
      value_or_throw(client::open_socket(std::move(socket), options, client::real_surroundings())));
}

connection connection::accept(unique_fd socket, const connection_options& options) {
  return accept(std::move(socket), admission(), options);
}

connection connection::accept(unique_fd socket, const admission& who,
                              const connection_options& options) {
  auto terms = value_or_throw(client::admit(socket.get(), who, client::new_guid()));
  return connection(value_or_throw(client::run_asleep(
      client::accept_socket(client::Waiter(), std::move(socket), std::move(terms), options))));
}

peer_credentials connection::credentials() const { return client::credentials_of(core_->socket()); }

std::pair<connection, connection> connection::pair(const connection_options& options) {
  auto ends = value_or_throw(client::open_pair(options));
  return {connection(std::move(ends.first)), connection(std::move(ends.second))};
}

std::string connection::address_of(bus which) { return value_or_throw(client::address_of(which)); }

const std::string& connection::unique_name() const noexcept { return core_->unique_name(); }
const std::string& connection::server_id() const noexcept { return core_->guid(); }
bool connection::passes_fds() const noexcept { return core_->passes_fds(); }
bool connection::is_open() const noexcept { return core_->phase() == client::Core::Phase::open; }
int connection::fd() const noexcept { return core_->socket(); }
std::uint64_t connection::dropped() const noexcept { return core_->dropped(); }

void connection::attach(loop& runner) const { core_->attach(&runner); }
void connection::detach() const { core_->attach(nullptr); }
void connection::process() const { core_->process(); }

std::string connection::rule_of_owner(std::string_view name) { return client::rule_of_owner(name); }

std::uint32_t connection::send(const message& what) const {
  return value_or_throw(client::send_and_flush(*core_, what, 0));
}

bool connection::flush(std::optional<std::chrono::nanoseconds> limit) const {
  return client::flush_within(*core_, limit);
}

std::optional<message> connection::next_message(
    std::optional<std::chrono::nanoseconds> limit) const {
  message next = value_or_throw(client::next_message(*core_, limit));
  if (!next) return std::nullopt;
  return next;
}

void connection::close() const noexcept { core_->end(); }

detail::request connection::request_of(message what) const {
  return {.core = core_, .what = std::move(what), .limit = core_->call_limit()};
}

headway::call<message> connection::call(message what) const {
  return call_as(std::move(what), same);
}

headway::call<request_name_reply> connection::request_name(bus_name name,
                                                           std::uint32_t flags) const {
  if (auto* const reconnector = core_->reconnector()) {
    reconnector->names.insert_or_assign(std::string(name), flags);
  }
  return call_as(client::name_request(name, flags), number<request_name_reply>);
}

headway::call<release_name_reply> connection::release_name(bus_name name) const {
  if (auto* const reconnector = core_->reconnector()) reconnector->names.erase(std::string(name));
  return call_as(to_bus("ReleaseName").string(name).build(), number<release_name_reply>);
}

headway::call<std::string> connection::name_owner(bus_name name) const {
  return call_as(to_bus("GetNameOwner").string(name).build(), text);
}

headway::call<void> connection::add_match(match_rule rule) const {
  return call_as(to_bus("AddMatch").string(rule).build(), nothing);
}

headway::call<void> connection::remove_match(match_rule rule) const {
  return call_as(to_bus("RemoveMatch").string(rule).build(), nothing);
}

headway::call<void> connection::become_monitor(std::span<const std::string> rules) const {
  message_builder what = message_builder::method_call(
      the_bus, "/org/freedesktop/DBus", "org.freedesktop.DBus.Monitoring", "BecomeMonitor");
  what.open_array("s");
  for (const std::string& rule : rules) what.string(rule);
  core_->become_monitor();
  return call_as(what.close().uint32(0).build(), nothing);
}

}  // namespace headway
