// SPDX-License-Identifier: MIT
#include "headway/testing/faults.h"

#include <gtest/gtest.h>

#include "headway/headway.h"
#include "headway/testing.h"
#include "testing/error_testing.h"

namespace headway::testing {
namespace {

using namespace std::chrono_literals;

template <class Role>
struct Echo1 {
  static constexpr std::string_view name = "org.example.Echo1";
  method<Role, int(int)> say;
  signal<Role, int> said;
};

struct Fault : ::testing::Test {
  Fault() {
    object->say = [this](int what) {
      ++served_calls;
      object->said(what);
      return what;
    };
    service.request_name("org.example.Echo").wait();
  }
  std::string say(int what) {
    return error_of([&] { EXPECT_EQ(echo->say(what).wait(), what); });
  }

  bus b;
  int served_calls = 0;
  connection service = b.connect();
  connection client = b.connect();
  served<Echo1> object = service.serve<Echo1>("/");
  proxy<Echo1> echo = client.proxy<Echo1>("org.example.Echo", "/");
};

TEST_F(Fault, ADroppedCallIsNeverServedAndTimesOut) {
  const fault drop = b.when(calls("Say")).times(1).drop();
  EXPECT_EQ(say(1), error_name::no_reply);
  EXPECT_EQ(served_calls, 0);
  EXPECT_EQ(say(2), "none");
  EXPECT_EQ(drop.hits(), 1u);
}

TEST_F(Fault, ADroppedReplyTimesOutThoughItWasServed) {
  const fault drop = b.when(replies_to("Say")).drop();
  EXPECT_EQ(say(1), error_name::no_reply);
  EXPECT_EQ(served_calls, 1);
  drop.lift();
  EXPECT_EQ(say(2), "none");
}

TEST_F(Fault, ADelayedReplyTakesThatLong) {
  b.when(replies_to("Say")).nth(2).delay(10s);
  const auto before = b.now();
  EXPECT_EQ(say(1), "none");
  EXPECT_EQ(b.now() - before, 0s);
  EXPECT_EQ(say(2), "none");
  EXPECT_EQ(b.now() - before, 10s);
}

TEST_F(Fault, ADelayKeepsTheOrderOfItsSenderAndOvertakingDoesNot) {
  std::string heard;
  const slot watch = echo->said.on([&](int what) { heard += std::to_string(what); });
  b.settle();
  b.when(signals("Said")).nth(1).delay(10s);
  b.when(signals("Said")).nth(4).overtake(10s);
  for (int i = 1; i <= 3; ++i) object->said(i);
  b.advance(9s);
  EXPECT_EQ(heard, "");
  b.advance(1s);
  EXPECT_EQ(heard, "123");
  for (int i = 4; i <= 6; ++i) object->said(i);
  b.advance(10s);
  EXPECT_EQ(heard, "123564");
}

TEST_F(Fault, ADuplicateArrivesTwice) {
  std::string heard;
  const slot watch = echo->said.on([&](int what) { heard += std::to_string(what); });
  b.settle();
  b.when(signals("Said")).times(1).duplicate();
  object->said(1);
  object->said(2);
  b.settle();
  EXPECT_EQ(heard, "112");
}

TEST_F(Fault, ACallIsAnsweredInPlaceOfItsReceiver) {
  b.when(calls("Say")).times(1).fail("org.example.Error.Broken", "no luck");
  std::string sender;
  try {
    echo->say(1).wait();
    FAIL();
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "org.example.Error.Broken: no luck");
  }
  EXPECT_EQ(served_calls, 0);
  EXPECT_EQ(say(2), "none");
}

TEST_F(Fault, AReplyBecomesAnError) {
  b.when(replies_to("Say")).fail("org.example.Error.Broken", "no luck");
  EXPECT_EQ(say(1), "org.example.Error.Broken");
  EXPECT_EQ(served_calls, 1);
}

TEST_F(Fault, AFailureWithoutAReceiverIsTheBussOwn) {
  b.when(calls("Say")).fail("org.example.Error.Broken", "no luck");
  b.disconnect(service);
  EXPECT_EQ(say(1), error_name::service_unknown);
}

TEST_F(Fault, TheOwnerOfANameDiesAtTheThirdCall) {
  b.when(calls("Say")).nth(3).kill_receiver();
  EXPECT_EQ(say(1), "none");
  EXPECT_EQ(say(2), "none");
  EXPECT_EQ(say(3), error_name::no_reply);
  EXPECT_EQ(served_calls, 2);
  EXPECT_EQ(say(4), error_name::service_unknown);
  b.settle();
  EXPECT_FALSE(service.is_open());
}

TEST_F(Fault, ASenderDiesInsteadOfAnswering) {
  b.when(replies_to("Say")).kill_sender();
  EXPECT_EQ(say(1), error_name::no_reply);
  EXPECT_EQ(served_calls, 1);
  EXPECT_TRUE(client.is_open());
}

TEST_F(Fault, WhatADyingPeerSentBeforeStillArrives) {
  std::string heard;
  const slot watch = echo->said.on([&](int what) { heard += std::to_string(what); });
  b.settle();
  b.when(signals("Said")).delay(5s);
  object->said(1);
  b.settle();
  service.close();
  b.advance(4s);
  EXPECT_EQ(heard, "");
  b.advance(1s);
  EXPECT_EQ(heard, "1");
}

TEST_F(Fault, APredicateSeesMessageAndSender) {
  std::vector<std::string> seen;
  b.when([&](const passing& message) {
     seen.push_back(message.sender + " " + std::string(message.what.member()));
     return false;
   }).drop();
  say(1);
  EXPECT_EQ(seen, (std::vector<std::string>{":1.1 Say", ":1.0 Said", ":1.0 "}));
}

/// What happens to twenty calls of two clients, in words.
std::string run_with(std::uint64_t seed, const chaos_options& options) {
  bus b;
  const connection service = b.connect();
  const auto object = service.serve<Echo1>("/");
  object->say = [](int what) { return what; };
  std::string story;
  const auto call = [&](const connection& bus, std::string who) -> task<> {
    const auto echo = bus.proxy<Echo1>(service.unique_name(), "/");
    for (int i = 0; i < 10; ++i) {
      auto reply = co_await echo->say(i).within(5s).as_result();
      story += who;
      story += reply ? std::to_string(*reply) : reply.error().name().substr(27);
      story += ' ';
    }
  };
  const connection one = b.connect();
  const connection two = b.connect();
  b.chaos(seed, options);
  b.loop().spawn(call(one, "a"));
  b.loop().spawn(call(two, "b"));
  b.advance(200s);
  return story;
}

TEST(Chaos, OneSeedIsOneRunAndAnotherIsAnother) {
  const chaos_options options{.drop = 0.1, .duplicate = 0.1, .delay = 0.5};
  const std::string once = run_with(7, options);
  EXPECT_EQ(run_with(7, options), once);
  EXPECT_NE(run_with(8, options), once);
  EXPECT_NE(once.find("NoReply"), std::string::npos) << once;
}

TEST(Chaos, DelaysAloneLoseNothingAndReorderOnlyBetweenSenders) {
  int mixed = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::string story = run_with(seed, {.delay = 0.5});
    std::string of_a;
    std::string of_b;
    for (std::size_t i = 0; i + 1 < story.size(); i += 3) {
      (story[i] == 'a' ? of_a : of_b) += story[i + 1];
    }
    EXPECT_EQ(of_a, "0123456789") << "seed " << seed << ": " << story;
    EXPECT_EQ(of_b, "0123456789") << "seed " << seed << ": " << story;
    mixed += story.find("a1 a2") != std::string::npos ? 1 : 0;
  }
  EXPECT_GT(mixed, 0);
  EXPECT_LT(mixed, 20);
}

TEST(Chaos, WhoMayDieDies) {
  int deaths = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::string story = run_with(seed, {.kill_receiver = 0.05, .delay = 0});
    deaths += story.find("Disconnected") != std::string::npos ||
                      story.find("ServiceUnknown") != std::string::npos
                  ? 1
                  : 0;
  }
  EXPECT_GT(deaths, 0);
}

}  // namespace
}  // namespace headway::testing
