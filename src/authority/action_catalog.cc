// SPDX-License-Identifier: MIT
#include "authority/action_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "authority/action_file.h"
#include "authority/files.h"

namespace headway::authority {

std::vector<std::string> standard_action_directories() {
  return {"/etc/polkit-1/actions", "/run/polkit-1/actions", "/usr/local/share/polkit-1/actions",
          "/usr/share/polkit-1/actions"};
}

std::vector<std::string> words_of(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  std::vector<std::string> words;
  for (auto at = text.find_first_not_of(space); at != text.npos;
       at = text.find_first_not_of(space, at)) {
    const auto end = std::min(text.find_first_of(space, at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

ActionCatalog::ActionCatalog(std::vector<Action> actions) {
  for (Action& action : actions) {
    std::string id = action.id;
    actions_.insert_or_assign(std::move(id), std::move(action));
  }
  for (const auto& [id, action] : actions_) {
    const auto imply = action.annotations.find(imply_annotation);
    if (imply == action.annotations.end()) continue;
    for (std::string& implied : words_of(imply->second)) {
      auto& implying = implied_by_[std::move(implied)];
      if (implying.empty() || implying.back() != id) implying.push_back(id);
    }
  }
}

ActionCatalog ActionCatalog::load(const std::vector<std::string>& directories,
                                  std::vector<std::string>& warnings) {
  std::map<std::string, std::string> paths;  // base name to path
  for (const std::string& directory : directories) {
    const auto names = list_files(directory, ".policy");
    if (!names) {
      if (names.error().number != ENOENT) {
        warnings.push_back(fmt::format("{}: {}", directory, describe(names.error())));
      }
      continue;
    }
    for (const std::string& name : *names) {
      if (paths.size() < files_max) paths.try_emplace(name, directory + "/" + name);
    }
  }
  if (paths.size() == files_max) {
    warnings.push_back(fmt::format("there are {} action files; more do not count", files_max));
  }

  std::map<std::string, Action> found;
  for (const auto& [name, path] : paths) {
    const auto text = read_file(path, action_file_bytes_max);
    if (!text) {
      warnings.push_back(fmt::format("{}: {}", path, describe(text.error())));
      continue;
    }
    ActionFile file = parse_action_file(*text, path);
    warnings.insert(warnings.end(), file.warnings.begin(), file.warnings.end());
    for (Action& action : file.actions) {
      const auto [same, is_new] = found.try_emplace(action.id, action);
      if (is_new) continue;
      warnings.push_back(fmt::format("{}:{}: the action {} is also in {}:{}, which does not count",
                                     action.file, action.line, action.id, same->second.file,
                                     same->second.line));
      same->second = std::move(action);
    }
  }
  std::vector<Action> actions;
  actions.reserve(found.size());
  for (auto& [id, action] : found) actions.push_back(std::move(action));
  return ActionCatalog(std::move(actions));
}

const Action* ActionCatalog::find(std::string_view id) const {
  const auto found = actions_.find(id);
  return found == actions_.end() ? nullptr : &found->second;
}

std::vector<const Action*> ActionCatalog::implying(std::string_view id) const {
  std::vector<const Action*> result;
  if (const auto found = implied_by_.find(id); found != implied_by_.end()) {
    for (const std::string& implying : found->second) result.push_back(find(implying));
  }
  return result;
}

}  // namespace headway::authority
