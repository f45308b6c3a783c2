// SPDX-License-Identifier: MIT
#include "client/families.h"

#include "client/core.h"

namespace headway {

detail::family::family(const connection& offerer, template_text where, std::string_view what)
    : bus(offerer), paths(where), interface(what) {}

detail::family::~family() { bus.core()->objects().families().remove(*this); }

void detail::family::publish() { bus.core()->objects().families().add(*this); }

std::vector<std::string> client::Families::paths() const {
  std::vector<std::string> found;
  const std::vector<family*> all = all_;
  for (const family* const one : all) {
    found.push_back(one->paths.prefix());
    for (const path_words& words : one->list()) found.push_back(one->paths.fill(words).str());
  }
  return found;
}

}  // namespace headway
