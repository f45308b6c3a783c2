// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/bus_config.h"
#include "config/cursor.h"
#include "config/environment.h"
#include "config/fragment.h"

namespace headway::config {

struct RuleElement;  // policy_element.h

/// One load of a configuration: what its files have in common. Reads files into fragments, keeps
/// the table of files, and asks about each account once.
class Loader {
 public:
  explicit Loader(Environment& environment) : environment_(environment) {}

  /// Reads a file and all it includes. The caller has asked refusal() first.
  [[nodiscard]] std::expected<std::string, SourceError> read(const std::string& path);
  [[nodiscard]] Result<Fragment> parse(const std::string& path, std::string_view document);

  /// Why this file must not be read now: it is being read already (CONF-021), or there are too
  /// many.
  [[nodiscard]] std::optional<std::string> refusal(const std::string& path) const;

  /// The number of an account, by its name or by that number.
  [[nodiscard]] std::optional<std::uint32_t> uid_of(const std::string& user);
  [[nodiscard]] std::optional<std::uint32_t> gid_of(const std::string& group);

  /// Names ending in ".conf", sorted (CONF-022). From now on the directory is one to watch.
  [[nodiscard]] std::expected<std::vector<std::string>, SourceError> list(
      const std::string& directory);

  [[nodiscard]] Environment& environment() { return environment_; }

  /// Moves files and watches into a finished configuration.
  void finish(BusConfig& config) &&;

 private:
  using Accounts = std::map<std::string, std::optional<std::uint32_t>, std::less<>>;

  Environment& environment_;
  std::vector<std::string> files_;  // those parsed; RuleSource::file is an index
  std::vector<std::string> open_;   // those being parsed, outermost first
  std::vector<std::string> files_read_;
  std::vector<std::string> watch_directories_;
  Accounts users_;
  Accounts groups_;
};

/// Reads the elements of one file into a fragment (elements.cc).
class FileReader {
 public:
  FileReader(Loader& loader, std::uint32_t file, std::string path, std::string_view document)
      : loader_(loader), cursor_(document, path), file_(file), path_(std::move(path)) {}

  [[nodiscard]] Result<Fragment> read() &&;

 private:
  // One group per kind of content; each consumes the element to its end.
  Result<void> child(Element element);
  Result<bool> flag(const Element& element);
  Result<bool> plain_text(const Element& element);
  Result<std::string> bare_text(const Element& element);
  Result<void> auth(const Element& element, std::string mechanism);
  Result<void> limit(Element element);
  Result<void> apparmor(Element element);
  Result<void> selinux(const Element& element);
  Result<void> include(Element element);
  Result<void> includedir(const Element& element);
  Result<void> include_file(const Element& element, const std::string& path, bool ignore_missing);
  void include_or_skip(const Element& element, const std::string& path);
  Result<bool> yes_or_no(Element& element, std::string_view attribute) const;

  Result<void> policy(const Element& element);
  Result<void> rule(const Element& element, broker::PolicySection& section);
  void connect_rule(const Element& element, RuleElement parsed, broker::PolicySection& section);
  void keep(broker::PolicySection section);
  void keep_late(std::string name, broker::PolicySection section);

  [[nodiscard]] std::string beside_file(const std::string& path) const;
  [[nodiscard]] broker::RuleSource at(const Element& element) const {
    return {file_, element.line};
  }
  void warn(std::uint32_t line, std::string_view text);

  Loader& loader_;
  Cursor cursor_;
  std::uint32_t file_;
  std::string path_;
  Fragment fragment_;
};

}  // namespace headway::config
