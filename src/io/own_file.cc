// SPDX-License-Identifier: MIT
#include "io/own_file.h"

#include <sys/stat.h>
#include <unistd.h>

namespace headway::io {

OwnFile::OwnFile(std::string path) : path_(std::move(path)) {
  struct stat status{};
  if (::lstat(path_.c_str(), &status) < 0) return;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

OwnFile::~OwnFile() {
  struct stat status{};
  if (path_.empty() || ::lstat(path_.c_str(), &status) < 0) return;
  if (status.st_dev != device_ || status.st_ino != inode_) return;
  if (S_ISDIR(status.st_mode)) {
    ::rmdir(path_.c_str());
  } else {
    ::unlink(path_.c_str());
  }
}

}  // namespace headway::io
