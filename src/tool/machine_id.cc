// SPDX-License-Identifier: MIT
#include "tool/machine_id.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/assert.h"
#include "base/fd.h"
#include "base/result.h"
#include "wire/hex.h"
#include "wire/names.h"

namespace headway::tool {
namespace {

constexpr std::size_t id_bytes = 16;
// Enough to tell a wrong file from a right one.
constexpr std::size_t file_bytes_max = 4096;

std::unexpected<std::string> failed(std::string_view what, const std::string& path) {
  return std::unexpected(fmt::format("{} \"{}\": {}", what, path, std::strerror(errno)));
}

IdResult<std::string> read_file(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return failed("Failed to open", path);
  struct stat status{};
  if (::fstat(file.get(), &status) < 0) return failed("Failed to look at", path);
  if (!S_ISREG(status.st_mode)) {
    return std::unexpected(fmt::format("\"{}\" is not a regular file", path));
  }
  std::string text(file_bytes_max, '\0');
  const ssize_t got = ::read(file.get(), text.data(), text.size());
  if (got < 0) return failed("Failed to read", path);
  text.resize(static_cast<std::size_t>(got));
  return text;
}

std::string trim(const std::string& text) {
  constexpr const char* space = " \t\n\v\f\r";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(space) + 1 - first);
}

/// All at once or not at all: whoever reads meanwhile sees no file, or a whole one.
IdResult<void> write_id(const std::string& path, const std::string& id) {
  std::string temporary = path + ".XXXXXX";
  const Fd file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file) return failed("Could not create", path);
  const std::string line = id + "\n";
  if (::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
      ::fchmod(file.get(), 0644) < 0 || ::fsync(file.get()) < 0 ||
      ::rename(temporary.c_str(), path.c_str()) < 0) {
    auto failure = failed("Could not write", path);
    ::unlink(temporary.c_str());
    return failure;
  }
  return {};
}

}  // namespace

std::string new_id() {
  std::array<std::uint8_t, id_bytes> bytes{};
  const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
  HEADWAY_ASSERT(got == static_cast<ssize_t>(bytes.size()));
  return wire::to_hex(bytes);
}

IdResult<std::string> read_id(const std::string& path) {
  std::string text = TRY(read_file(path));
  text = trim(text);
  if (!wire::is_uuid(text)) {
    return std::unexpected(
        fmt::format("UUID file '{}' should contain 32 hex digits and no other text", path));
  }
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

IdResult<void> ensure_id(const std::string& path) {
  const auto id = read_id(path);
  if (id) return {};
  // Also a file that cannot be read or is something else is not ours to replace.
  if (::access(path.c_str(), F_OK) == 0) return std::unexpected(id.error());
  return write_id(path, new_id());
}

IdResult<std::string> machine_id() {
  const auto id = read_id(machine_id_file);
  if (id) return id;
  const auto system_id = read_id(system_machine_id_file);
  if (system_id) return system_id;
  return std::unexpected(
      fmt::format("This machine has no id; `dbus-uuidgen --ensure` makes one ({}; {})", id.error(),
                  system_id.error()));
}

IdResult<void> ensure_machine_id() {
  if (read_id(machine_id_file)) return {};
  if (const auto id = read_id(system_machine_id_file)) {
    [[maybe_unused]] const auto copied = write_id(machine_id_file, *id);
    return {};
  }
  return write_id(machine_id_file, new_id());
}

}  // namespace headway::tool
