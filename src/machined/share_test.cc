// SPDX-License-Identifier: MIT
#include "machined/share.h"

#include <gtest/gtest.h>

#include <optional>

namespace headway::machined {
namespace {

TEST(Shares, AreBoundedForEachUserAndGivenBack) {
  const Counts counts = std::make_shared<Counts::element_type>();
  std::optional<Share> first(std::in_place, counts, 1U, 2U, "things");
  const Share second(counts, 1, 2, "things");
  EXPECT_THROW(Share(counts, 1, 2, "things"), error);
  const Share other(counts, 2, 2, "things");
  Share moved = std::move(*first);
  first.reset();
  EXPECT_THROW(Share(counts, 1, 2, "things"), error);
  {
    const Share gone = std::move(moved);
  }
  const Share again(counts, 1, 2, "things");
  EXPECT_EQ(counts->at(1), 2U);
}

TEST(Shares, LeaveNothingBehind) {
  const Counts counts = std::make_shared<Counts::element_type>();
  {
    const Share one(counts, 1, 1, "things");
  }
  EXPECT_TRUE(counts->empty());
}

}  // namespace
}  // namespace headway::machined
