// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <utility>

namespace headway::authority {

/// How much each of many has under way, at most so much. Outlives its tickets.
template <class Key>
class Quota {
 public:
  explicit Quota(std::size_t each_max) : each_max_(each_max) {}

  /// One thing under way, until this goes.
  class Ticket {
   public:
    Ticket(Ticket&& other) noexcept
        : from_(std::exchange(other.from_, nullptr)), key_(std::move(other.key_)) {}
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (from_ != nullptr) from_->give_back(key_);
    }

   private:
    friend Quota;
    Ticket(Quota& from, Key key) : from_(&from), key_(std::move(key)) {}
    Quota* from_;
    Key key_;
  };

  /// None: it has too much under way already.
  [[nodiscard]] std::optional<Ticket> take(const Key& key) {
    std::size_t& count = counts_[key];
    if (count >= each_max_) return std::nullopt;
    ++count;
    return Ticket(*this, key);
  }

 private:
  void give_back(const Key& key) {
    const auto found = counts_.find(key);
    if (--found->second == 0) counts_.erase(found);
  }

  std::map<Key, std::size_t> counts_;
  std::size_t each_max_;
};

}  // namespace headway::authority
