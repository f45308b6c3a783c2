// SPDX-License-Identifier: MIT
// Any bytes are actions and warnings: ids are distinct and not empty, and every action stands in
// a line of the text.
#include <algorithm>
#include <string>
#include <string_view>

#include "authority/action_file.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace headway;
  using namespace headway::authority;
  const auto text = as_text({data, size});
  const ActionFile file = parse_action_file(text, "f");
  // Either ends a line of XML, also alone.
  const auto lines = 1 + std::ranges::count(text, '\n') + std::ranges::count(text, '\r');
  for (std::size_t i = 0; i < file.actions.size(); ++i) {
    const Action& action = file.actions[i];
    HEADWAY_ASSERT(!action.id.empty() && action.line >= 1 && action.line <= lines);
    HEADWAY_ASSERT(std::ranges::count(file.actions, action.id, &Action::id) == 1);
    static_cast<void>(localised(action.message, std::string(text.substr(0, 16))));
  }
  for (const std::string& warning : file.warnings) HEADWAY_ASSERT(warning.starts_with("f:"));
  return 0;
}
