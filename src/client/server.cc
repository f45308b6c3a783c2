// SPDX-License-Identifier: MIT
#include "headway/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <variant>
#include <vector>

#include "base/result.h"
#include "client/admission.h"
#include "client/open.h"
#include "io/error.h"
#include "io/own_file.h"
#include "io/random.h"
#include "io/socket.h"
#include "wire/address.h"

namespace headway {
namespace client {
namespace {

constexpr int name_attempts = 16;
constexpr std::size_t name_letters = 10;  // ADDR-012
constexpr int accepted_in_turn_max = 16;

/// A socket that listens, and where.
struct Bound {
  Fd socket;
  std::string address;
  std::optional<io::OwnFile> file;
};
using Bind = std::expected<std::vector<Bound>, std::string>;

std::unexpected<std::string> failed(std::string_view where, const io::Error& why) {
  return std::unexpected(fmt::format("cannot listen at {}: {}", where, io::describe(why)));
}

Bind one(Bound bound) {
  std::vector<Bound> result;
  result.push_back(std::move(bound));
  return result;
}

Bind bind(const wire::UnixPath& where) {
  auto socket = io::listen_unix(where.path);
  if (!socket) return failed(where.path, socket.error());
  return one({.socket = std::move(*socket),
              .address = "unix:path=" + wire::escape_address_value(where.path),
              .file = io::OwnFile(where.path)});
}

Bind bind(const wire::UnixAbstract& where) {
  auto socket = io::listen_abstract(where.name);
  if (!socket) return failed("@" + where.name, socket.error());
  return one({.socket = std::move(*socket),
              .address = "unix:abstract=" + wire::escape_address_value(where.name),
              .file = std::nullopt});
}

Bind bind(const wire::UnixDir& where) {
  std::string path;
  for (int attempt = 0; attempt < name_attempts; ++attempt) {
    path = where.directory + "/dbus-" + io::random_letters(name_letters);
    if (::access(path.c_str(), F_OK) < 0) break;
  }
  return bind(wire::UnixPath{std::move(path)});
}

Bind bind(const wire::UnixRuntime&) {
  const char* const directory = std::getenv("XDG_RUNTIME_DIR");
  if (directory == nullptr) return std::unexpected("XDG_RUNTIME_DIR is not set");
  return bind(wire::UnixPath{std::string(directory) + "/bus"});
}

Bind bind(const wire::TcpListen&) {
  return std::unexpected(
      "over tcp no peer can show who it is: listen at a unix socket (unix:path=...)");
}

Bind bind(const wire::SystemdListen&) {
  const int count = io::sockets_handed_over();
  if (count <= 0) return std::unexpected("no sockets were handed over (LISTEN_PID, LISTEN_FDS)");
  std::vector<Bound> result;
  for (int fd = io::handed_over_first; fd < io::handed_over_first + count; ++fd) {
    const auto bound = io::bound_address(fd);
    if (!bound) return failed(fmt::format("descriptor {} that was handed over", fd), bound.error());
    using Kind = io::BoundAddress::Kind;
    if (bound->kind != Kind::unix_path && bound->kind != Kind::unix_abstract) {
      return bind(wire::TcpListen{});
    }
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    Fd socket(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!socket) return failed(bound->name, {.call = "fcntl", .number = errno});
    const char* const key = bound->kind == Kind::unix_path ? "path" : "abstract";
    result.push_back(
        {.socket = std::move(socket),
         .address = fmt::format("unix:{}={}", key, wire::escape_address_value(bound->name)),
         .file = std::nullopt});
  }
  return result;
}

/// The first of the alternatives that can be.
Bind bind(std::string_view address) {
  const auto entries = wire::parse_address(address);
  if (!entries) return std::unexpected(entries.error().text);
  std::string texts;
  for (const wire::AddressEntry& entry : *entries) {
    const auto meaning = wire::listen_address(entry);
    Bind bound = meaning ? std::visit([](const auto& where) { return bind(where); }, *meaning)
                         : Bind(std::unexpect, meaning.error().text);
    if (bound) return bound;
    if (!texts.empty()) texts += "; ";
    texts += bound.error();
  }
  return std::unexpected(texts);
}

}  // namespace

/// The inside of a server. Connections hold it weakly, through the place they take.
class Listening final : loop::source, public std::enable_shared_from_this<Listening> {
 public:
  using Handler = std::function<std::optional<task<void>>(connection)>;

  Listening(loop& runner, std::vector<Bound> sockets, Handler on_peer, server_options options)
      : loop_(&runner), on_peer_(std::move(on_peer)), options_(std::move(options)) {
    options_.connections.hello = false;
    for (Bound& bound : sockets) {
      if (!address_.empty()) address_ += ';';
      address_ += fmt::format("{},guid={}", bound.address, guid_);
      doors_.push_back(std::make_unique<Door>(*this, std::move(bound)));
    }
  }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  ~Listening() { close(); }

  void open() {
    for (const auto& door : doors_) door->open(is_full());
  }
  /// For good. A handler may do this; then what it was called from ends when it has returned.
  void close() noexcept {
    is_closed_ = true;
    doors_.clear();
    if (is_calling_) {
      keeps_itself_ = shared_from_this();
      return;
    }
    visits_.clear();
    if (loop_ != nullptr) loop_->forget(*this);
    loop_ = nullptr;
  }
  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] std::size_t places_taken() const { return places_taken_; }

 private:
  /// One socket that listens.
  class Door final : loop::source {
   public:
    Door(Listening& owner, Bound bound) : owner_(owner), bound_(std::move(bound)) {}
    Door(const Door&) = delete;
    Door& operator=(const Door&) = delete;
    ~Door() {
      if (owner_.loop_ != nullptr) owner_.loop_->forget(*this);
    }

    /// Who finds it shut waits in the kernel.
    void open(bool is_shut) {
      if (owner_.loop_ == nullptr) return;
      if (is_shut) return owner_.loop_->forget(*this);
      owner_.loop_->watch(*this, bound_.socket.get(), false);
    }

   private:
    void ready() override {
      const auto keeps = owner_.shared_from_this();
      for (int i = 0; i < accepted_in_turn_max; ++i) {
        if (keeps->is_full()) return keeps->open();
        auto socket = io::accept(bound_.socket.get());
        if (!socket) return;
        keeps->receive(std::move(*socket));
        if (keeps->is_closed_) return;  // and this is gone
      }
    }
    void loop_ended() noexcept override { owner_.loop_ = nullptr; }

    Listening& owner_;
    Bound bound_;
  };

  /// Taken by a connection, from its first byte on; given back when it is closed.
  class Place {
   public:
    explicit Place(std::weak_ptr<Listening> server) : server_(std::move(server)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      const auto server = server_.lock();
      if (!server) return;
      --server->places_taken_;
      if (server->places_taken_ + 1 == server->options_.connections_max) server->open();
    }

   private:
    std::weak_ptr<Listening> server_;
  };

  struct Flag {
    explicit Flag(bool& which) : flag(which) { flag = true; }
    Flag(const Flag&) = delete;
    Flag& operator=(const Flag&) = delete;
    ~Flag() { flag = false; }
    bool& flag;
  };
  /// Of a visit, however it ends.
  struct AtEnd {
    explicit AtEnd(Listening& of) : server(of) {}
    AtEnd(const AtEnd&) = delete;
    AtEnd& operator=(const AtEnd&) = delete;
    ~AtEnd() {
      if (server.loop_ != nullptr) server.loop_->post(server);
    }
    Listening& server;
  };

  [[nodiscard]] bool is_full() const { return places_taken_ >= options_.connections_max; }

  void receive(Fd socket) {
    auto terms = admit(socket.get(), options_.who, guid_);
    if (!terms) return;
    ++places_taken_;
    auto place = std::make_shared<Place>(weak_from_this());
    visits_.push_back(take_in(std::move(socket), std::move(*terms), std::move(place)));
    visits_.back().start();
  }

  task<void> take_in(Fd socket, ServerTerms terms, std::shared_ptr<Place> place) {
    const AtEnd sweeps(*this);
    Waiter waiter;
    waiter.runner = loop_;
    auto taken =
        co_await accept_socket(waiter, std::move(socket), std::move(terms), options_.connections);
    if (!taken || is_closed_) co_return;
    (*taken)->hold(std::move(place));
    connection peer(std::move(*taken));
    peer.attach(*loop_);
    auto work = call_handler(std::move(peer));
    if (work) co_await *work;
  }
  std::optional<task<void>> call_handler(connection peer) {
    const Flag calling(is_calling_);
    return on_peer_(std::move(peer));
  }

  /// A visit is over.
  void ready() override {
    const auto keeps = std::exchange(keeps_itself_, nullptr);
    if (is_closed_) return close();
    for (std::size_t i = visits_.size(); i-- > 0;) {
      if (!visits_[i].is_done()) continue;
      task<void> over = std::exchange(visits_[i], std::move(visits_.back()));
      visits_.pop_back();
      std::move(over).get();
    }
  }
  void loop_ended() noexcept override {
    loop_ = nullptr;
    keeps_itself_.reset();
  }

  loop* loop_;
  Handler on_peer_;
  server_options options_;
  std::string guid_ = new_guid();
  std::string address_;
  std::size_t places_taken_ = 0;
  bool is_calling_ = false;  // the handler is on the stack
  bool is_closed_ = false;
  std::shared_ptr<Listening> keeps_itself_;  // until the handler that closed it is out of the way
  std::vector<std::unique_ptr<Door>> doors_;
  std::vector<task<void>> visits_;
};

}  // namespace client

server::server(loop& runner, std::string_view address, handler on_peer,
               const server_options& options) {
  auto bound = client::bind(address);
  if (!bound) {
    const bool is_address = wire::parse_address(address).has_value();
    throw error(is_address ? error_name::failed : error_name::bad_address, bound.error());
  }
  inside_ =
      std::make_shared<client::Listening>(runner, std::move(*bound), std::move(on_peer), options);
  inside_->open();
}

server::server(server&&) noexcept = default;
server& server::operator=(server&& other) noexcept {
  if (inside_) inside_->close();
  inside_ = std::move(other.inside_);
  return *this;
}
server::~server() {
  if (inside_) inside_->close();
}

const std::string& server::address() const noexcept { return inside_->address(); }
std::size_t server::connections() const noexcept { return inside_->places_taken(); }

}  // namespace headway
