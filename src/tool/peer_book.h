// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headway/message.h"

namespace headway::tool {

inline constexpr std::string_view bus_name = "org.freedesktop.DBus";

/// A connection of a bus, as far as it is known.
struct KnownPeer {
  std::vector<std::string> names;  // it owns, in the order it got them
  std::optional<std::uint32_t> pid;
  std::optional<std::uint32_t> uid;
  std::string executable;  // a path; empty: not known
};

/// Who is who on a bus, at the point that the messages shown to it have reached. Pure.
class PeerBook {
 public:
  /// From now on this peer owns the name; empty: nobody does.
  void own(std::string_view name, std::string_view unique_name);
  /// Learns from a message of a bus: who owns what now, who has left.
  void follow(const message& what);
  /// The peer, which is in the book from now on.
  KnownPeer& at(std::string_view unique_name);

  /// By its unique name or a name that it owns; null: not known.
  [[nodiscard]] const KnownPeer* find(std::string_view name) const;
  /// The unique name of who owns a well-known one; empty if that is not known.
  [[nodiscard]] std::string_view owner_of(std::string_view name) const;
  /// How people call who is meant by a sender or destination: by a name it owns, or else by that
  /// name and its program: "org.example.Clock", ":1.7 firefox".
  [[nodiscard]] std::string label_of(std::string_view name) const;

 private:
  std::map<std::string, KnownPeer, std::less<>> peers_;     // by unique name
  std::map<std::string, std::string, std::less<>> owners_;  // unique names by well-known ones
};

[[nodiscard]] constexpr bool is_unique_name(std::string_view name) { return name.starts_with(':'); }
/// What stands behind the last slash.
[[nodiscard]] std::string_view file_name_of(std::string_view path);

}  // namespace headway::tool
