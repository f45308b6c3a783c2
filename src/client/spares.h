// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <utility>

namespace headway::client {

/// What was just used and will soon be needed again, so that calls allocate nothing: at most `Max`
/// of a kind in each thread. Who gives sees to it that a spare is small. Works also while a thread
/// ends, when it keeps nothing.
template <class T, std::size_t Max>
class Spares {
 public:
  /// The latest; a T() if there is none.
  static T take() {
    Kept* const kept = mine();
    return kept != nullptr && kept->count > 0 ? std::move(kept->spares[--kept->count]) : T();
  }
  static void give(T spare) {
    Kept* const kept = mine();
    if (kept != nullptr && kept->count < Max) kept->spares[kept->count++] = std::move(spare);
  }

 private:
  struct Kept {
    ~Kept() {
      is_over_ = true;
      current_ = nullptr;
    }
    std::array<T, Max> spares{};
    std::size_t count = 0;
  };

  static Kept* mine() {
    if (current_ != nullptr) [[likely]]
      return current_;
    if (is_over_) return nullptr;
    thread_local Kept kept;
    return current_ = &kept;
  }

  // Of types that need no destruction, so that they can be asked at any time.
  static inline constinit thread_local Kept* current_ = nullptr;
  static inline constinit thread_local bool is_over_ = false;
};

}  // namespace headway::client
