// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Server addresses as text and as meaning (ADDR-001 .. ADDR-020). Pure: no environment, no file,
/// no name is looked at; whether a path exists is for whoever binds or connects.
namespace headway::wire {

/// One of the alternatives of an address: "unix:path=/run/dbus/system_bus_socket".
struct AddressEntry {
  struct Pair {
    std::string key;
    std::string value;  // unescaped, never empty
    bool operator==(const Pair&) const = default;
  };

  std::string transport;
  std::vector<Pair> pairs;  // in the order of the text, one per key

  /// Null without that key. The GUID of any entry is find("guid") (ADDR-006).
  [[nodiscard]] const std::string* find(std::string_view key) const;
  bool operator==(const AddressEntry&) const = default;
};

struct AddressError {
  std::string text;  // one line: what is wrong, where, and what to write instead
};
template <typename T>
using AddressResult = std::expected<T, AddressError>;

/// At least one entry, in the order they are to be tried (ADDR-001 .. ADDR-005, ADDR-007).
[[nodiscard]] AddressResult<std::vector<AddressEntry>> parse_address(std::string_view text);

/// Parses back to an equal entry, if that one came from parse_address().
[[nodiscard]] std::string to_string(const AddressEntry& entry);
[[nodiscard]] std::string to_string(std::span<const AddressEntry> entries);

/// Values alone (ADDR-004, ADDR-005). Any bytes can be escaped.
[[nodiscard]] std::string escape_address_value(std::string_view value);
[[nodiscard]] AddressResult<std::string> unescape_address_value(std::string_view text);

/// The longest path or abstract name. Servers keep to what clients of libdbus can reach; clients go
/// as far as the kernel does (ADDR-010).
inline constexpr std::size_t unix_listen_bytes_max = 99;
inline constexpr std::size_t unix_connect_bytes_max = 107;
/// What a server makes up below dir= and tmpdir=: "/dbus-" and ten characters (ADDR-012).
inline constexpr std::size_t unix_made_up_bytes = 16;
inline constexpr std::size_t exec_arguments_max = 256;  // ADDR-014, ADDR-021

enum class AddressFamily : std::uint8_t { any, ipv4, ipv6 };

struct UnixPath {
  std::string path;
  bool operator==(const UnixPath&) const = default;
};
struct UnixAbstract {
  std::string name;  // without the leading NUL byte
  bool operator==(const UnixAbstract&) const = default;
};
struct UnixDir {  // also tmpdir=: never abstract
  std::string directory;
  bool operator==(const UnixDir&) const = default;
};
struct UnixRuntime {  // "bus" in the user's runtime directory (ADDR-013)
  bool operator==(const UnixRuntime&) const = default;
};
struct TcpListen {
  std::string host;        // what is published
  std::string bind;        // where to listen: `host` if the address does not say; "*" is everywhere
  std::uint16_t port = 0;  // 0: the kernel chooses
  AddressFamily family = AddressFamily::any;
  bool with_nonce = false;  // nonce-tcp: the server makes up the file (ADDR-017)
  bool operator==(const TcpListen&) const = default;
};
struct SystemdListen {  // sockets handed over (ADDR-018)
  bool operator==(const SystemdListen&) const = default;
};
using ListenAddress =
    std::variant<UnixPath, UnixAbstract, UnixDir, UnixRuntime, TcpListen, SystemdListen>;

struct TcpConnect {
  std::string host;
  std::uint16_t port = 0;  // never 0
  AddressFamily family = AddressFamily::any;
  std::string nonce_file;  // nonce-tcp: what to send first; else empty
  bool operator==(const TcpConnect&) const = default;
};
struct UnixExec {
  std::string path;                    // looked for in PATH
  std::vector<std::string> arguments;  // argv, never empty: [0] is `path` if not said (ADDR-014)
  bool operator==(const UnixExec&) const = default;
};
struct Autolaunch {
  bool operator==(const Autolaunch&) const = default;
};
using ConnectAddress = std::variant<UnixPath, UnixAbstract, TcpConnect, UnixExec, Autolaunch>;

/// What the entry means to a server, or to a client. Keys nobody knows are passed over (ADDR-003).
[[nodiscard]] AddressResult<ListenAddress> listen_address(const AddressEntry& entry);
[[nodiscard]] AddressResult<ConnectAddress> connect_address(const AddressEntry& entry);

}  // namespace headway::wire
