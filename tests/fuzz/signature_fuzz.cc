// SPDX-License-Identifier: MIT
// The signature checker agrees with a recursive one that is written as the specification reads.
#include <string_view>

#include "base/assert.h"
#include "base/bytes.h"
#include "fuzz_target.h"
#include "wire/signature.h"

namespace {

using namespace headway;

constexpr std::string_view basic = "ybnqiuxtdsogh";

/// Length of the complete type at the start of `text`, 0 if there is none.
std::size_t one(std::string_view text, int arrays, int structs) {
  if (text.empty()) return 0;
  const char code = text[0];
  if (code == 'v' || basic.contains(code)) return 1;
  if (code == 'a') {
    if (arrays == 32 || text.size() < 2) return 0;
    if (text[1] != '{') {
      const std::size_t element = one(text.substr(1), arrays + 1, structs);
      return element == 0 ? 0 : 1 + element;
    }
    if (text.size() < 3 || !basic.contains(text[2])) return 0;
    const std::size_t value = one(text.substr(3), arrays + 1, structs);
    if (value == 0 || 3 + value >= text.size() || text[3 + value] != '}') return 0;
    return 4 + value;
  }
  if (code != '(' || structs == 32) return 0;
  std::size_t at = 1;
  while (at < text.size() && text[at] != ')') {
    const std::size_t member = one(text.substr(at), arrays, structs + 1);
    if (member == 0) return 0;
    at += member;
  }
  return at == 1 || at == text.size() ? 0 : at + 1;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  std::size_t at = 0;
  std::size_t types = 0;
  bool good = size <= 255;
  while (good && at < size) {
    const std::size_t length = one(text.substr(at), 0, 0);
    good = length != 0;
    at += length;
    ++types;
  }
  HEADWAY_ASSERT(wire::is_signature(text) == good);
  HEADWAY_ASSERT(wire::is_single_complete_type(text) == (good && types == 1));
  if (!good) return 0;

  for (at = 0; at < size; at += wire::complete_type_length(text.substr(at))) {
    HEADWAY_ASSERT(wire::complete_type_length(text.substr(at)) == one(text.substr(at), 0, 0));
  }
  return 0;
}
