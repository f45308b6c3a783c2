// SPDX-License-Identifier: MIT
#include "base/flat_map.h"

#include <gtest/gtest.h>

#include <map>

namespace headway {
namespace {

struct Clustered {  // many keys share a home slot
  std::uint32_t value = 0;
  bool operator==(const Clustered&) const = default;
  [[nodiscard]] std::uint64_t hash() const { return value / 7; }
};

TEST(FlatMap, BehavesLikeAMapUnderRandomInsertsAndErases) {
  FlatMap<Clustered> map;
  std::map<std::uint32_t, std::uint32_t> model;
  std::uint64_t random = 1;

  for (std::uint32_t step = 0; step < 20'000; ++step) {
    random = mix(random + step);
    const auto key = static_cast<std::uint32_t>(random % 500);
    if ((random >> 40) % 2 == 0) {
      EXPECT_EQ(map.insert({key}, step), model.emplace(key, step).second);
    } else {
      const auto found = model.find(key);
      const auto erased = map.erase({key});
      ASSERT_EQ(erased.has_value(), found != model.end());
      if (erased) {
        EXPECT_EQ(*erased, found->second);
        model.erase(found);
      }
    }
    ASSERT_EQ(map.size(), model.size());
  }
  for (std::uint32_t key = 0; key < 500; ++key) {
    const auto found = model.find(key);
    EXPECT_EQ(map.find({key}), found == model.end() ? std::nullopt : std::optional(found->second));
  }
}

}  // namespace
}  // namespace headway
