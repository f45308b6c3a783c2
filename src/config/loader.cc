// SPDX-License-Identifier: MIT
#include "config/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "config/limits.h"

namespace headway::config {
namespace {

constexpr std::size_t include_depth_max = 32;

/// Numbers need no account; 2^32 - 1 is the system's way to say "nobody".
template <typename LookUp>
std::optional<std::uint32_t> id_of(const std::string& account, LookUp look_up) {
  if (account.find_first_not_of("0123456789") != account.npos) return look_up(account);
  const auto number = parse_number(account, std::numeric_limits<std::uint32_t>::max() - 1);
  if (!number) return {};
  return static_cast<std::uint32_t>(*number);
}

void add(std::vector<std::string>& list, const std::string& value) {
  if (std::ranges::find(list, value) == list.end()) list.push_back(value);
}

}  // namespace

std::expected<std::string, SourceError> Loader::read(const std::string& path) {
  add(files_read_, path);
  return environment_.read_file(path);
}

Result<Fragment> Loader::parse(const std::string& path, std::string_view document) {
  const auto file = static_cast<std::uint32_t>(files_.size());
  files_.push_back(path);

  open_.push_back(path);
  auto result = FileReader(*this, file, path, document).read();
  open_.pop_back();
  return result;
}

std::optional<std::string> Loader::refusal(const std::string& path) const {
  if (std::ranges::find(open_, path) != open_.end()) {
    return fmt::format("\"{}\" includes itself: {} -> {}", path, fmt::join(open_, " -> "), path);
  }
  if (open_.size() >= include_depth_max) {
    return fmt::format("\"{}\" would be included more than {} deep", path, include_depth_max);
  }
  if (files_.size() >= config_files_max) {
    return fmt::format("\"{}\" would be one of more than {} files", path, config_files_max);
  }
  return {};
}

std::optional<std::uint32_t> Loader::uid_of(const std::string& user) {
  const auto known = users_.find(user);
  if (known != users_.end()) return known->second;
  return users_[user] = id_of(user, [&](auto& name) { return environment_.uid_of(name); });
}

std::optional<std::uint32_t> Loader::gid_of(const std::string& group) {
  const auto known = groups_.find(group);
  if (known != groups_.end()) return known->second;
  return groups_[group] = id_of(group, [&](auto& name) { return environment_.gid_of(name); });
}

std::expected<std::vector<std::string>, SourceError> Loader::list(const std::string& directory) {
  add(watch_directories_, directory);
  auto names = environment_.list_directory(directory);
  if (!names) return names;
  std::erase_if(*names, [](const std::string& name) { return !name.ends_with(".conf"); });
  std::ranges::sort(*names);
  return names;
}

void Loader::finish(BusConfig& config) && {
  config.policy.files = std::move(files_);
  config.files_read = std::move(files_read_);
  config.watch_directories = std::move(watch_directories_);
}

}  // namespace headway::config
