// SPDX-License-Identifier: MIT
#include "wire/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <utility>

#include "base/result.h"
#include "wire/hex.h"

namespace headway::wire {
namespace {

std::unexpected<AddressError> error(std::string text) {
  return std::unexpected(AddressError{std::move(text)});
}

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-_/.\\*").contains(c);
}

/// A piece of a bad address as an error shows it: short and printable.
std::string shown(std::string_view text) {
  constexpr std::size_t shown_max = 60;
  std::string out(text.substr(0, shown_max));
  std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, '?');
  if (text.size() > shown_max) out += "...";
  return out;
}

/// Takes what is before the first `separator`, and that too, off the front of `text`.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return piece;
}

AddressResult<AddressEntry::Pair> parse_pair(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return error(fmt::format("\"{}\" has no '=': write key=value", shown(text)));
  }
  const std::string_view key = text.substr(0, equals);
  const std::string_view value = text.substr(equals + 1);
  if (key.empty()) return error(fmt::format("\"{}\" has no key before its '='", shown(text)));
  if (value.empty()) {
    return error(
        fmt::format("key \"{0}\" has no value: write {0}=... or leave it out", shown(key)));
  }
  auto unescaped = unescape_address_value(value);
  if (!unescaped) {
    return error(fmt::format("key \"{}\": {}", shown(key), unescaped.error().text));
  }
  return AddressEntry::Pair{.key = std::string(key), .value = std::move(*unescaped)};
}

AddressResult<AddressEntry> parse_entry(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (text.empty()) return error("it is empty: remove the ';' or write transport:key=value");
  if (colon == std::string_view::npos) {
    return error(fmt::format("\"{}\" has no ':': write transport:key=value", shown(text)));
  }
  if (colon == 0) {
    return error(fmt::format("\"{}\" has no transport before its ':'", shown(text)));
  }

  AddressEntry entry{.transport = std::string(text.substr(0, colon)), .pairs = {}};
  std::string_view rest = text.substr(colon + 1);
  while (!rest.empty()) {
    auto pair = TRY(parse_pair(take_until(rest, ',')));
    if (entry.find(pair.key) != nullptr) {
      return error(fmt::format("key \"{}\" is given twice: keep one", shown(pair.key)));
    }
    entry.pairs.push_back(std::move(pair));
  }
  return entry;
}

/// What typed checks say starts with the entry it is about.
std::unexpected<AddressError> bad(const AddressEntry& entry, std::string_view text) {
  return error(fmt::format("address \"{}\": {}", shown(to_string(entry)), text));
}

std::string value_or(const AddressEntry& entry, std::string_view key, std::string_view otherwise) {
  const std::string* value = entry.find(key);
  return value != nullptr ? *value : std::string(otherwise);
}

/// What holds for every entry that is used: no value ends early when the system sees it as a C
/// string, and a GUID is one (ADDR-006).
AddressResult<void> check_entry(const AddressEntry& entry) {
  for (const auto& [key, value] : entry.pairs) {
    if (value.contains('\0')) {
      return bad(entry, fmt::format("{} holds a NUL byte (%00)", shown(key)));
    }
  }
  const std::string* guid = entry.find("guid");
  if (guid != nullptr && (guid->size() != 32 || !is_hex(*guid))) {
    return bad(entry, "guid must be 32 hex digits");
  }
  return {};
}

/// The one key of `keys` that the entry has.
AddressResult<std::string_view> only_one(const AddressEntry& entry,
                                         std::initializer_list<std::string_view> keys) {
  std::vector<std::string_view> found;
  for (const auto key : keys) {
    if (entry.find(key) != nullptr) found.push_back(key);
  }
  if (found.size() == 1) return found.front();
  return bad(entry, found.empty() ? fmt::format("it needs one of {}", fmt::join(keys, ", "))
                                  : fmt::format("{} exclude each other: keep one",
                                                fmt::join(found, " and ")));
}

AddressResult<std::string> bounded(const AddressEntry& entry, std::string_view key,
                                   std::size_t bytes_max) {
  const std::string& value = *entry.find(key);
  if (value.size() <= bytes_max) return value;
  return bad(entry, fmt::format("{} has {} bytes, a socket's name can have {}: use a shorter one",
                                key, value.size(), bytes_max));
}

AddressResult<std::uint16_t> port_of(const AddressEntry& entry, const std::string& text) {
  std::uint16_t port = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (status == std::errc() && end == text.data() + text.size()) return port;
  return bad(entry, fmt::format("port \"{}\" is not a number from 0 to 65535", shown(text)));
}

AddressResult<AddressFamily> family_of(const AddressEntry& entry) {
  const std::string* family = entry.find("family");
  if (family == nullptr) return AddressFamily::any;
  if (*family == "ipv4") return AddressFamily::ipv4;
  if (*family == "ipv6") return AddressFamily::ipv6;
  return bad(entry, fmt::format("family \"{}\" is neither ipv4 nor ipv6", shown(*family)));
}

AddressResult<ListenAddress> listen_unix(const AddressEntry& entry) {
  const std::string_view key =
      TRY(only_one(entry, {"path", "abstract", "dir", "tmpdir", "runtime"}));
  if (key == "path") return UnixPath{TRY(bounded(entry, key, unix_listen_bytes_max))};
  if (key == "abstract") return UnixAbstract{TRY(bounded(entry, key, unix_listen_bytes_max))};
  if (key != "runtime") {
    return UnixDir{TRY(bounded(entry, key, unix_listen_bytes_max - unix_made_up_bytes))};
  }
  if (*entry.find(key) != "yes") return bad(entry, "runtime can only be \"yes\"");
  return UnixRuntime{};
}

AddressResult<ListenAddress> listen_tcp(const AddressEntry& entry) {
  const std::uint16_t port = TRY(port_of(entry, value_or(entry, "port", "0")));
  const AddressFamily family = TRY(family_of(entry));
  std::string host = value_or(entry, "host", "localhost");
  std::string bind = value_or(entry, "bind", host);
  return TcpListen{.host = std::move(host),
                   .bind = std::move(bind),
                   .port = port,
                   .family = family,
                   .with_nonce = entry.transport == "nonce-tcp"};
}

AddressResult<ConnectAddress> connect_unix(const AddressEntry& entry) {
  const std::string_view key = TRY(only_one(entry, {"path", "abstract"}));
  auto value = TRY(bounded(entry, key, unix_connect_bytes_max));
  if (key == "path") return UnixPath{std::move(value)};
  return UnixAbstract{std::move(value)};
}

AddressResult<ConnectAddress> connect_tcp(const AddressEntry& entry) {
  const std::string* port_text = entry.find("port");
  if (port_text == nullptr) return bad(entry, "it needs a port");
  const std::uint16_t port = TRY(port_of(entry, *port_text));
  if (port == 0) return bad(entry, "nobody can be reached at port 0");
  const AddressFamily family = TRY(family_of(entry));

  std::string nonce_file;
  if (entry.transport == "nonce-tcp") {
    nonce_file = value_or(entry, "noncefile", "");
    if (nonce_file.empty()) return bad(entry, "it needs a noncefile");
  }
  return TcpConnect{.host = value_or(entry, "host", "localhost"),
                    .port = port,
                    .family = family,
                    .nonce_file = std::move(nonce_file)};
}

AddressResult<ConnectAddress> connect_exec(const AddressEntry& entry) {
  const std::string* path = entry.find("path");
  if (path == nullptr) return bad(entry, "it needs the path of a program");
  UnixExec exec{.path = *path, .arguments = {value_or(entry, "argv0", *path)}};
  while (const std::string* argument = entry.find(fmt::format("argv{}", exec.arguments.size()))) {
    if (exec.arguments.size() == exec_arguments_max) {
      return bad(entry, fmt::format("it has more than {} arguments", exec_arguments_max));
    }
    exec.arguments.push_back(*argument);
  }
  return exec;
}

}  // namespace

const std::string* AddressEntry::find(std::string_view key) const {
  const auto found = std::ranges::find(pairs, key, &Pair::key);
  return found == pairs.end() ? nullptr : &found->value;
}

AddressResult<std::vector<AddressEntry>> parse_address(std::string_view text) {
  if (text.empty()) return error("the address is empty: write transport:key=value");
  std::vector<AddressEntry> entries;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t at = text.size() - rest.size();
    auto entry = parse_entry(take_until(rest, ';'));
    if (!entry) {
      return error(fmt::format("entry {} of the address (from byte {}): {}", entries.size() + 1, at,
                               entry.error().text));
    }
    entries.push_back(std::move(*entry));
  }
  return entries;
}

std::string to_string(const AddressEntry& entry) {
  std::string text = entry.transport + ":";
  std::string_view separator;
  for (const auto& [key, value] : entry.pairs) {
    text += fmt::format("{}{}={}", separator, key, escape_address_value(value));
    separator = ",";
  }
  return text;
}

std::string to_string(std::span<const AddressEntry> entries) {
  std::string text;
  for (const auto& entry : entries) {
    if (!text.empty()) text += ';';
    text += to_string(entry);
  }
  return text;
}

std::string escape_address_value(std::string_view value) {
  std::string text;
  text.reserve(value.size());
  for (const char c : value) {
    if (is_plain(c)) {
      text += c;
    } else {
      text += '%';
      text += to_hex(std::string_view(&c, 1));
    }
  }
  return text;
}

AddressResult<std::string> unescape_address_value(std::string_view text) {
  std::string value;
  value.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_plain(text[i])) {
      value += text[i];
      continue;
    }
    if (text[i] != '%') {
      const std::string_view byte = text.substr(i, 1);
      return error(fmt::format("\"{}\" holds the byte '{}': write %{} for it", shown(text),
                               shown(byte), to_hex(byte)));
    }
    const auto byte = from_hex(text.substr(i + 1, 2));
    if (!byte || byte->empty()) {
      return error(
          fmt::format("\"{}\" holds a '%' without two hex digits behind it: write %25 for "
                      "a percent sign",
                      shown(text)));
    }
    value += *byte;
    i += 2;
  }
  return value;
}

AddressResult<ListenAddress> listen_address(const AddressEntry& entry) {
  TRY_VOID(check_entry(entry));
  if (entry.transport == "unix") return listen_unix(entry);
  if (entry.transport == "tcp" || entry.transport == "nonce-tcp") return listen_tcp(entry);
  if (entry.transport == "systemd") return SystemdListen{};
  if (entry.transport == "unixexec" || entry.transport == "autolaunch") {
    return bad(entry, "clients can use this, a server cannot listen on it");
  }
  return bad(entry, "unknown transport: a server listens on unix, tcp, nonce-tcp or systemd");
}

AddressResult<ConnectAddress> connect_address(const AddressEntry& entry) {
  TRY_VOID(check_entry(entry));
  if (entry.transport == "unix") return connect_unix(entry);
  if (entry.transport == "tcp" || entry.transport == "nonce-tcp") return connect_tcp(entry);
  if (entry.transport == "unixexec") return connect_exec(entry);
  if (entry.transport == "autolaunch") return Autolaunch{};
  if (entry.transport == "systemd") {
    return bad(entry, "a server can listen on this, nobody can connect to it");
  }
  return bad(
      entry,
      "unknown transport: a client connects to unix, tcp, nonce-tcp, unixexec or autolaunch");
}

}  // namespace headway::wire
