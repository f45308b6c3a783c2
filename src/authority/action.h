// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "authority/verdict.h"

namespace headway::authority {

/// A text for people, in the languages that its file has it in.
struct LocalisedText {
  std::string plain;
  std::string domain;                              // of gettext; empty: none
  std::map<std::string, std::string> by_language;  // xml:lang to text
  bool operator==(const LocalisedText&) const = default;
};

/// In the words of a locale ("de_AT.UTF-8"): of that exact name, of its language, of gettext, or
/// untranslated. Any text may be given as locale; what is none gives the untranslated text.
[[nodiscard]] std::string localised(const LocalisedText& text, const std::string& locale);

/// Something that a program asks for permission to do, as an action file describes it.
struct Action {
  std::string id;
  LocalisedText description;
  LocalisedText message;
  std::string vendor;
  std::string vendor_url;
  std::string icon_name;
  Verdict any = Verdict::no;
  Verdict inactive = Verdict::no;
  Verdict active = Verdict::no;
  std::map<std::string, std::string> annotations;
  std::string file;  // where it stands
  std::uint32_t line = 0;
  bool operator==(const Action&) const = default;
};

/// Annotations that decide something.
inline constexpr const char* imply_annotation = "org.freedesktop.policykit.imply";
inline constexpr const char* owner_annotation = "org.freedesktop.policykit.owner";

}  // namespace headway::authority
