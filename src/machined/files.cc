// SPDX-License-Identifier: MIT
#include "machined/files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "base/result.h"

namespace headway::machined {
namespace {

constexpr unsigned flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

io::Result<std::string> read_all(const Fd& file, std::size_t bytes_max) {
  struct stat facts{};
  if (::fstat(file.get(), &facts) < 0) return io::failure("fstat");
  if (!S_ISREG(facts.st_mode)) return std::unexpected(io::Error{"read", EINVAL});
  std::string text;
  std::array<char, 4096> part{};
  while (true) {
    const ssize_t count = ::read(file.get(), part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return io::failure("read");
    if (count == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
    if (text.size() > bytes_max) return std::unexpected(io::Error{"read", EFBIG});
  }
}

}  // namespace

io::Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const Fd file(::open(path.c_str(), static_cast<int>(flags)));
  if (!file) return io::failure("open");
  return read_all(file, bytes_max);
}

io::Result<std::string> read_file_in(const Fd& root, const std::string& path,
                                     std::size_t bytes_max) {
  open_how how{};
  how.flags = flags;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const Fd file(
      static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof(how))));
  if (!file) return io::failure("openat2");
  return read_all(file, bytes_max);
}

}  // namespace headway::machined
