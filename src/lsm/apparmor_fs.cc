// SPDX-License-Identifier: MIT
#include "lsm/apparmor_fs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/result.h"
#include "lsm/apparmor_host.h"
#include "lsm/apparmor_query.h"

namespace headway::lsm {

std::expected<std::unique_ptr<ApparmorFs>, std::string> ApparmorFs::open() {
  const std::string path = TRY(apparmor_mount_point()) + "/.access";
  Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) {
    return std::unexpected(fmt::format("cannot ask AppArmor: {}: {}", path, std::strerror(errno)));
  }
  return std::make_unique<ApparmorFs>(std::move(fd));
}

std::expected<ApparmorKernel::Permissions, int> ApparmorFs::query(std::string_view query) {
  // At offset 0 both times: the kernel takes a question nowhere else.
  const ssize_t written = ::pwrite(access_.get(), query.data(), query.size(), 0);
  if (written < 0) return std::unexpected(errno);
  std::array<char, 256> answer{};
  const ssize_t size = ::pread(access_.get(), answer.data(), answer.size(), 0);
  if (size < 0) return std::unexpected(errno);
  const auto permissions =
      parse_permissions(std::string_view(answer.data(), static_cast<std::size_t>(size)));
  if (!permissions) return std::unexpected(EBADMSG);
  return *permissions;
}

}  // namespace headway::lsm
