// SPDX-License-Identifier: MIT
#include "io/error.h"

#include <cstring>

namespace headway::io {

std::string describe(const Error& error) {
  std::string text = error.call;
  if (!text.empty()) text += ": ";
  return text + std::strerror(error.number);
}

}  // namespace headway::io
