// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "authority/action.h"

namespace headway::authority {

/// All actions that are known: what the `.policy` files of some directories say. A file masks those
/// of the same name in later directories; then files count in the order of their names, and of two
/// descriptions of one action the one that is read last.
///
/// A value: whoever wants newer actions loads anew. Cost of a load: reading all files.
class ActionCatalog {
 public:
  static constexpr std::size_t files_max = 8192;

  ActionCatalog() = default;
  explicit ActionCatalog(std::vector<Action> actions);

  /// Never fails: what cannot be read is told in `warnings`, and the rest counts.
  [[nodiscard]] static ActionCatalog load(const std::vector<std::string>& directories,
                                          std::vector<std::string>& warnings);

  /// None: not registered.
  [[nodiscard]] const Action* find(std::string_view id) const;
  /// All of them, by id.
  [[nodiscard]] const std::map<std::string, Action, std::less<>>& actions() const {
    return actions_;
  }
  /// Those whose annotation says that who may do them may do this, too.
  [[nodiscard]] std::vector<const Action*> implying(std::string_view id) const;

 private:
  std::map<std::string, Action, std::less<>> actions_;
  std::map<std::string, std::vector<std::string>, std::less<>> implied_by_;
};

/// Where a machine has its action files, in order.
[[nodiscard]] std::vector<std::string> standard_action_directories();

/// The words of an annotation that lists something.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

}  // namespace headway::authority
