// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/bus_config.h"
#include "config/environment.h"
#include "config/service_file.h"

namespace headway::config {

/// The services that can be started: what the .service files of some directories say, an earlier
/// directory before a later one (ACT-007), within one the file that is called after its service
/// before others, then in the order of their names.
///
/// Knows what the last rescan found; who wants it newer (ACT-008) scans again, when a directory is
/// said to have changed or before a name is said to be unknown.
class ServiceCatalog {
 public:
  /// Files read, in all directories together; more are not.
  static constexpr std::size_t files_max = 8192;

  /// Which directories a rescan reads: all, or those of whose changes nobody tells
  /// (ServiceDirectory::watched), which is what a question about an unknown name may cost.
  enum class Which : std::uint8_t { all, unwatched };

  ServiceCatalog() = default;
  /// Knows nothing before its first rescan. On a system bus a file that is not called after its
  /// service gives a warning: the helper will not find it (ACT-006).
  ServiceCatalog(std::vector<ServiceDirectory> directories, bool is_system_bus);

  /// Reads anew. Returns warnings, "file: text" or "file:line: text", that the last rescan did not
  /// give. A file or directory that cannot be used does not keep others from being used.
  [[nodiscard]] std::vector<std::string> rescan(Environment& environment, Which which = Which::all);

  /// None: no such service. Valid until the next rescan.
  [[nodiscard]] const ServiceFile* find(std::string_view name) const;

  /// All of them, by name.
  [[nodiscard]] const std::vector<ServiceFile>& services() const { return services_; }

 private:
  struct Directory {
    ServiceDirectory facts;
    std::vector<ServiceFile> files;     // names distinct
    std::vector<std::string> warnings;  // of the last rescan
    std::size_t files_read = 0;
  };

  void scan(Directory& directory, Environment& environment) const;
  [[nodiscard]] bool accept(Directory& directory, const std::string& file_name,
                            const ServiceFile& file) const;
  void merge();
  [[nodiscard]] std::size_t files_read() const;

  std::vector<Directory> directories_;
  bool is_system_bus_ = false;
  std::vector<ServiceFile> services_;  // sorted by name
  std::set<std::string> warnings_;     // given last time
};

}  // namespace headway::config
