// SPDX-License-Identifier: MIT
// What the kernel answers, and labels: any text is understood or refused, and a label is its parts.
#include <string>

#include "base/assert.h"
#include "base/bytes.h"
#include "fuzz_target.h"
#include "lsm/apparmor_query.h"
#include "lsm/selinux_fs.h"
#include "lsm/selinux_notices.h"

using namespace headway;
using namespace headway::lsm;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes{data, size};
  const std::string_view text = as_text(bytes);

  static_cast<void>(parse_access(text));
  static_cast<void>(parse_permissions(text));
  static_cast<void>(mediates_dbus(text));
  for (const SelinuxNotices::Notice& notice : parse_notices(bytes)) {
    HEADWAY_ASSERT(!audit_text(notice).empty());
  }

  const ApparmorLabel label = parse_apparmor_label(text);
  if (!text.empty()) {
    std::string whole(label.name);
    if (text != label.name) whole += " (" + std::string(label.mode) + ")";
    HEADWAY_ASSERT(whole == text);
  }
  return 0;
}
