// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "headway/family.h"

namespace headway::client {

using detail::family;

/// The families of objects of a connection, whose objects are made when somebody asks for them.
class Families {
 public:
  void add(family& one) { all_.push_back(&one); }
  void remove(const family& one) noexcept { std::erase(all_, &one); }

  /// Makes the objects that families have at that path, but none of an interface of which
  /// `is_offered(interface)` says that it is there. Runs users' code.
  template <class IsOffered>
  void make(std::string_view path, IsOffered is_offered) const {
    // Users' code may offer more, behind.
    for (std::size_t i = 0; i < all_.size(); ++i) {
      family& one = *all_[i];
      if (is_offered(one.interface)) continue;
      if (const auto words = one.paths.match(path)) one.make(object_path(path), *words);
    }
  }
  /// Where they begin, and the objects that they list. Runs users' code.
  [[nodiscard]] std::vector<std::string> paths() const;

 private:
  std::vector<family*> all_;
};

}  // namespace headway::client
