// SPDX-License-Identifier: MIT
#include "config/system_environment.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/fd.h"
#include "base/xml.h"
#include "config/account.h"

namespace headway::config {
namespace {

SourceError source_error(int error) { return {error == ENOENT, std::strerror(error)}; }

}  // namespace

std::expected<std::string, SourceError> SystemEnvironment::read_file(const std::string& path) {
  // A pipe or device in place of a file must not make the reader wait.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return std::unexpected(source_error(errno));
  struct stat status;
  if (::fstat(fd.get(), &status) != 0) return std::unexpected(source_error(errno));
  if (S_ISDIR(status.st_mode)) return std::unexpected(source_error(EISDIR));
  if (!S_ISREG(status.st_mode)) return std::unexpected(SourceError{false, "not a regular file"});

  std::string text;
  char chunk[16384];
  while (text.size() <= XmlReader::document_bytes_max) {
    const auto got = ::read(fd.get(), chunk, sizeof chunk);
    if (got == 0) return text;
    if (got > 0) {
      text.append(chunk, static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      return std::unexpected(source_error(errno));
    }
  }
  return std::unexpected(source_error(EFBIG));
}

std::expected<std::vector<std::string>, SourceError> SystemEnvironment::list_directory(
    const std::string& path) {
  struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
  };
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  if (!directory) return std::unexpected(source_error(errno));

  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const auto* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return std::unexpected(source_error(errno));
  return names;
}

std::optional<std::uint32_t> SystemEnvironment::uid_of(const std::string& user) {
  const auto account = find_account(user);
  if (!account) return {};
  return account->uid;
}

std::optional<std::uint32_t> SystemEnvironment::gid_of(const std::string& group) {
  return find_group(group);
}

std::optional<std::string> SystemEnvironment::variable(const std::string& name) {
  const char* value = ::secure_getenv(name.c_str());
  if (value != nullptr && *value != '\0') return value;
  if (name != "HOME") return {};

  const auto account = find_account(::getuid());
  if (!account || account->home.empty()) return {};
  return account->home;
}

}  // namespace headway::config
