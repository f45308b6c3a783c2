// SPDX-License-Identifier: MIT
#pragma once

#include "tool/program.h"

namespace headway::tool {

/// `headway __complete WORD...`, which the completions of shells call with the words behind
/// "headway", the last of which is being typed. Prints a candidate a line, perhaps with a tab and a
/// few words about it behind; or ":files" or ":commands" where those of the shell are wanted. Asks
/// services what they have, but starts none.
int complete(Arguments words);

}  // namespace headway::tool
