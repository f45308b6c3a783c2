// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headway/object.h"

namespace headway::client {

class Core;
using detail::offered;

/// The ObjectManagers of a connection: at which paths they are, and what they have yet to say of
/// objects that came or went below. As with changes of properties that waits until something else
/// is sent: an object is told of as it is when its service has set it up.
class Managers {
 public:
  using Interfaces = std::vector<offered*>;
  using ByPath = std::map<std::string, Interfaces, std::less<>>;

  /// False if there is one already.
  [[nodiscard]] bool add(std::string_view path) { return paths_.emplace(path).second; }
  void remove(const std::string& path) noexcept { paths_.erase(path); }
  [[nodiscard]] bool is_at(std::string_view path) const { return paths_.contains(path); }
  [[nodiscard]] const std::set<std::string, std::less<>>& paths() const { return paths_; }

  /// True if somebody will be told.
  bool note_added(offered& object);
  bool note_removed(const offered& object);
  [[nodiscard]] bool has_news() const { return !added_.empty() || !removed_.empty(); }
  /// InterfacesRemoved, then InterfacesAdded, of each manager for each object.
  void tell(Core& core);

  /// What GetManagedObjects answers: all below.
  [[nodiscard]] static detail::output objects_below(std::string_view path, const ByPath& objects);

 private:
  [[nodiscard]] bool is_managed(std::string_view path) const;
  template <class Add>
  void send(Core& core, std::string_view object, std::string_view member,
            std::string_view signature, Add add_rest) const;

  std::set<std::string, std::less<>> paths_;
  Interfaces added_;
  std::map<std::string, std::vector<std::string>> removed_;  // interfaces
};

}  // namespace headway::client
