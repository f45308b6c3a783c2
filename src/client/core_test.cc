// SPDX-License-Identifier: MIT
#include "client/core.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "client/blocking.h"
#include "client/peer_testing.h"

namespace headway::client {
namespace {

using namespace std::chrono_literals;

std::string name_of(const result<message>& outcome) {
  return outcome ? "no error" : outcome.error().name();
}

TEST(Connection, LogsInAndGetsItsName) {
  const Pair pair;
  EXPECT_EQ(pair.core->unique_name(), ":1.7");
  EXPECT_EQ(pair.core->guid(), "0123456789abcdef0123456789abcdef");
  EXPECT_TRUE(pair.core->passes_fds());
}

TEST(Connection, APeerWithoutABusIsNotGreeted) {
  Pair pair({.hello = false});
  EXPECT_EQ(pair.core->unique_name(), "");
  EXPECT_TRUE(send_and_flush(*pair.core, tick(1), 0));
  pair.peer.work();
  pair.peer.work();
  ASSERT_EQ(pair.peer.received.size(), 1u);
  EXPECT_EQ(pair.peer.received[0].member(), "Tick");
}

TEST(Connection, ALoginThatNobodyAnswersEnds) {
  TestWorld world;
  auto ends = *io::socket_pair();
  const auto opened = open_socket(std::move(ends.second), {.login_limit = 3s}, world);
  EXPECT_EQ(opened.error().name(), error_name::no_reply);
  EXPECT_EQ(world.time, Time(1h) + 3s);
}

TEST(Connection, ALoginThatIsRefusedSaysWhy) {
  TestWorld world;
  auto ends = *io::socket_pair();
  world.meanwhile = [&] {
    const std::string answer = "REJECTED EXTERNAL\r\n";
    static_cast<void>(::send(ends.first.get(), answer.data(), answer.size(), MSG_NOSIGNAL));
  };
  const auto opened = open_socket(std::move(ends.second), {}, world);
  EXPECT_EQ(opened.error().name(), error_name::auth_failed);
  EXPECT_NE(opened.error().text().find("EXTERNAL"), std::string::npos);
}

/// Answers each call once.
void answer_all(Pair& pair) {
  for (const message& call : std::exchange(pair.peer.received, {})) {
    pair.peer.send(message_builder::method_return(call).string("pong").build());
  }
}

TEST(Connection, ABlockingCallReturnsItsReply) {
  Pair pair;
  pair.meanwhile([&] { answer_all(pair); });
  const auto reply = call_and_wait(*pair.core, ping(), 0, 25s);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body().string(), "pong");
}

TEST(Connection, AnErrorReplyIsAnError) {
  Pair pair;
  pair.meanwhile([&] {
    for (const message& call : std::exchange(pair.peer.received, {})) {
      EXPECT_TRUE(call.has(allow_interactive_authorization));
      pair.peer.send(message_builder::error_reply(call, "a.b.No", "never").build());
    }
  });
  const auto reply = call_and_wait(*pair.core, ping(), allow_interactive_authorization, 25s);
  EXPECT_EQ(name_of(reply), "a.b.No");
}

TEST(Connection, ACallThatNobodyAnswersEndsAtItsDeadline) {
  Pair pair;
  const Time before = pair.world.time;
  EXPECT_EQ(name_of(call_and_wait(*pair.core, ping(), 0, 7s)), error_name::no_reply);
  EXPECT_EQ(pair.world.time, before + 7s);
  EXPECT_EQ(pair.core->calls().size(), 0u);
}

TEST(Connection, ACallSleepsAlsoIfALoopHasMadeItsSocketNonBlocking) {
  Pair pair;
  pair.world.sleeps_in_read = true;
  ASSERT_EQ(::fcntl(pair.core->socket(), F_SETFL, O_RDWR | O_NONBLOCK), 0);
  pair.meanwhile([&] { answer_all(pair); });  // so somebody must have slept
  const auto reply = call_and_wait(*pair.core, ping(), 0, std::nullopt);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body().string(), "pong");
}

TEST(Connection, ALateReplyIsNotTakenForAnother) {
  Pair pair;
  EXPECT_FALSE(call_and_wait(*pair.core, ping(), 0, 1s));
  const message late = pair.peer.received.at(0);
  pair.meanwhile([&] {
    pair.peer.send(message_builder::method_return(late).string("late").build());
    pair.peer.received.erase(pair.peer.received.begin());
    answer_all(pair);
    pair.meanwhile([] {});
  });
  const auto reply = call_and_wait(*pair.core, ping(), 0, 1s);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body().string(), "pong");
}

TEST(Connection, WhatComesWhileACallWaitsKeepsItsOrder) {
  Pair pair;
  pair.meanwhile([&] {
    pair.peer.send(tick(1));
    pair.peer.send(tick(2));
    answer_all(pair);
    pair.peer.send(tick(3));
    pair.meanwhile([] {});
  });
  ASSERT_TRUE(call_and_wait(*pair.core, ping(), 0, 25s));
  for (std::uint32_t i = 1; i <= 3; ++i) {
    const auto next = next_message(*pair.core, 0s);
    ASSERT_TRUE(next && *next);
    EXPECT_EQ(next->body().uint32(), i);
  }
  EXPECT_FALSE(*next_message(*pair.core, 0s));
}

TEST(Connection, NextMessageWaitsAsLongAsItMay) {
  Pair pair;
  const Time before = pair.world.time;
  EXPECT_FALSE(*next_message(*pair.core, 5s));
  EXPECT_EQ(pair.world.time, before + 5s);
}

TEST(Connection, ClosingIsToldAfterWhatWasSaidBefore) {
  Pair pair;
  pair.peer.send(tick(1));
  pair.peer.hang_up();
  pair.world.meanwhile = [] {};
  EXPECT_TRUE(*next_message(*pair.core, 1s));
  EXPECT_EQ(name_of(next_message(*pair.core, 1s)), error_name::disconnected);
  EXPECT_EQ(name_of(call_and_wait(*pair.core, ping(), 0, 1s)), error_name::disconnected);
  EXPECT_FALSE(send_and_flush(*pair.core, ping(), 0));
}

TEST(Connection, ACallEndsWithTheConnection) {
  Pair pair;
  pair.world.meanwhile = [&] { pair.peer.hang_up(); };
  EXPECT_EQ(name_of(call_and_wait(*pair.core, ping(), 0, 25s)), error_name::disconnected);
}

TEST(Connection, GarbageEndsIt) {
  Pair pair;
  pair.peer.say(std::string(64, 'x'));
  EXPECT_EQ(name_of(next_message(*pair.core, 1s)), error_name::inconsistent_message);
}

TEST(Connection, MessagesAreCutWhereverTheyWereSplit) {
  Pair pair;
  std::string stream;
  const std::size_t sizes[] = {0, 1, 500, 20'000, 100'000, 3};
  for (const std::size_t size : sizes) {
    const message what =
        message_builder::signal("/", "a.b", "S").string(std::string(size, 'x')).build();
    stream.append(reinterpret_cast<const char*>(what.bytes().data()), what.bytes().size());
  }
  std::size_t at = 0;
  std::size_t step = 1;
  pair.world.meanwhile = [&] {
    const std::size_t count = std::min(step, stream.size() - at);
    pair.peer.say(std::string_view(stream).substr(at, count));
    at += count;
    step = step * 3 % 7'919 + 1;
  };
  for (const std::size_t size : sizes) {
    const auto next = next_message(*pair.core, 1s);
    ASSERT_TRUE(next && *next);
    EXPECT_EQ(next->body().string().size(), size);
  }
}

TEST(Connection, AMessageThatIsKeptIsNotOverwritten) {
  Pair pair;
  std::vector<message> kept;
  for (std::uint32_t i = 0; i < 5; ++i) {
    pair.peer.send(tick(i));
    kept.push_back(*next_message(*pair.core, 1s));
  }
  for (std::uint32_t i = 0; i < 5; ++i) EXPECT_EQ(kept[i].body().uint32(), i);
}

TEST(Connection, TheMemoryOfAMessageNobodyHoldsIsUsedAgain) {
  Pair pair;
  pair.peer.send(tick(1));
  const auto* const first = next_message(*pair.core, 1s)->bytes().data();
  pair.peer.send(tick(2));
  EXPECT_EQ(next_message(*pair.core, 1s)->bytes().data(), first);
}

TEST(Connection, TwoFullDirectionsDoNotLockUp) {
  Pair pair({.outgoing_bytes_max = 100'000});
  const message large =
      message_builder::signal("/", "a.b", "S").string(std::string(50'000, 'x')).build();
  // The peer reads only when it can write no more itself, and has 100 messages to write.
  std::string unsent;
  for (int i = 0; i < 100; ++i) {
    unsent.append(reinterpret_cast<const char*>(large.bytes().data()), large.bytes().size());
  }
  pair.world.meanwhile = [&] {
    const ssize_t sent =
        ::send(pair.peer.socket(), unsent.data(), unsent.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      unsent.erase(0, static_cast<std::size_t>(sent));
    } else {
      pair.peer.work();
    }
  };
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(send_and_flush(*pair.core, large, 0)) << i;
  EXPECT_TRUE(flush_within(*pair.core, std::nullopt));
  for (int i = 0; i < 200; ++i) pair.peer.work();
  EXPECT_EQ(pair.peer.received.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(*next_message(*pair.core, 1s)) << i;
}

TEST(Connection, WhatIsNotTakenIsDroppedAtABoundAndCallersAreTold) {
  Pair pair({.incoming_bytes_max = 2'000});
  pair.meanwhile([&] {
    for (std::uint32_t i = 0; i < 100; ++i) pair.peer.send(tick(i));
    pair.peer.send(ping());
    answer_all(pair);
    pair.meanwhile([] {});
  });
  ASSERT_TRUE(call_and_wait(*pair.core, ping(), 0, 25s));
  EXPECT_GT(pair.core->dropped(), 90u);
  EXPECT_EQ(next_message(*pair.core, 0s)->body().uint32(), 0u);
  EXPECT_TRUE(flush_within(*pair.core, 1s));
  pair.peer.work();
  ASSERT_EQ(pair.peer.received.size(), 1u);
  EXPECT_EQ(pair.peer.received[0].to_error().name(), error_name::limits_exceeded);
}

TEST(Connection, DescriptorsTravelBothWays) {
  Pair pair;
  pair.meanwhile([&] {
    for (const message& call : std::exchange(pair.peer.received, {})) {
      ASSERT_EQ(call.fds().size(), 1u);
      EXPECT_EQ(::write(call.body().fd(), "x", 1), 1);
      answer_all(pair);
      pair.peer.send(message_builder::method_return(call).build());
    }
  });
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Fd in(ends[0]);
  const message call =
      message_builder::method_call("a.b", "/", "a.b", "Take").fd(unique_fd(ends[1])).build();
  ASSERT_TRUE(call_and_wait(*pair.core, call, 0, 25s));
  char byte = 0;
  EXPECT_EQ(::read(in.get(), &byte, 1), 1);
}

TEST(Connection, WhatCouldNotBeSentBeforeTheEndIsSentIfTheSocketTakesIt) {
  Pair pair;
  ASSERT_TRUE(pair.core->send(tick(1), 0));
  pair.core.reset();
  pair.peer.work();
  EXPECT_EQ(pair.peer.received.size(), 1u);
}

TEST(Connection, OnlyMethodCallsAreCalled) {
  Pair pair;
  EXPECT_EQ(name_of(call_and_wait(*pair.core, tick(1), 0, 25s)), error_name::invalid_args);
}

}  // namespace
}  // namespace headway::client
