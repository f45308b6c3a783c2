// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "headway/object.h"

namespace headway::client {

class Core;
using detail::offered;

/// What this connection offers, by path. Answers method calls: to the objects, and itself to
/// Peer, Introspectable and Properties, whose words come from the members' own tables.
class Objects {
 public:
  explicit Objects(Core& core) : core_(core) {}
  Objects(const Objects&) = delete;
  Objects& operator=(const Objects&) = delete;

  /// False if that interface is offered at that path already.
  [[nodiscard]] bool add(offered& object);
  void remove(const offered& object) noexcept;

  /// Runs users' code.
  void dispatch(const message& call);

  void note_changes(offered& object);
  /// One PropertiesChanged for each object that has changed.
  void emit_changes();

 private:
  using Interfaces = std::vector<offered*>;

  [[nodiscard]] const Interfaces& interfaces_at(const message& call) const;
  [[nodiscard]] offered& interface_of(const message& call, std::string_view interface) const;
  void invoke(const message& call);
  bool answer_standard(const message& call);
  void answer_properties(const message& call);
  [[nodiscard]] std::string introspect(std::string_view path) const;
  [[nodiscard]] bool is_known(std::string_view path) const;

  Core& core_;
  std::map<std::string, Interfaces, std::less<>> by_path_;
  std::vector<offered*> changed_;
};

}  // namespace headway::client
