// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "headway/error.h"

namespace headway::machined {

/// How many of something each user has.
using Counts = std::shared_ptr<std::map<std::uint32_t, std::size_t>>;

/// One of them, for as long as it lives. Throws limits_exceeded if the user has `max` of `what`.
class Share {
 public:
  Share(Counts counts, std::uint32_t user, std::size_t max, std::string_view what)
      : counts_(std::move(counts)), user_(user) {
    std::size_t& count = (*counts_)[user_];
    if (count >= max) {
      throw error(error_name::limits_exceeded,
                  fmt::format("user {} has {} {}, which is the limit", user_, count, what));
    }
    ++count;
  }
  Share(Share&& other) noexcept : counts_(std::move(other.counts_)), user_(other.user_) {}
  Share& operator=(Share&&) = delete;
  ~Share() {
    if (!counts_) return;
    const auto found = counts_->find(user_);
    if (--found->second == 0) counts_->erase(found);
  }

 private:
  Counts counts_;
  std::uint32_t user_;
};

}  // namespace headway::machined
