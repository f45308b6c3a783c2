// SPDX-License-Identifier: MIT
#include "config/service_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace headway::config {
namespace {

bool is_service_file_name(std::string_view name) {
  constexpr std::string_view ending = ".service";
  return name.size() > ending.size() && name.ends_with(ending);
}

}  // namespace

ServiceCatalog::ServiceCatalog(std::vector<ServiceDirectory> directories, bool is_system_bus)
    : is_system_bus_(is_system_bus) {
  for (ServiceDirectory& facts : directories) {
    const bool known = std::ranges::any_of(
        directories_, [&](const Directory& other) { return other.facts.path == facts.path; });
    if (!known) directories_.push_back(Directory{.facts = std::move(facts)});
  }
}

std::vector<std::string> ServiceCatalog::rescan(Environment& environment, Which which) {
  for (Directory& directory : directories_) {
    if (which == Which::all || !directory.facts.watched) scan(directory, environment);
  }
  merge();

  std::vector<std::string> fresh;
  std::set<std::string> given;
  for (const Directory& directory : directories_) {
    for (const std::string& warning : directory.warnings) {
      if (given.insert(warning).second && !warnings_.contains(warning)) fresh.push_back(warning);
    }
  }
  warnings_ = std::move(given);
  return fresh;
}

void ServiceCatalog::scan(Directory& directory, Environment& environment) const {
  const std::string& path = directory.facts.path;
  directory.files.clear();
  directory.warnings.clear();
  directory.files_read = 0;
  auto names = environment.list_directory(path);
  if (!names) {
    if (!names.error().missing) {
      directory.warnings.push_back(fmt::format("{}: {}", path, names.error().text));
    }
    return;
  }
  std::erase_if(*names, [](const std::string& name) { return !is_service_file_name(name); });
  std::ranges::sort(*names);

  const std::size_t room = files_max - std::min(files_max, files_read());
  if (names->size() > room) {
    directory.warnings.push_back(
        fmt::format("{}: more than {} service files; the rest is not read", path, files_max));
    names->resize(room);
  }
  directory.files_read = names->size();

  std::vector<std::pair<std::string, ServiceFile>> misnamed;
  for (const std::string& name : *names) {
    const std::string file_path = fmt::format("{}/{}", path == "/" ? "" : path, name);
    const auto text = environment.read_file(file_path);
    if (!text) {
      if (text.error().missing) continue;  // it has just gone
      directory.warnings.push_back(fmt::format("{}: {}", file_path, text.error().text));
      continue;
    }
    auto file = parse_service_file(*text, file_path);
    if (!file) {
      directory.warnings.push_back(to_string(file.error()));
    } else if (name != conventional_file_name(file->name)) {
      misnamed.emplace_back(name, std::move(*file));
    } else {
      directory.files.push_back(std::move(*file));
    }
  }
  for (auto& [name, file] : misnamed) {
    if (accept(directory, name, file)) directory.files.push_back(std::move(file));
  }
}

/// ACT-006, ACT-007.
bool ServiceCatalog::accept(Directory& directory, const std::string& file_name,
                            const ServiceFile& file) const {
  const auto warn = [&](std::string_view text) {
    directory.warnings.push_back(fmt::format("{}: {}", file.path, text));
  };
  const std::string expected = conventional_file_name(file.name);
  if (directory.facts.strict_names) {
    warn(fmt::format("ignored: in this directory it has to be called \"{}\"", expected));
    return false;
  }
  const auto same = std::ranges::find(directory.files, file.name, &ServiceFile::name);
  if (same != directory.files.end()) {
    warn(fmt::format("ignored: \"{}\" is also the Name in {}", file.name, same->path));
    return false;
  }
  if (is_system_bus_) {
    warn(fmt::format("\"{}\" should be called \"{}\"; the helper of a system bus does not find it",
                     file_name, expected));
  }
  return true;
}

void ServiceCatalog::merge() {
  std::map<std::string_view, const ServiceFile*> first;
  for (const Directory& directory : directories_) {
    for (const ServiceFile& file : directory.files) first.try_emplace(file.name, &file);
  }
  services_.clear();
  services_.reserve(first.size());
  for (const auto& [name, file] : first) services_.push_back(*file);
}

std::size_t ServiceCatalog::files_read() const {
  std::size_t sum = 0;
  for (const Directory& directory : directories_) sum += directory.files_read;
  return sum;
}

const ServiceFile* ServiceCatalog::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(services_, name, {}, &ServiceFile::name);
  return found != services_.end() && found->name == name ? &*found : nullptr;
}

}  // namespace headway::config
