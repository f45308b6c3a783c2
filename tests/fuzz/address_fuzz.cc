// SPDX-License-Identifier: MIT
// What parses prints as text that parses to the same; errors stay short and printable; the typed
// checks take any entry.
#include <algorithm>

#include "base/assert.h"
#include "base/bytes.h"
#include "fuzz_target.h"
#include "wire/address.h"

namespace {

using namespace headway;
using namespace headway::wire;

void check_error(const AddressError& error) {
  HEADWAY_ASSERT(!error.text.empty());
  HEADWAY_ASSERT(error.text.size() < 512);
  HEADWAY_ASSERT(std::ranges::all_of(error.text, [](char c) { return c >= ' ' && c <= '~'; }));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const auto unescaped = unescape_address_value(escape_address_value(text));
  HEADWAY_ASSERT(unescaped.has_value() && *unescaped == text);

  const auto entries = parse_address(text);
  if (!entries) {
    check_error(entries.error());
    return 0;
  }
  HEADWAY_ASSERT(!entries->empty());
  const auto again = parse_address(to_string(*entries));
  HEADWAY_ASSERT(again.has_value() && *again == *entries);
  for (const auto& entry : *entries) {
    const auto listen = listen_address(entry);
    if (!listen) check_error(listen.error());
    const auto connect = connect_address(entry);
    if (!connect) check_error(connect.error());
  }
  return 0;
}
