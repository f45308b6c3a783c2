// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstdio>
#include <expected>
#include <optional>
#include <string>

#include "headway/message.h"
#include "tool/wall_time.h"

/// Messages in files as Wireshark, Bustle and `dbus-monitor --pcap` have them: pcap with the link
/// type of D-Bus, a record for each whole message. Descriptors are not in them.
namespace headway::tool {

/// The head of a file, and the record of one message.
[[nodiscard]] std::string pcap_head();
void append_pcap(std::string& out, const message& what, WallTime when);

/// Reads such a file, in either byte order and with times in micro- or nanoseconds. Total: whatever
/// is in the file gives messages and an end, or a text that says what is wrong with it.
class PcapReader {
 public:
  struct Record {
    WallTime when;
    message what;  // its descriptors are all -1
  };

  /// Borrows the file.
  [[nodiscard]] static std::expected<PcapReader, std::string> open(std::FILE* file);

  /// The next message; none at the end.
  [[nodiscard]] std::expected<std::optional<Record>, std::string> next();

 private:
  explicit PcapReader(std::FILE* file) : file_(file) {}
  [[nodiscard]] std::uint32_t native(std::uint32_t word) const;

  std::FILE* file_;
  bool is_foreign_ = false;      // of the other byte order
  std::int64_t per_second_ = 0;  // the units of the second word of a time
  std::uint64_t count_ = 0;      // of records begun
  std::string bytes_;
};

}  // namespace headway::tool
