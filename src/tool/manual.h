// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace headway::tool {

/// The manual page headway(1), as scdoc(5) reads it: what the tables of the verbs and programs say,
/// between what is said of all of them. The build makes the page of it.
[[nodiscard]] std::string manual_page();

}  // namespace headway::tool
