// SPDX-License-Identifier: MIT
#include "client/open.h"

#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "client/dial.h"
#include "client/login.h"
#include "io/error.h"
#include "io/socket.h"

namespace headway::client {
namespace {

using enum wire::AuthMechanism;

const message& hello_call() {
  static const message call =
      message_builder::method_call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                   "org.freedesktop.DBus", "Hello")
          .build();
  return call;
}

/// Everything in one write, if the way in is the usual one. Else every way there is, step by step.
wire::AuthClient::Options usual_login(bool is_local) {
  return {.mechanisms = {external}, .uid = ::geteuid(), .fds_wanted = is_local, .pipelined = true};
}
/// EXTERNAL without a uid, for a uid that is another on the other side of a user namespace.
wire::AuthClient::Options any_login(bool is_local) {
  return {.mechanisms = {external, cookie_sha1, anonymous},
          .user = std::to_string(::geteuid()),
          .fds_wanted = is_local,
          .trace = "headway"};
}

class Greeting final : public pending {
 public:
  std::optional<result<message>> reply;

 private:
  void complete(result<message> told) override { reply.emplace(std::move(told)); }
};

/// Moves what can be moved, and waits for that if there is nothing.
task<void> move_bytes(Waiter waiter, Core& core, Time deadline, Time now) {
  if (waiter.runner == nullptr) {
    core.turn(deadline, now);
    co_return;
  }
  core.flush();
  if (core.phase() == Core::Phase::closed) co_return;
  co_await Moment(waiter, core.socket(), core.has_unsent(), deadline);
  core.turn(now, now);
}

/// Logs in and says Hello, or says why not.
task<result<void>> enter(Waiter waiter, Core& core, bool hello, bool pipelined, Time deadline) {
  Time now = waiter.now();
  Greeting greeting;
  const auto greet = [&] {
    return core.start(greeting, hello_call(), {.deadline = deadline, .jumps_queue = true});
  };
  if (hello && pipelined) {
    const auto sent = greet();
    if (!sent) co_return std::unexpected(sent.error());
  }
  while (core.phase() != Core::Phase::closed) {
    if (core.phase() == Core::Phase::open) {
      if (!hello || greeting.reply) break;
      if (!greeting.is_waiting()) {
        const auto sent = greet();
        if (!sent) co_return std::unexpected(sent.error());
      }
    }
    if (now >= deadline) {
      co_return std::unexpected(error(error_name::no_reply, "the login took too long"));
    }
    co_await move_bytes(waiter, core, deadline, now);
    now = waiter.now();
  }
  if (hello && greeting.reply) {
    if (!*greeting.reply) co_return std::unexpected(greeting.reply->error());
    core.set_unique_name((*greeting.reply)->body().string());
  }
  if (core.phase() == Core::Phase::closed) co_return std::unexpected(core.reason());
  core.flush();  // a client's BEGIN, a server's OK
  co_return result<void>();
}

Core::Limits limits_of(const connection_options& options) {
  return {.outgoing_bytes_max = options.outgoing_bytes_max,
          .incoming_bytes_max = options.incoming_bytes_max,
          .call_limit = options.call_limit};
}

std::string guid_of(const wire::AddressEntry& entry) {
  const std::string* const guid = entry.find("guid");
  return guid != nullptr ? *guid : std::string();
}

std::shared_ptr<Core> make_core(Fd socket, const Waiter& waiter,
                                const connection_options& options) {
  return std::make_shared<Core>(std::move(socket), *waiter.surroundings, limits_of(options));
}

task<Opened> open_entry(Waiter waiter, wire::AddressEntry entry, const connection_options& options,
                        Time deadline) {
  for (bool usual = true;; usual = false) {
    auto dialed = co_await dial(waiter, entry, deadline);
    if (!dialed) co_return std::unexpected(error(error_name::no_server, dialed.error()));
    usual = usual && dialed->is_local;
    auto login = usual ? usual_login(true) : any_login(dialed->is_local);
    login.guid = guid_of(entry);
    const auto core = make_core(std::move(dialed->socket), waiter, options);
    core->log_in(login_as_client(std::move(login)));
    auto entered = co_await enter(waiter, *core, options.hello, usual, deadline);
    if (entered) co_return core;
    if (!usual || !core->was_rejected()) co_return std::unexpected(entered.error());
  }
}

bool is_unix(int socket) {
  int domain = 0;
  socklen_t size = sizeof(domain);
  return ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

}  // namespace

task<Opened> open_address(Waiter waiter, std::string address, connection_options options) {
  const auto entries = wire::parse_address(address);
  if (!entries) co_return std::unexpected(error(error_name::bad_address, entries.error().text));
  std::string name;
  std::string texts;
  for (const auto& entry : *entries) {
    const Time deadline = waiter.now() + options.login_limit;
    auto opened = co_await open_entry(waiter, entry, options, deadline);
    if (opened) co_return opened;
    name = opened.error().name();
    if (!texts.empty()) texts += "; ";
    texts += wire::to_string(entry) + ": " + opened.error().text();
  }
  co_return std::unexpected(error(name, texts));
}

task<Opened> open_socket(Waiter waiter, Fd socket, connection_options options) {
  auto login = any_login(is_unix(socket.get()));
  login.uid = ::geteuid();
  const Time deadline = waiter.now() + options.login_limit;
  const auto core = make_core(std::move(socket), waiter, options);
  core->log_in(login_as_client(std::move(login)));
  auto entered = co_await enter(waiter, *core, options.hello, false, deadline);
  if (!entered) co_return std::unexpected(entered.error());
  co_return core;
}

Opened open_socket(Fd socket, const connection_options& options, Surroundings& world) {
  Waiter waiter;
  waiter.surroundings = &world;
  return run_asleep(open_socket(waiter, std::move(socket), options));
}

task<Opened> accept_socket(Waiter waiter, Fd socket, ServerTerms terms,
                           connection_options options) {
  wire::AuthServer::Options login{.guid = std::move(terms.guid),
                                  .mechanisms = {.anonymous = terms.anonymous},
                                  .fds_possible = is_unix(socket.get()),
                                  .peer_uid = terms.uid,
                                  .own_uid = ::geteuid()};
  const Time deadline = waiter.now() + options.login_limit;
  const auto core = make_core(std::move(socket), waiter, options);
  core->log_in(login_as_server(std::move(login)));
  auto entered = co_await enter(waiter, *core, false, false, deadline);
  if (!entered) co_return std::unexpected(entered.error());
  co_return core;
}

result<std::pair<std::shared_ptr<Core>, std::shared_ptr<Core>>> open_pair(
    const connection_options& options) {
  auto sockets = io::socket_pair();
  if (!sockets) return std::unexpected(error(error_name::failed, io::describe(sockets.error())));
  const auto end = [&](Fd socket) {
    auto core = std::make_shared<Core>(std::move(socket), real_surroundings(), limits_of(options));
    core->skip_login();
    return core;
  };
  return std::pair(end(std::move(sockets->first)), end(std::move(sockets->second)));
}

}  // namespace headway::client
