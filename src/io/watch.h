// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "io/error.h"

namespace headway::io {

/// Tells in which of some directories a file has appeared, changed or gone (CONF-032): inotify, one
/// descriptor for all. A directory that is missing is waited for, in the nearest of its parents
/// that exists. Not noticed: that a parent of an existing directory is given another name.
///
/// A file counts when its writer closes it, so that nobody is told of one that is half written.
class DirectoryWatch {
 public:
  static constexpr std::size_t directories_max = 128;

  /// A directory of whose changes nobody will tell.
  struct Unwatched {
    std::string directory;
    std::string reason;
    bool operator==(const Unwatched&) const = default;
  };

  [[nodiscard]] static Result<DirectoryWatch> create();

  /// Readable when drain() may have something to say.
  [[nodiscard]] int fd() const { return inotify_.get(); }

  /// Watches these, once each, and nothing else any more. Returns those that it does not. Whoever
  /// reads the directories afterwards misses nothing. Cost: a few system calls for each of them.
  [[nodiscard]] std::vector<Unwatched> replace(const std::vector<std::string>& directories);

  /// Those directories, named as in replace(), in which something has happened since the last call;
  /// all of them if the kernel lost count. Never waits, and ends even if changes never do.
  [[nodiscard]] std::vector<std::string> drain();

 private:
  struct Directory {
    std::string path;
    std::vector<std::string> places;  // itself, then its parents, nearest first
    std::size_t level = 0;            // the place that is watched
    int descriptor = -1;              // of that place; none: not watched
    bool changed = false;
  };
  struct Event;

  explicit DirectoryWatch(Fd inotify) : inotify_(std::move(inotify)) {}

  Result<void> arm(Directory& directory);
  Result<void> arm_nearest(Directory& directory);
  void handle(const Event& event);
  void handle(const Event& event, Directory& directory);
  void release_unused();

  Fd inotify_;
  std::vector<Directory> directories_;
  std::vector<int> descriptors_;  // that the kernel holds for us
};

}  // namespace headway::io
