// SPDX-License-Identifier: MIT
#include "authority/action.h"

#include <libintl.h>
#include <locale.h>

#include <algorithm>
#include <string_view>

namespace headway::authority {
namespace {

/// The C library makes a path of it.
bool is_locale_name(std::string_view text) {
  constexpr std::size_t bytes_max = 64;
  return !text.empty() && text.size() <= bytes_max && text.front() != '.' &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.' || c == '@';
         });
}

std::string by_gettext(const LocalisedText& text, const std::string& locale) {
  const locale_t words = ::newlocale(LC_MESSAGES_MASK | LC_CTYPE_MASK, locale.c_str(), nullptr);
  if (words == nullptr) return text.plain;
  const locale_t before = ::uselocale(words);
  ::bind_textdomain_codeset(text.domain.c_str(), "UTF-8");
  std::string translated = ::dgettext(text.domain.c_str(), text.plain.c_str());
  ::uselocale(before);
  ::freelocale(words);
  return translated;
}

}  // namespace

std::string localised(const LocalisedText& text, const std::string& locale) {
  if (!is_locale_name(locale)) return text.plain;
  // "de_AT.UTF-8", "de_AT", "de"
  for (const auto& name : {locale, locale.substr(0, locale.find_first_of(".@")),
                           locale.substr(0, locale.find_first_of("_.@"))}) {
    if (const auto found = text.by_language.find(name); found != text.by_language.end()) {
      return found->second;
    }
  }
  if (text.domain.empty() || text.plain.empty()) return text.plain;
  return by_gettext(text, locale);
}

}  // namespace headway::authority
