// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headway/message.h"
#include "tool/peer_book.h"

namespace headway::tool {

/// Which messages to show. An empty list asks for nothing; of one list any entry is enough; all
/// lists must be content. Texts are shell patterns.
struct MonitorFilter {
  std::vector<message_type> types;
  std::vector<std::string> names;  // of the sender or the destination, whichever names they have
  std::vector<std::string> interfaces;
  std::vector<std::string> members;
  std::vector<std::string> paths;
  std::vector<std::string> path_namespaces;  // the object and all below it; no patterns
  std::vector<std::string> executables;      // of the sender: the path or its last part
  std::vector<std::uint32_t> pids;           // of the sender
  std::vector<std::uint32_t> uids;           // of the sender

  /// Whether it must be known who a sender is.
  [[nodiscard]] bool asks_for_process() const {
    return !executables.empty() || !pids.empty() || !uids.empty();
  }
};

/// Whether the message fits, whatever its type.
[[nodiscard]] bool fits(const MonitorFilter& filter, const message& what, const PeerBook& peers);
/// Whether messages of this type are shown.
[[nodiscard]] bool fits_type(const MonitorFilter& filter, message_type type);

/// Match rules for BecomeMonitor: what they let through contains all that fits, and who comes and
/// goes. None: everything. What the bus need not send costs nobody anything.
[[nodiscard]] std::vector<std::string> rules_of(const MonitorFilter& filter);

/// "call", "method_call", "return", "method_return", "reply", "error", "signal".
[[nodiscard]] std::optional<message_type> parse_message_type(std::string_view word);
/// "call", "return", "error", "signal".
[[nodiscard]] std::string_view word_of(message_type type);

}  // namespace headway::tool
