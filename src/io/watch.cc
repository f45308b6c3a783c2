// SPDX-License-Identifier: MIT
#include "io/watch.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace headway::io {
namespace {

constexpr std::uint32_t gone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;
constexpr std::uint32_t interesting = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                      IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr int reads_per_drain_max = 16;

/// "/a/b", "/a", "/"; a relative path ends in ".".
std::vector<std::string> with_parents(std::string_view path) {
  std::vector<std::string> places;
  for (;;) {
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    places.emplace_back(path.empty() ? "." : path);
    if (path.empty() || path == "/" || path == ".") return places;
    const auto slash = path.rfind('/');
    path =
        slash == path.npos ? std::string_view() : path.substr(0, std::max<std::size_t>(slash, 1));
  }
}

std::string_view last_part(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

/// A file that is being written is closed later; a link is complete when it is made.
bool is_complete(const std::string& directory, std::string_view name) {
  struct stat status{};
  const std::string path = directory + "/" + std::string(name);
  if (::lstat(path.c_str(), &status) < 0) return false;
  return !S_ISREG(status.st_mode) || status.st_nlink > 1;
}

}  // namespace

struct DirectoryWatch::Event {
  int descriptor = -1;
  std::uint32_t mask = 0;
  std::string_view name;
};

Result<DirectoryWatch> DirectoryWatch::create() {
  Fd inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify) return failure("inotify_init1");
  return DirectoryWatch(std::move(inotify));
}

std::vector<DirectoryWatch::Unwatched> DirectoryWatch::replace(
    const std::vector<std::string>& directories) {
  std::vector<Unwatched> unwatched;
  directories_.clear();
  for (const std::string& path : directories) {
    if (std::ranges::find(directories_, path, &Directory::path) != directories_.end()) continue;
    if (directories_.size() == directories_max) {
      unwatched.push_back({path, "more than " + std::to_string(directories_max) + " directories"});
      continue;
    }
    Directory directory{.path = path, .places = with_parents(path)};
    if (const auto armed = arm(directory); !armed) {
      unwatched.push_back({path, describe(armed.error())});
    } else {
      directories_.push_back(std::move(directory));
    }
  }
  release_unused();
  return unwatched;
}

/// A place below the one found may have come into being before that was watched, unnoticed: look
/// again until nothing nearer turns up. Whoever makes and removes directories all the time does not
/// keep us here.
Result<void> DirectoryWatch::arm(Directory& directory) {
  constexpr int attempts_max = 8;
  Result<void> result = arm_nearest(directory);
  for (int attempt = 1; attempt < attempts_max && result && directory.level > 0; ++attempt) {
    const std::size_t level = directory.level;
    result = arm_nearest(directory);
    if (result && directory.level == level) break;
  }
  if (!result) directory.descriptor = -1;
  return result;
}

Result<void> DirectoryWatch::arm_nearest(Directory& directory) {
  for (std::size_t level = 0; level < directory.places.size(); ++level) {
    // The same directory may be watched for two reasons; the kernel keeps one mask for both.
    const int descriptor = ::inotify_add_watch(inotify_.get(), directory.places[level].c_str(),
                                               interesting | IN_ONLYDIR | IN_MASK_ADD);
    if (descriptor >= 0) {
      directory.level = level;
      directory.descriptor = descriptor;
      if (std::ranges::find(descriptors_, descriptor) == descriptors_.end()) {
        descriptors_.push_back(descriptor);
      }
      return {};
    }
    if (errno != ENOENT && errno != ENOTDIR) break;
  }
  return failure("inotify_add_watch");
}

std::vector<std::string> DirectoryWatch::drain() {
  alignas(inotify_event) char buffer[16384];
  for (int reads = 0; reads < reads_per_drain_max; ++reads) {
    const ssize_t got = ::read(inotify_.get(), buffer, sizeof buffer);
    if (got <= 0) break;
    for (const char* at = buffer; at < buffer + got;) {
      inotify_event header{};
      std::memcpy(&header, at, sizeof header);
      const char* const name = at + sizeof header;
      handle(Event{.descriptor = header.wd,
                   .mask = header.mask,
                   .name = std::string_view(name, ::strnlen(name, header.len))});
      at = name + header.len;
    }
  }
  release_unused();

  std::vector<std::string> changed;
  for (Directory& directory : directories_) {
    if (std::exchange(directory.changed, false)) changed.push_back(directory.path);
  }
  return changed;
}

void DirectoryWatch::handle(const Event& event) {
  if ((event.mask & IN_IGNORED) != 0) std::erase(descriptors_, event.descriptor);
  if ((event.mask & IN_MOVE_SELF) != 0) {
    // The kernel would go on telling of it under its old name.
    ::inotify_rm_watch(inotify_.get(), event.descriptor);
    std::erase(descriptors_, event.descriptor);
  }
  const bool lost_count = (event.mask & IN_Q_OVERFLOW) != 0;
  for (Directory& directory : directories_) {
    if (lost_count || directory.descriptor == event.descriptor) handle(event, directory);
  }
}

void DirectoryWatch::handle(const Event& event, Directory& directory) {
  const std::string& place = directory.places[directory.level];
  if ((event.mask & IN_Q_OVERFLOW) != 0) {
    directory.changed = true;
  } else if ((event.mask & gone) != 0) {
    if (directory.level == 0) directory.changed = true;
  } else if (directory.level == 0) {
    if ((event.mask & IN_CREATE) == 0 || is_complete(place, event.name)) directory.changed = true;
    return;
  } else if ((event.mask & (IN_CREATE | IN_MOVED_TO)) == 0 ||
             event.name != last_part(directory.places[directory.level - 1])) {
    return;
  }
  // If this fails, the reader finds out: it is told of a change and cannot read.
  if (!arm(directory) || directory.level == 0) directory.changed = true;
}

void DirectoryWatch::release_unused() {
  std::erase_if(descriptors_, [&](int descriptor) {
    const bool used =
        std::ranges::find(directories_, descriptor, &Directory::descriptor) != directories_.end();
    if (!used) ::inotify_rm_watch(inotify_.get(), descriptor);
    return !used;
  });
}

}  // namespace headway::io
