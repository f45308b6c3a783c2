// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

namespace headway::io {

/// A file that is ours as long as nobody has put another in its place; goes when this goes.
class OwnFile {
 public:
  /// That exists already: a file, a socket or an empty directory.
  explicit OwnFile(std::string path);
  OwnFile(OwnFile&& other) noexcept
      : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}
  OwnFile& operator=(OwnFile&&) = delete;
  ~OwnFile();

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace headway::io
