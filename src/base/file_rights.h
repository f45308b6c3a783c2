// SPDX-License-Identifier: MIT
#pragma once

#include <span>

namespace headway {

/// What a process that is locked up must still be let do with files, so that it can ask the kernel.
struct FileRights {
  /// A file that is opened again and again, always by this pointer and these flags of open().
  struct File {
    const char* path = nullptr;
    int flags = 0;
  };
  bool reads = false;               // and writes what is open, at an offset
  const char* directory = nullptr;  // that the files lie in, however deep; null: there are none
  std::span<const File> files = {};
};

}  // namespace headway
