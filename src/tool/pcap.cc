// SPDX-License-Identifier: MIT
#include "tool/pcap.h"

#include <fmt/format.h>

#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "wire/message.h"
#include "wire/types.h"

namespace headway::tool {
namespace {

constexpr std::uint32_t magic_of_microseconds = 0xa1b2c3d4;
constexpr std::uint32_t magic_of_nanoseconds = 0xa1b23c4d;
constexpr std::uint32_t magic_of_pcapng = 0x0a0d0d0a;  // the same in both byte orders
constexpr std::uint32_t link_type_of_dbus = 231;
constexpr std::uint32_t link_type_mask = 0x0fffffff;  // what is above is about checksums

// As they lie in memory: whoever reads them sees by the magic number in which order that is.
struct Head {
  std::uint32_t magic = magic_of_microseconds;
  std::uint16_t major_version = 2;
  std::uint16_t minor_version = 4;
  std::uint32_t time_zone = 0;
  std::uint32_t accuracy = 0;
  std::uint32_t record_bytes_max = wire::message_bytes_max;
  std::uint32_t link_type = link_type_of_dbus;
};
struct RecordHead {
  std::uint32_t seconds = 0;
  std::uint32_t fraction = 0;
  std::uint32_t bytes_here = 0;
  std::uint32_t bytes = 0;
};

template <class T>
std::string_view raw(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// How many bytes of `value` the file still had.
template <class T>
std::size_t read(std::FILE* file, T& value) {
  return std::fread(reinterpret_cast<char*>(&value), 1, sizeof value, file);
}

std::unexpected<std::string> unreadable(std::FILE* file, std::string_view otherwise) {
  if (std::ferror(file) != 0) return std::unexpected(std::string(std::strerror(errno)));
  return std::unexpected(std::string(otherwise));
}

WallTime time_of(std::uint32_t seconds, std::uint32_t fraction, std::int64_t per_second) {
  const std::chrono::nanoseconds part(fraction * (1'000'000'000 / per_second));
  return WallTime(std::chrono::seconds(seconds)) +
         std::chrono::duration_cast<WallTime::duration>(part);
}

/// The message in these bytes, with descriptors that are none in place of those it came with.
std::expected<message, std::string> message_in(Bytes bytes) {
  const auto parsed = wire::parse_message(bytes);
  if (!parsed) return std::unexpected(std::string(wire::describe(parsed.error())));
  auto what = message::parse(bytes, std::vector<unique_fd>(parsed->unix_fds));
  if (!what) return std::unexpected(what.error().text());
  return std::move(*what);
}

}  // namespace

std::string pcap_head() { return std::string(raw(Head{})); }

void append_pcap(std::string& out, const message& what, WallTime when) {
  const auto since = when.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(since - seconds);
  const auto bytes = static_cast<std::uint32_t>(what.bytes().size());
  out += raw(RecordHead{static_cast<std::uint32_t>(seconds.count()),
                        static_cast<std::uint32_t>(rest.count()), bytes, bytes});
  out += as_text(what.bytes());
}

std::uint32_t PcapReader::native(std::uint32_t word) const {
  return is_foreign_ ? std::byteswap(word) : word;
}

std::expected<PcapReader, std::string> PcapReader::open(std::FILE* file) {
  PcapReader reader(file);
  Head head;
  if (read(file, head) != sizeof head) return unreadable(file, "it is no pcap file: too short");
  if (head.magic == magic_of_pcapng) {
    return std::unexpected("it is a pcapng file; `editcap -F pcap` makes a pcap file of it");
  }
  for (const bool is_foreign : {false, true}) {
    reader.is_foreign_ = is_foreign;
    if (reader.native(head.magic) == magic_of_microseconds) reader.per_second_ = 1'000'000;
    if (reader.native(head.magic) == magic_of_nanoseconds) reader.per_second_ = 1'000'000'000;
    if (reader.per_second_ != 0) break;
  }
  if (reader.per_second_ == 0) return std::unexpected("it is no pcap file");
  const std::uint32_t link_type = reader.native(head.link_type) & link_type_mask;
  if (link_type != link_type_of_dbus) {
    return std::unexpected(fmt::format("it has no D-Bus messages (link type {}) but link type {}",
                                       link_type_of_dbus, link_type));
  }
  return reader;
}

std::expected<std::optional<PcapReader::Record>, std::string> PcapReader::next() {
  RecordHead head;
  ++count_;
  const std::size_t here = read(file_, head);
  if (here == 0 && std::ferror(file_) == 0) return std::nullopt;
  if (here != sizeof head) {
    return unreadable(file_, fmt::format("it ends in the middle of message {}", count_));
  }
  const std::uint32_t size = native(head.bytes_here);
  if (size > wire::message_bytes_max) {
    return std::unexpected(fmt::format("message {} would have {} bytes", count_, size));
  }
  if (size != native(head.bytes)) {
    return std::unexpected(fmt::format("of message {} only the first {} of {} bytes were kept",
                                       count_, size, native(head.bytes)));
  }
  bytes_.resize(size);
  if (std::fread(bytes_.data(), 1, size, file_) != size) {
    return unreadable(file_, fmt::format("it ends in the middle of message {}", count_));
  }
  auto what = message_in(as_bytes(bytes_));
  if (!what) {
    return std::unexpected(fmt::format("message {} is none: {}", count_, what.error()));
  }
  return Record{time_of(native(head.seconds), native(head.fraction), per_second_),
                std::move(*what)};
}

}  // namespace headway::tool
