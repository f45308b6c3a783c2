// SPDX-License-Identifier: MIT
// Any bytes are a service or an error with a line of the text; what a service says, written down
// again with escapes, reads the same.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/bytes.h"
#include "config/service_file.h"
#include "fuzz_target.h"
#include "wire/names.h"

namespace {

using namespace headway;
using namespace headway::config;

std::string escaped(std::string_view value) {
  std::string result;
  for (const char c : value) {
    constexpr std::string_view special = " \n\t\r\\";
    const auto which = special.find(c);
    if (which == special.npos) {
      result += c;
    } else {
      result += {'\\', "sntr\\"[which]};
    }
  }
  return result;
}

std::string print(const ServiceFile& file) {
  std::string text = "[D-BUS Service]\nName=" + file.name + "\nExec=" + escaped(file.exec) + "\n";
  if (file.user) text += "User=" + escaped(*file.user) + "\n";
  if (file.unit) text += "SystemdService=" + escaped(*file.unit) + "\n";
  if (file.label) text += "AssumedAppArmorLabel=" + escaped(*file.label) + "\n";
  return text;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const auto file = parse_service_file(text, "f");
  if (!file) {
    HEADWAY_ASSERT(file.error().file == "f" && !file.error().text.empty());
    HEADWAY_ASSERT(file.error().line <= 1 + std::ranges::count(text, '\n'));
    return 0;
  }
  HEADWAY_ASSERT(wire::is_well_known_name(file->name));
  HEADWAY_ASSERT(!file->exec.empty() || file->unit || text.contains("Exec"));
  const std::string printed = print(*file);
  if (printed.size() > service_file_bytes_max) return 0;
  HEADWAY_ASSERT(parse_service_file(printed, "f") == *file);
  return 0;
}
