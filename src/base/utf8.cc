// SPDX-License-Identifier: MIT
#include "base/utf8.h"

#include <cstddef>
#include <cstring>

namespace headway {
namespace {

bool is_continuation(std::uint8_t byte) { return (byte & 0xC0) == 0x80; }

}  // namespace

// The table is that of the Unicode standard (3-7): the second byte's range depends on the first.
std::size_t utf8_sequence_bytes(Bytes text) {
  const std::uint8_t lead = text[0];
  if (lead >= 0xC2 && lead <= 0xDF) {
    return text.size() >= 2 && is_continuation(text[1]) ? 2 : 0;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (text.size() < 3 || !is_continuation(text[1]) || !is_continuation(text[2])) return 0;
    if (lead == 0xE0 && text[1] < 0xA0) return 0;
    if (lead == 0xED && text[1] > 0x9F) return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (text.size() < 4 || !is_continuation(text[1]) || !is_continuation(text[2]) ||
        !is_continuation(text[3])) {
      return 0;
    }
    if (lead == 0xF0 && text[1] < 0x90) return 0;
    if (lead == 0xF4 && text[1] > 0x8F) return 0;
    return 4;
  }
  return 0;
}

bool is_utf8(Bytes text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t eight;
    while (text.size() - at >= sizeof eight) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if (eight & 0x8080808080808080u) break;
      at += sizeof eight;
    }
    if (at == text.size()) break;
    if (text[at] < 0x80) {
      ++at;
      continue;
    }
    const std::size_t length = utf8_sequence_bytes(text.subspan(at));
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::string as_utf8(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const bool is_ascii = text.front() != '\0' && (text.front() & 0x80) == 0;
    const std::size_t length = is_ascii ? 1 : utf8_sequence_bytes(as_bytes(text));
    result += length > 0 ? text.substr(0, length) : "\xEF\xBF\xBD";
    text.remove_prefix(length > 0 ? length : 1);
  }
  return result;
}

}  // namespace headway
