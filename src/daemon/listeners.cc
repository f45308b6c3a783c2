// SPDX-License-Identifier: MIT
#include "daemon/listeners.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <ranges>
#include <variant>

#include "base/result.h"
#include "daemon/login.h"
#include "daemon/process.h"
#include "io/random.h"
#include "io/socket.h"
#include "wire/address.h"

namespace headway::daemon {
namespace {

using Failure = std::unexpected<std::string>;
constexpr int name_attempts = 16;
constexpr std::size_t name_letters = 10;  // ADDR-012

Failure failed(std::string_view what, const io::Error& error) {
  return Failure(fmt::format("{}: {}", what, io::describe(error)));
}

std::string with_guid(std::string address, std::string_view guid) {
  address += address.ends_with(':') ? "guid=" : ",guid=";
  return address.append(guid);
}

std::string_view family_name(wire::AddressFamily family) {
  return family == wire::AddressFamily::ipv6 ? "ipv6" : "ipv4";
}

io::IpFamily io_family(wire::AddressFamily family) {
  switch (family) {
    case wire::AddressFamily::any:
      return io::IpFamily::any;
    case wire::AddressFamily::ipv4:
      return io::IpFamily::ipv4;
    case wire::AddressFamily::ipv6:
      return io::IpFamily::ipv6;
  }
  std::unreachable();
}

}  // namespace

/// Turns one meaning of an address after the other into sockets.
class Opener {
 public:
  using Published = std::expected<std::string, std::string>;

  explicit Opener(Listeners& result) : result_(result) {}

  Published open(const std::string& address) {
    const auto entries = wire::parse_address(address);
    if (!entries) return Failure(fmt::format("\"{}\": {}", address, entries.error().text));
    std::string first_error;
    for (const wire::AddressEntry& entry : *entries) {
      Published opened = open(entry);
      if (opened) return opened;
      if (first_error.empty()) first_error = std::move(opened.error());
    }
    return Failure(fmt::format("\"{}\": {}", address, first_error));
  }

 private:
  Published open(const wire::AddressEntry& entry) {
    const auto meaning = wire::listen_address(entry);
    if (!meaning) return Failure(meaning.error().text);
    return std::visit([&](const auto& address) { return open(address); }, *meaning);
  }

  Published open(const wire::UnixPath& address) {
    auto fd = io::listen_unix(address.path);
    if (!fd) return failed(fmt::format("cannot listen at {}", address.path), fd.error());
    result_.files_.emplace_back(address.path);
    return add_local(std::move(*fd), "unix:path=" + wire::escape_address_value(address.path));
  }

  Published open(const wire::UnixAbstract& address) {
    auto fd = io::listen_abstract(address.name);
    if (!fd) return failed(fmt::format("cannot listen at @{}", address.name), fd.error());
    return add_local(std::move(*fd), "unix:abstract=" + wire::escape_address_value(address.name));
  }

  Published open(const wire::UnixDir& address) {
    for (int attempt = 0;; ++attempt) {
      std::string path = address.directory + "/dbus-" + io::random_letters(name_letters);
      const bool is_free = ::access(path.c_str(), F_OK) < 0;
      if (is_free || attempt == name_attempts) return open(wire::UnixPath{std::move(path)});
    }
  }

  Published open(const wire::UnixRuntime&) {
    const char* const directory = std::getenv("XDG_RUNTIME_DIR");
    if (directory == nullptr) return Failure("XDG_RUNTIME_DIR is not set, there is no such place");
    return open(wire::UnixPath{std::string(directory) + "/bus"});
  }

  Published open(const wire::TcpListen& address) {
    auto opened = io::listen_tcp(
        {.host = address.bind, .port = address.port, .family = io_family(address.family)});
    if (!opened) return Failure(fmt::format("cannot listen on tcp: {}", opened.error()));

    std::string text = fmt::format("{}:host={},port={}", address.with_nonce ? "nonce-tcp" : "tcp",
                                   wire::escape_address_value(address.host), opened->port);
    if (address.family != wire::AddressFamily::any) {
      text += fmt::format(",family={}", family_name(address.family));
    }
    std::string nonce;
    if (address.with_nonce) {
      nonce = io::random_bytes(Login::nonce_bytes);
      text += ",noncefile=" + wire::escape_address_value(TRY(write_nonce(nonce)));
    }
    const std::string guid = random_hex(16);
    for (Fd& fd : opened->sockets) {
      result_.sockets_.push_back(
          {std::move(fd), {.is_local = false, .guid = guid, .nonce = nonce}});
    }
    return with_guid(std::move(text), guid);
  }

  Published open(const wire::SystemdListen&) {
    const int count = io::sockets_handed_over();
    if (count <= 0) return Failure("no sockets were handed over (LISTEN_PID, LISTEN_FDS)");
    std::string published;
    for (int fd = io::handed_over_first; fd < io::handed_over_first + count; ++fd) {
      std::string address = TRY(adopt(fd));
      // The last one first, as for addresses.
      published = published.empty() ? address : address + ";" + published;
    }
    return published;
  }

  Published adopt(int fd) {
    const auto bound = io::bound_address(fd);
    if (!bound) return failed(fmt::format("descriptor {} that was handed over", fd), bound.error());
    const int flags = ::fcntl(fd, F_GETFL);
    ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    Fd socket(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!socket) return failed("fcntl", {"", errno});

    using Kind = io::BoundAddress::Kind;
    const std::string name = wire::escape_address_value(bound->name);
    switch (bound->kind) {
      case Kind::unix_path:
        return add_local(std::move(socket), "unix:path=" + name);
      case Kind::unix_abstract:
        return add_local(std::move(socket), "unix:abstract=" + name);
      case Kind::ipv4:
      case Kind::ipv6:
        break;
    }
    const std::string guid = random_hex(16);
    result_.sockets_.push_back({std::move(socket), {.is_local = false, .guid = guid, .nonce = {}}});
    return with_guid(fmt::format("tcp:host={},port={},family={}", name, bound->port,
                                 bound->kind == Kind::ipv6 ? "ipv6" : "ipv4"),
                     guid);
  }

  Published add_local(Fd fd, std::string address) {
    const std::string guid = random_hex(16);
    result_.sockets_.push_back({std::move(fd), {.is_local = true, .guid = guid, .nonce = {}}});
    return with_guid(std::move(address), guid);
  }

  /// In a directory of its own, which only we can look into (ADDR-017).
  Published write_nonce(const std::string& nonce) {
    const char* const temporary = std::getenv("TMPDIR");
    std::string directory = temporary != nullptr && *temporary == '/' ? temporary : "/tmp";
    directory += "/headway-nonce-XXXXXX";
    if (::mkdtemp(directory.data()) == nullptr) return failed("mkdtemp", {"", errno});
    std::string path = directory + "/nonce";
    const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    const bool written = file && ::write(file.get(), nonce.data(), nonce.size()) ==
                                     static_cast<ssize_t>(nonce.size());
    const int error = errno;
    result_.files_.emplace_back(directory);
    result_.files_.emplace_back(path);
    if (!written) return failed("cannot write the nonce file", {"", error});
    return path;
  }

  Listeners& result_;
};

Listeners::~Listeners() {
  // Latest first: a directory stands before what lies in it.
  while (!files_.empty()) files_.pop_back();
}

std::expected<Listeners, std::string> Listeners::open(std::span<const std::string> addresses) {
  Listeners result;
  for (const std::string& address : addresses) {
    const std::string published = TRY(Opener(result).open(address));
    result.published_ = result.published_.empty() ? published : published + ";" + result.published_;
  }
  return result;
}

}  // namespace headway::daemon
