// SPDX-License-Identifier: MIT
// The validators, which look at many bytes at once, agree with ones that split at the separator and
// look at each character.
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/bytes.h"
#include "fuzz_target.h"
#include "wire/names.h"

namespace {

using namespace headway;

constexpr std::string_view digits = "0123456789";
const std::string letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

struct Rules {
  char separator;
  std::string first;
  std::string later;
};

/// Number of elements, 0 if one of them is bad.
std::size_t elements(std::string_view text, const Rules& rules) {
  std::size_t count = 0;
  for (;;) {
    const std::size_t end = text.find(rules.separator);
    const std::string_view element = text.substr(0, end);
    if (element.empty() || !rules.first.contains(element[0])) return 0;
    if (element.find_first_not_of(rules.later) != element.npos) return 0;
    ++count;
    if (end == text.npos) return count;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  const std::string word = letters + std::string(digits);
  const Rules interface{'.', letters, word};
  const Rules bus{'.', letters + "-", word + "-"};
  const Rules unique{'.', word + "-", word + "-"};
  const Rules path{'/', word, word};
  const bool fits = size <= 255;

  HEADWAY_ASSERT(wire::is_interface_name(text) == (fits && elements(text, interface) >= 2));
  HEADWAY_ASSERT(wire::is_error_name(text) == wire::is_interface_name(text));
  HEADWAY_ASSERT(wire::is_member_name(text) == (fits && elements(text, interface) == 1));
  HEADWAY_ASSERT(wire::is_well_known_name(text) == (fits && elements(text, bus) >= 2));
  HEADWAY_ASSERT(wire::is_name_namespace(text) == (fits && elements(text, bus) >= 1));
  const bool is_unique = fits && text.starts_with(':') && elements(text.substr(1), unique) >= 2;
  HEADWAY_ASSERT(wire::is_unique_name(text) == is_unique);
  HEADWAY_ASSERT(wire::is_bus_name(text) == (is_unique || wire::is_well_known_name(text)));
  const bool is_path =
      text == "/" || (text.starts_with('/') && elements(text.substr(1), path) >= 1);
  HEADWAY_ASSERT(wire::is_object_path(text) == is_path);
  HEADWAY_ASSERT(wire::is_uuid(text) ==
                 (size == 32 && text.find_first_not_of("0123456789abcdefABCDEF") == text.npos));
  return 0;
}
