// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/families.h"
#include "client/managers.h"
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

  [[nodiscard]] Families& families() { return families_; }
  [[nodiscard]] Managers& managers() { return managers_; }
  void note_changes(offered& object);
  /// What managers have to say, then one PropertiesChanged for each object that has changed.
  void emit_changes();

 private:
  using Interfaces = Managers::Interfaces;

  [[nodiscard]] const Interfaces* find(std::string_view path);
  /// What families have there and nobody asked for before. Runs users' code.
  void make_missing(std::string_view path);
  [[nodiscard]] std::span<offered* const> interfaces_of(const message& call,
                                                        std::string_view interface);
  void invoke(const detail::incoming& back);
  bool answer_standard(const detail::incoming& back);
  void answer_properties(const detail::incoming& back);
  [[nodiscard]] std::optional<std::string> introspect(std::string_view path);

  Core& core_;
  Managers::ByPath by_path_;
  const Managers::ByPath::value_type* latest_ = nullptr;  // of by_path_: asked for last
  Managers managers_;
  std::vector<offered*> changed_;
  Families families_;
};

}  // namespace headway::client
