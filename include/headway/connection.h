// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headway/call.h"
#include "headway/error.h"
#include "headway/fd.h"
#include "headway/loop.h"
#include "headway/match.h"
#include "headway/message.h"
#include "headway/names.h"
#include "headway/slot.h"
#include "headway/stream.h"
#include "headway/task.h"

namespace headway {

template <template <class> class Interface>
class proxy;
template <template <class> class Interface>
class object_view;
template <template <class> class Interface>
class served;
template <template <class> class Interface>
class served_family;

/// The buses a machine has, found as every D-Bus library finds them: by DBUS_SESSION_BUS_ADDRESS or
/// the user's runtime directory, by DBUS_SYSTEM_BUS_ADDRESS or the well-known path, and by what the
/// bus told the service that it started.
enum class bus : std::uint8_t { session, system, starter };

/// What the kernel remembers of the process at the other end of a unix socket: who it was when it
/// connected or listened. Nothing for other sockets.
struct peer_credentials {
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> pid;
  std::optional<std::vector<std::uint32_t>> groups;  // ascending, with the primary one
  std::string label;  // of the security module (SELinux, AppArmor); empty: none
  unique_fd pidfd;    // none where the kernel cannot give one that surely is that process
};

/// Whom the side lets in that is logged in to.
struct admission {
  /// Told who wants to come in. None: this program's own user, and root.
  std::function<bool(const peer_credentials&)> allows;
  /// Whoever cannot or will not say who it is may come in, too: everybody who reaches the socket.
  bool anonymous = false;
};

/// How a connection that was lost is opened again: after pauses that double from the first to the
/// longest, each shortened by up to a half at random.
struct reconnect_policy {
  std::chrono::nanoseconds first_pause = std::chrono::milliseconds(100);
  std::chrono::nanoseconds longest_pause = std::chrono::seconds(30);
};

struct connection_options {
  /// There is a bus at the other end, which gives this connection its name. False: a peer.
  bool hello = true;
  /// For connecting, logging in and the bus's greeting.
  std::chrono::nanoseconds login_limit = std::chrono::seconds(25);
  /// More than this, not taken yet by the other side, and sending waits for room.
  std::size_t outgoing_bytes_max = std::size_t{64} << 20;
  /// More than this, not taken yet by this program, and what arrives is dropped (see dropped()).
  std::size_t incoming_bytes_max = std::size_t{64} << 20;
  /// How long the reply to a call may take, unless the call says otherwise. None: as long as the
  /// connection lives.
  std::optional<std::chrono::nanoseconds> call_limit = std::chrono::seconds(25);
  /// Open it again when it is lost, for as long as it takes; what open() and open_async() made,
  /// once it is attached to a loop. See on_reconnect().
  std::optional<reconnect_policy> reconnect = {};
};

/// Flags for request_name().
enum name_flag : std::uint32_t {
  allow_replacement = 0x1,
  replace_existing = 0x2,
  do_not_queue = 0x4,
};
enum class request_name_reply : std::uint32_t {
  primary_owner = 1,
  in_queue = 2,
  exists = 3,
  already_owner = 4,
};
enum class release_name_reply : std::uint32_t { released = 1, non_existent = 2, not_owner = 3 };

/// A connection to a bus or to a peer. A handle: copies are the same connection, which ends with
/// the last of them. All of it, with every call, slot and object of it, belongs to one thread at a
/// time: that in which its loop runs, if it has one. Sending from another is refused where that is
/// seen; event_loop::post() passes work there. To another thread it goes detached, and is attached
/// there.
///
///     auto bus = headway::connection::open(headway::bus::session);
///     auto id = bus.call(message_builder::method_call("org.freedesktop.DBus", "/",
///                                                     "org.freedesktop.DBus", "GetId").build())
///                   .wait();
///     std::cout << id.body().string();
///
/// Blocking programs need no loop: they call and take next_message(). Others attach the connection
/// to one, which then calls handlers and resumes coroutines; they do not use next_message().
///
/// Order: what one sender sends is seen in the order it was sent. A call that waits sleeps in its
/// own loop, which keeps everything else that arrives for later, so it may stand anywhere.
/// Cost: a call and its reply are one write and one read.
class connection {
 public:
  /// Throw headway::error: no_server, bad_address, auth_failed, or what the bus answered. An
  /// address is a list of alternatives, which are tried in turn.
  [[nodiscard]] static connection open(bus which, const connection_options& options = {});
  [[nodiscard]] static connection open(std::string_view address,
                                       const connection_options& options = {});
  /// The same without blocking the loop, which serves the connection from then on. The task starts
  /// when it is awaited, and throws what open() throws; destroying it gives up. Files are read as
  /// they come (a nonce, a keyring), which nobody waits for long.
  [[nodiscard]] static task<connection> open_async(bus which, loop& runner,
                                                   connection_options options = {});
  [[nodiscard]] static task<connection> open_async(std::string address, loop& runner,
                                                   connection_options options = {});
  /// Over a connected stream socket, as the side that logs in. Without a bus at the other end, say
  /// so in the options.
  [[nodiscard]] static connection adopt(unique_fd socket, const connection_options& options = {});
  /// Over a connected stream socket, as the side that is logged in to, without a bus: waits for the
  /// other to do so. Throws access_denied if that is not somebody who may, which is this program's
  /// own user and root unless `who` says more; auth_failed. server.h listens for such sockets.
  [[nodiscard]] static connection accept(unique_fd socket, const connection_options& options = {});
  [[nodiscard]] static connection accept(unique_fd socket, const admission& who,
                                         const connection_options& options = {});
  /// Two ends of a socket pair in this process, which know each other already: no login, no names.
  /// For a part of a program that speaks D-Bus with another part of it, and for tests. A call that
  /// sleeps (wait()) is answered only if another thread serves the other end.
  [[nodiscard]] static std::pair<connection, connection> pair(
      const connection_options& options = {});
  /// For the library's own parts.
  explicit connection(std::shared_ptr<client::Core> core) noexcept : core_(std::move(core)) {}
  [[nodiscard]] const std::shared_ptr<client::Core>& core() const noexcept { return core_; }
  template <class T>
  headway::call<T> call_as(message what, T (*decode)(const message&),
                           std::span<const detail::known_error> errors = {},
                           std::shared_ptr<client::PropertyCache> cache = {}) const {
    detail::request asked = request_of(std::move(what));
    asked.errors = errors;
    asked.cache = std::move(cache);
    return {std::move(asked), decode};
  }
  /// Where a bus is, as an address.
  [[nodiscard]] static std::string address_of(bus which);

  /// ":1.42"; empty without a bus.
  [[nodiscard]] const std::string& unique_name() const noexcept;
  /// The server's own id, 32 hex digits.
  [[nodiscard]] const std::string& server_id() const noexcept;
  [[nodiscard]] bool passes_fds() const noexcept;
  [[nodiscard]] bool is_open() const noexcept;
  /// Who is at the other end, as the kernel says: a bus, or a peer. Nothing is known when closed.
  [[nodiscard]] peer_credentials credentials() const;
  /// Readable when next_message(0s) may have something; -1 when closed. Not to be read from.
  [[nodiscard]] int fd() const noexcept;

  /// A call, to be awaited in one of several ways. An error reply becomes a headway::error.
  headway::call<message> call(message what) const;
  /// Sends; the serial that it got. Waits while more than outgoing_bytes_max have not been taken by
  /// the other side. Throws if the connection is closed.
  std::uint32_t send(const message& what) const;
  /// Waits until everything is sent; false if it was not within the limit. Sending starts by
  /// itself, and what the socket does not take at once goes whenever this connection waits or its
  /// loop runs: needed where neither comes after.
  bool flush(std::optional<std::chrono::nanoseconds> limit = std::nullopt) const;

  /// The next message that is not the reply to a call(): signals, method calls, and replies to what
  /// went out by send(). None if none came within the limit. Throws error_name::disconnected when
  /// the other side has closed and everything was taken.
  std::optional<message> next_message(
      std::optional<std::chrono::nanoseconds> limit = std::nullopt) const;
  /// How many messages were dropped because this program did not take them.
  [[nodiscard]] std::uint64_t dropped() const noexcept;

  /// From now on the loop serves it; coroutines and handlers run there. Closes when the loop ends.
  void attach(loop& runner) const;
  void detach() const;
  /// What the loop would do now, for programs whose loop is no headway::loop: call it when fd() can
  /// be read or written.
  void process() const;

  /// Calls `handler(const message&)` for what the rule describes, in the order it was sent. A
  /// well-known sender in the rule means whoever owned that name when the message was sent.
  template <class Handler>
  slot on(match_rule rule, Handler handler) const {
    return slot(std::make_unique<message_handler<Handler>>(core_, rule, std::move(handler)));
  }
  /// The same for a coroutine. At most `waiting_max` messages wait to be taken.
  [[nodiscard]] message_stream stream(match_rule rule, std::size_t waiting_max = 256) const {
    return {core_, rule, waiting_max, std::nullopt, [](const message& what) { return what; }};
  }
  /// Calls `handler(std::string_view owner)` with the unique name of who owns the name now, and
  /// whenever that changes; empty: nobody.
  template <class Handler>
  slot on_owner(bus_name name, Handler handler) const {
    return slot(std::make_unique<owner_handler<Handler>>(*this, name, std::move(handler)));
  }

  /// Calls `handler(const error& why)` when the connection is lost, after everything that arrived
  /// before was handled and every call under way was told error_name::disconnected.
  template <class Handler>
  slot on_disconnect(Handler handler) const {
    return slot(std::make_unique<loss_handler<Handler>>(core_, std::move(handler)));
  }
  /// Calls `handler()` when a connection with connection_options::reconnect is open again: objects
  /// are offered, match rules are in place, and the names that request_name() asked for have been
  /// asked for again, with the same flags, ahead of anything that the handler sends. The connection
  /// has another unique_name(). Nothing is sent twice: calls that were under way have failed,
  /// replies to calls from before are dropped, and between loss and return sending fails. Streams
  /// report that something is missing, and on_owner() tells who owns the name now.
  template <class Handler>
  slot on_reconnect(Handler handler) const {
    return slot(std::make_unique<return_handler<Handler>>(core_, std::move(handler)));
  }

  /// The interface of an object elsewhere; needs headway/proxy.h. Asks nothing of anybody yet.
  template <template <class> class Interface>
  [[nodiscard]] headway::proxy<Interface> proxy(bus_name_or_none destination,
                                                path_text path) const {
    return headway::proxy<Interface>(*this, destination, path);
  }
  /// The objects below an ObjectManager that have the interface; needs headway/object_view.h.
  template <template <class> class Interface>
  [[nodiscard]] object_view<Interface> objects(bus_name_or_none destination, path_text path) const {
    return object_view<Interface>(*this, destination, path);
  }
  /// Offers an object here; needs headway/object.h.
  template <template <class> class Interface>
  [[nodiscard]] headway::served<Interface> serve(path_text path) const {
    return headway::served<Interface>(*this, path);
  }

  /// Offers objects at the paths of a template, as "/units/{name}", which `make` sets up; needs
  /// headway/family.h.
  template <template <class> class Interface, class Make>
  [[nodiscard]] served_family<Interface> serve(template_text paths, Make make) const {
    return served_family<Interface>(*this, paths, std::move(make));
  }

  /// An ObjectManager at that path, for as long as the slot is kept: it says what objects this
  /// connection offers below, and tells of those that come and go.
  [[nodiscard]] slot manage(std::string_view path) const;

  // What the bus does for its peers.
  headway::call<request_name_reply> request_name(bus_name name, std::uint32_t flags = 0) const;
  headway::call<release_name_reply> release_name(bus_name name) const;
  /// The unique name of who owns it; error_name::name_has_no_owner if nobody does.
  headway::call<std::string> name_owner(bus_name name) const;
  /// Rules as the specification writes them: "type='signal',interface='org.example.I'".
  headway::call<void> add_match(match_rule rule) const;
  headway::call<void> remove_match(match_rule rule) const;
  /// From now on this connection gets copies of what others send and can send nothing. No rules:
  /// everything.
  headway::call<void> become_monitor(std::span<const std::string> rules) const;

  /// Ends it now, for all handles. What was not sent is lost.
  void close() const noexcept;

 private:
  template <class Handler>
  class message_handler;
  template <class Handler>
  class owner_handler;
  template <class Handler>
  class loss_handler;
  template <class Handler>
  class return_handler;

  [[nodiscard]] static std::string rule_of_owner(std::string_view name);
  [[nodiscard]] detail::request request_of(message what) const;

  std::shared_ptr<client::Core> core_;
};

/// Handlers are kept by pointer: one that destroys its own slot still runs to its end.
template <class Handler>
class connection::message_handler final : public detail::slot_content, detail::subscriber {
 public:
  message_handler(std::shared_ptr<client::Core> core, std::string_view rule, Handler handler)
      : subscriber(std::move(core), rule, when::in_turn),
        handler_(std::make_shared<Handler>(std::move(handler))) {}

 private:
  void on_message(const message& what) override {
    const auto handler = handler_;
    (*handler)(what);
  }
  void on_end(const error&) override {}

  std::shared_ptr<Handler> handler_;
};

template <class Handler>
class connection::owner_handler final : public detail::slot_content, detail::subscriber {
 public:
  owner_handler(const connection& bus, std::string_view name, Handler handler)
      : subscriber(bus.core_, rule_of_owner(name), when::in_turn),
        name_(name),
        handler_(std::make_shared<Handler>(std::move(handler))),
        first_(ask()) {}

 private:
  slot ask() {
    return connection(core()).name_owner(name_).then([this](result<std::string> owner) {
      tell(owner ? std::string_view(*owner) : std::string_view());
    });
  }
  void on_message(const message& what) override {
    auto values = what.body();
    values.skip();
    values.skip();
    tell(values.string());
  }
  void on_lost(const error&) override { tell({}); }
  void on_restored() override { first_ = ask(); }
  void on_end(const error&) override {}
  void tell(std::string_view owner) {
    const auto handler = handler_;
    (*handler)(owner);
  }

  std::string name_;
  std::shared_ptr<Handler> handler_;
  slot first_;
};

template <class Handler>
class connection::loss_handler final : public detail::slot_content, detail::subscriber {
 public:
  loss_handler(std::shared_ptr<client::Core> core, Handler handler)
      : subscriber(std::move(core)), handler_(std::make_shared<Handler>(std::move(handler))) {}

 private:
  void on_message(const message&) override {}
  void on_lost(const error& why) override { on_end(why); }
  void on_end(const error& why) override {
    const auto handler = handler_;
    (*handler)(why);
  }

  std::shared_ptr<Handler> handler_;
};

template <class Handler>
class connection::return_handler final : public detail::slot_content, detail::subscriber {
 public:
  return_handler(std::shared_ptr<client::Core> core, Handler handler)
      : subscriber(std::move(core)), handler_(std::make_shared<Handler>(std::move(handler))) {}

 private:
  void on_message(const message&) override {}
  void on_restored() override {
    const auto handler = handler_;
    (*handler)();
  }
  void on_end(const error&) override {}

  std::shared_ptr<Handler> handler_;
};

}  // namespace headway
