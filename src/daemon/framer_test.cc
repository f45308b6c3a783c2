// SPDX-License-Identifier: MIT
#include "daemon/framer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wire/build.h"

namespace headway::daemon {
namespace {

using broker::Disconnect;

std::string signal(std::uint32_t serial, std::size_t body_bytes = 0, std::uint32_t fds = 0) {
  std::vector<std::uint8_t> body;
  if (body_bytes > 0) {
    const auto length = static_cast<std::uint32_t>(body_bytes);
    body.resize(sizeof(length) + body_bytes, 'x');
    std::memcpy(body.data(), &length, sizeof(length));
  }
  std::vector<std::uint8_t> out;
  wire::build_message({.type = wire::MessageType::signal,
                       .serial = serial,
                       .unix_fds = fds,
                       .path = "/a",
                       .interface = "a.b",
                       .member = "C",
                       .signature = body_bytes > 0 ? "ay" : ""},
                      body, out);
  return std::string(as_text(out));
}

std::vector<Fd> files(std::size_t count) {
  std::vector<Fd> fds;
  for (std::size_t i = 0; i < count; ++i) fds.emplace_back(::open("/dev/null", O_RDONLY));
  return fds;
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

class FramerTest : public testing::Test {
 protected:
  struct Got {
    std::uint32_t serial;
    std::size_t fds;
    bool shared;
    bool operator==(const Got&) const = default;
  };

  /// As one read that brings these bytes and descriptors.
  void read(std::string_view bytes, std::vector<Fd> fds = {}) {
    std::size_t copied = 0;
    for (const iovec& part : framer_.room(buffer_)) {
      const std::size_t count = std::min(part.iov_len, bytes.size() - copied);
      if (count > 0) std::memcpy(part.iov_base, bytes.data() + copied, count);
      copied += count;
    }
    ASSERT_EQ(copied, bytes.size());
    framer_.arrived(buffer_, bytes.size(), std::move(fds));
    while (true) {
      const auto cut = framer_.next(buffer_, bounds_);
      if (!cut) {
        problem_ = cut.error().reason;
        return Framer::abandon(buffer_);
      }
      if (*cut == nullptr) return;
      const auto& payload = (*cut)->payload;
      const bool shared = payload && payload->keeps((*cut)->message.body());
      got_.push_back({(*cut)->message.serial, payload ? payload->fds.size() : 0, shared});
      if (payload) payloads_.push_back(payload);
    }
  }

  io::BlockPool pool_;
  InputBuffer buffer_{pool_};
  Framer framer_;
  Framer::Bounds bounds_{.message_bytes_max = 1 << 20, .fds_max = 4};
  std::vector<Got> got_;
  std::vector<std::shared_ptr<const ReceivedPayload>> payloads_;
  std::optional<Disconnect> problem_;
};

TEST_F(FramerTest, CutsManyMessagesFromOneRead) {
  read(signal(1) + signal(2, 10) + signal(3));
  EXPECT_EQ(got_, (std::vector<Got>{{1, 0, false}, {2, 0, false}, {3, 0, false}}));
}

// AUTH-047, RES-015
TEST_F(FramerTest, PutsMessagesTogetherWhereverTheyAreSplit) {
  const std::string stream = signal(1) + signal(2, 50'000) + signal(3, 100);
  for (const std::size_t step :
       {std::size_t{1}, std::size_t{7}, std::size_t{64}, std::size_t{997}}) {
    got_.clear();
    for (std::size_t at = 0; at < stream.size(); at += step) {
      read(std::string_view(stream).substr(at, step));
    }
    EXPECT_EQ(got_, (std::vector<Got>{{1, 0, false}, {2, 0, true}, {3, 0, false}})) << step;
  }
}

TEST_F(FramerTest, ALargeMessageLiesInMemoryOfItsOwnAndIsNotCopied) {
  const std::string large = signal(1, 200'000);
  read(std::string_view(large).substr(0, 16'000));
  read(std::string_view(large).substr(16'000, 144'000));
  read(large.substr(160'000) + signal(2));
  ASSERT_EQ(got_, (std::vector<Got>{{1, 0, true}, {2, 0, false}}));
  EXPECT_EQ(std::memcmp(payloads_[0]->memory.data(), large.data(), large.size()), 0);
}

TEST_F(FramerTest, HoldsNoMemoryOnceAMessageIsThroughAndLetGo) {
  const std::string large = signal(1, 200'000);
  read(std::string_view(large).substr(0, 1'000));
  read(std::string_view(large).substr(1'000, 63'000));
  EXPECT_EQ(pool_.kept_bytes(), 0u);
  read(std::string_view(large).substr(64'000, 136'000));
  read(std::string_view(large).substr(200'000));
  payloads_.clear();
  EXPECT_GE(pool_.kept_bytes(), 200'000u);  // back in the pool
}

// WIRE-041, LIM-005
TEST_F(FramerTest, RefusesAMessageThatIsTooLongByItsFirst16Bytes) {
  read(std::string_view(signal(1, 2 << 20)).substr(0, 16));
  EXPECT_EQ(problem_, Disconnect::malformed_message);
}

// WIRE-052
TEST_F(FramerTest, MessagesBeforeABadOneAreStillThere) {
  read(signal(1) + std::string(64, '\xff'));
  EXPECT_EQ(got_, (std::vector<Got>{{1, 0, false}}));
  EXPECT_EQ(problem_, Disconnect::malformed_message);
}

// WIRE-054, CVE-2014-3533
TEST_F(FramerTest, DescriptorsGoToTheMessageThatDeclaresThem) {
  read(signal(1) + signal(2, 0, 2) + signal(3), files(2));
  read(signal(4, 0, 1), files(1));
  EXPECT_EQ(got_, (std::vector<Got>{{1, 0, false}, {2, 2, false}, {3, 0, false}, {4, 1, false}}));
}

TEST_F(FramerTest, DescriptorsMayComeWithAnyByteOfTheirMessage) {
  const std::string message = signal(1, 0, 3);
  read(std::string_view(message).substr(0, 5));
  read(std::string_view(message).substr(5, 20), files(1));
  EXPECT_TRUE(framer_.holds_fds());
  read(std::string_view(message).substr(25), files(2));
  EXPECT_EQ(got_, (std::vector<Got>{{1, 3, false}}));
  EXPECT_FALSE(framer_.holds_fds());
}

TEST_F(FramerTest, TheRestOfOneMessageLeavesTheNextOnesDescriptorsAlone) {
  const std::string first = signal(1, 0, 1);
  read(std::string_view(first).substr(0, 40), files(1));
  read(first.substr(40) + signal(2, 0, 2), files(2));
  EXPECT_EQ(got_, (std::vector<Got>{{1, 1, false}, {2, 2, false}}));
}

// WIRE-056, WIRE-057, CVE-2020-12049
TEST_F(FramerTest, SurplusDescriptorsAreClosedAtTheEndOfTheMessage) {
  std::vector<Fd> fds = files(3);
  const int first = fds[0].get();
  const int last = fds[2].get();
  read(signal(1, 0, 1), std::move(fds));
  ASSERT_EQ(got_, (std::vector<Got>{{1, 1, false}}));
  EXPECT_TRUE(is_open(first));
  EXPECT_FALSE(is_open(last));
  payloads_.clear();
  EXPECT_FALSE(is_open(first));

  std::vector<Fd> unclaimed = files(1);
  const int stray = unclaimed[0].get();
  read(signal(2), std::move(unclaimed));
  EXPECT_FALSE(is_open(stray));
  EXPECT_FALSE(framer_.holds_fds());
}

// WIRE-055
TEST_F(FramerTest, FewerDescriptorsThanDeclaredEndTheConnection) {
  read(signal(1, 0, 2), files(1));
  EXPECT_EQ(problem_, Disconnect::too_many_fds);
}

TEST_F(FramerTest, ASecondMessageCannotUseWhatTheFirstHasTaken) {
  read(signal(1, 0, 1) + signal(2, 0, 1), files(1));
  EXPECT_EQ(got_, (std::vector<Got>{{1, 1, false}}));
  EXPECT_EQ(problem_, Disconnect::too_many_fds);
}

// WIRE-058, LIM-006, SEEN-04
TEST_F(FramerTest, MoreDescriptorsThanAllowedEndTheConnection) {
  read(signal(1, 0, 5), files(5));
  EXPECT_EQ(problem_, Disconnect::too_many_fds);
}

// RES-015: descriptors attached to every byte
TEST_F(FramerTest, DescriptorsOfAnUnfinishedMessageAreBounded) {
  const std::string message = signal(1);
  for (std::size_t i = 0; i < message.size() - 1 && !problem_; ++i) {
    read(std::string_view(message).substr(i, 1), files(1));
  }
  EXPECT_EQ(problem_, Disconnect::too_many_fds);
}

}  // namespace
}  // namespace headway::daemon
