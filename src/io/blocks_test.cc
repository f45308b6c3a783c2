// SPDX-License-Identifier: MIT
#include "io/blocks.h"

#include <gtest/gtest.h>

#include <cstring>
#include <utility>

namespace headway::io {
namespace {

TEST(BlockPool, GivesAtLeastWhatIsAskedForAndAtMostAQuarterMore) {
  BlockPool pool;
  for (std::size_t bytes = 512; bytes < (std::size_t{1} << 21); bytes += 77) {
    const Block block = pool.take(bytes);
    ASSERT_GE(block.size(), bytes);
    ASSERT_LE(block.size(), bytes + bytes / 4 + 1) << bytes;
    block.data()[block.size() - 1] = 1;
  }
  EXPECT_EQ(pool.take(1).size(), 512u);
}

TEST(BlockPool, GivesTheSameMemoryAgain) {
  BlockPool pool;
  const std::uint8_t* const first = [&] { return pool.take(100'000).data(); }();
  EXPECT_GE(pool.kept_bytes(), 100'000u);
  EXPECT_EQ(pool.take(99'000).data(), first);
}

TEST(BlockPool, KeepsNoMoreThanItsBound) {
  BlockPool pool;
  {
    std::vector<Block> blocks;
    for (int i = 0; i < 40; ++i) {
      blocks.push_back(pool.take(1 << 20));
      blocks.push_back(pool.take(1 << 16));
    }
  }
  EXPECT_LE(pool.kept_bytes(), BlockPool::small_kept_bytes_max + BlockPool::large_kept_bytes_max);
  EXPECT_GT(pool.kept_bytes(), 0u);
  pool.trim();
  EXPECT_EQ(pool.kept_bytes(), 0u);
}

TEST(BlockPool, MovingABlockLeavesOneOwner) {
  BlockPool pool;
  Block a = pool.take(600);
  Block b = std::move(a);
  EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move)
  a = std::move(b);
  EXPECT_TRUE(a);
}

}  // namespace
}  // namespace headway::io
