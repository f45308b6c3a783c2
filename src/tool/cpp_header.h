// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <span>
#include <string>

#include "headway/introspection.h"

namespace headway::tool {

struct HeaderOptions {
  std::string source;  // said in the header's first line
  std::string
      name_space;  // "a::b"; empty: by the interfaces' names, org::example for org.example.I
};

/// A header with these interfaces, each as a struct template whose role makes it a proxy or a
/// service (headway/interface.h), and with the structs that their types need. The same interfaces
/// give the same text. An error says what cannot be written in C++.
[[nodiscard]] std::expected<std::string, std::string> cpp_header(
    std::span<const introspection::interface> interfaces, const HeaderOptions& options);

}  // namespace headway::tool
