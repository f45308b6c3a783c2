// SPDX-License-Identifier: MIT
#include "io/link.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "io/socket.h"

namespace headway::io {
namespace {

constexpr std::size_t small_frame_max = 1 << 16;

struct Pair {
  Pair()
      : sockets(std::move(*socket_pair())),
        near(std::move(sockets.first), small_frame_max),
        far(std::move(sockets.second), small_frame_max) {}
  std::pair<Fd, Fd> sockets;
  Link near;
  Link far;
};

TEST(Link, FramesArriveWholeAndInOrder) {
  Pair pair;
  for (const std::string& text : {std::string("one"), std::string(), std::string(60'000, 'x')}) {
    pair.near.send(text);
  }
  ASSERT_TRUE(pair.near.flush());
  std::vector<std::string> got;
  while (got.size() < 3) {
    ASSERT_TRUE(pair.far.receive());
    while (auto frame = pair.far.next()) got.push_back(std::move(*frame));
  }
  EXPECT_EQ(got, (std::vector<std::string>{"one", "", std::string(60'000, 'x')}));
}

TEST(Link, DescriptorsComeWithFrames) {
  Pair pair;
  std::vector<Fd> fds;
  fds.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  fds.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  pair.near.send("sockets", std::move(fds));
  ASSERT_TRUE(pair.near.flush());
  ASSERT_TRUE(pair.far.receive());
  EXPECT_EQ(pair.far.next(), "sockets");
  EXPECT_EQ(pair.far.take_fds().size(), 2u);
}

TEST(Link, AFrameLongerThanItsBoundEndsTheLink) {
  Pair pair;
  pair.near.send(std::string(small_frame_max + 1, 'x'));
  ASSERT_TRUE(pair.near.flush());
  EXPECT_FALSE(pair.far.receive());
  EXPECT_EQ(pair.far.next(), std::nullopt);
}

TEST(Link, TheEndOfTheOtherSideIsNoticed) {
  auto sockets = std::move(*socket_pair());
  Link near(std::move(sockets.first), small_frame_max);
  sockets.second.reset();
  EXPECT_FALSE(near.receive());
  near.send("anybody?");
  EXPECT_FALSE(near.flush());
}

}  // namespace
}  // namespace headway::io
