// SPDX-License-Identifier: MIT
#include "client/open.h"

#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "base/result.h"
#include "client/blocking.h"
#include "client/dial.h"
#include "client/keyring.h"
#include "io/error.h"
#include "io/socket.h"

namespace headway::client {
namespace {

using enum wire::AuthMechanism;

const message& hello() {
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

/// Logs in and says Hello, or says why not.
result<void> enter(Core& core, wire::AuthClient::Options login, const connection_options& options) {
  const bool pipelined = login.pipelined;
  core.log_in(std::move(login), find_cookie);

  Time now = core.now();
  const Time deadline = now + options.login_limit;
  Greeting greeting;
  const auto greet = [&] {
    return core.start(greeting, hello(), {.deadline = deadline, .jumps_queue = true});
  };
  if (options.hello && pipelined) TRY_VOID(greet());
  while (core.phase() != Core::Phase::closed) {
    if (core.phase() == Core::Phase::open) {
      if (!options.hello || greeting.reply) break;
      if (!greeting.is_waiting()) TRY_VOID(greet());
    }
    if (now >= deadline) {
      return std::unexpected(error(error_name::no_reply, "the login took too long"));
    }
    core.turn(deadline, now);
    now = core.now();
  }
  if (options.hello && greeting.reply) {
    const message reply = TRY(std::move(*greeting.reply));
    core.set_unique_name(reply.body().string());
  }
  if (core.phase() == Core::Phase::closed) return std::unexpected(core.reason());
  core.flush();  // a peer's BEGIN
  return {};
}

Core::Limits limits_of(const connection_options& options) {
  return {.outgoing_bytes_max = options.outgoing_bytes_max,
          .incoming_bytes_max = options.incoming_bytes_max};
}

std::string guid_of(const wire::AddressEntry& entry) {
  const std::string* const guid = entry.find("guid");
  return guid != nullptr ? *guid : std::string();
}

result<std::shared_ptr<Core>> open_entry(const wire::AddressEntry& entry,
                                         const connection_options& options) {
  for (bool usual = true;; usual = false) {
    auto dialed = dial(entry, options.login_limit);
    if (!dialed) return std::unexpected(error(error_name::no_server, dialed.error()));
    usual = usual && dialed->is_local;
    auto login = usual ? usual_login(true) : any_login(dialed->is_local);
    login.guid = guid_of(entry);
    auto core =
        std::make_shared<Core>(std::move(dialed->socket), real_surroundings(), limits_of(options));
    const auto entered = enter(*core, std::move(login), options);
    if (entered) return core;
    if (!usual || core->login_failure() != wire::AuthClient::Failure::rejected) {
      return std::unexpected(entered.error());
    }
  }
}

bool is_unix(int socket) {
  int domain = 0;
  socklen_t size = sizeof(domain);
  return ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

}  // namespace

result<std::shared_ptr<Core>> open_address(std::string_view address,
                                           const connection_options& options) {
  const auto entries = wire::parse_address(address);
  if (!entries) return std::unexpected(error(error_name::bad_address, entries.error().text));
  std::string name;
  std::string texts;
  for (const auto& entry : *entries) {
    auto opened = open_entry(entry, options);
    if (opened) return opened;
    name = opened.error().name();
    if (!texts.empty()) texts += "; ";
    texts += wire::to_string(entry) + ": " + opened.error().text();
  }
  return std::unexpected(error(name, texts));
}

result<std::shared_ptr<Core>> open_socket(Fd socket, const connection_options& options,
                                          Surroundings& surroundings) {
  const bool is_local = is_unix(socket.get());
  auto login = any_login(is_local);
  login.uid = ::geteuid();
  auto core = std::make_shared<Core>(std::move(socket), surroundings, limits_of(options));
  TRY_VOID(enter(*core, std::move(login), options));
  return core;
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
