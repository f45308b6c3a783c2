// SPDX-License-Identifier: MIT
#include "authority/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/fd.h"

namespace headway::authority {

io::Result<std::vector<std::string>> list_files(const std::string& directory,
                                                std::string_view ending) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(directory.c_str()), ::closedir);
  if (!open) return io::failure("opendir");
  std::vector<std::string> names;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone
  while (const dirent* entry = ::readdir(open.get())) {
    const std::string_view name = entry->d_name;
    if (name.ends_with(ending)) names.emplace_back(name);
  }
  return names;
}

io::Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  // A pipe that somebody put there must not hold us up.
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return io::failure("open");
  struct stat facts{};
  if (::fstat(file.get(), &facts) < 0) return io::failure("fstat");
  if (!S_ISREG(facts.st_mode)) {
    errno = S_ISDIR(facts.st_mode) ? EISDIR : EINVAL;
    return io::failure("open");
  }
  std::string text;
  constexpr std::size_t step = 16384;
  while (text.size() <= bytes_max) {
    const std::size_t had = text.size();
    text.resize(had + std::min(step, bytes_max + 1 - had));
    const ssize_t got = ::read(file.get(), text.data() + had, text.size() - had);
    text.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io::failure("read");
    if (got == 0) break;
  }
  return text;
}

}  // namespace headway::authority
