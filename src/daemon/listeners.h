// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "daemon/link_messages.h"
#include "io/own_file.h"

namespace headway::daemon {

/// Where a bus listens: addresses made into sockets (ADDR-009 .. ADDR-018). What it put into the
/// file system goes when it goes.
class Listeners {
 public:
  struct Socket {
    Fd fd;
    to_broker::Start::Listener facts;
  };

  /// Opens each of these addresses, in each of them the first entry that can be opened. Reads
  /// XDG_RUNTIME_DIR and LISTEN_FDS, asks the name service about tcp hosts. The error is a text.
  [[nodiscard]] static std::expected<Listeners, std::string> open(
      std::span<const std::string> addresses);

  Listeners() = default;
  Listeners(Listeners&&) = default;
  Listeners& operator=(Listeners&&) = delete;
  ~Listeners();

  /// What clients connect to: the last one first, each with its GUID (SEEN-01, ADDR-029).
  [[nodiscard]] const std::string& published() const { return published_; }
  [[nodiscard]] const std::vector<Socket>& sockets() const { return sockets_; }

 private:
  friend class Opener;
  std::vector<Socket> sockets_;
  std::vector<io::OwnFile> files_;
  std::string published_;
};

}  // namespace headway::daemon
