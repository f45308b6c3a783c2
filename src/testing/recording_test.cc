// SPDX-License-Identifier: MIT
#include "headway/testing/recording.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <tuple>

#include "headway/headway.h"
#include "headway/testing.h"
#include "testing/error_testing.h"

namespace headway::testing {
namespace {

using namespace std::chrono_literals;

struct Setting {
  std::string key;
  int value;
};

template <class Role>
struct Store1 {
  static constexpr std::string_view name = "org.example.Store1";
  method<Role, int(Setting)> set;
  property<Role, int> count;
  signal<Role, Setting> stored;
};

constexpr const char* store_name = "org.example.Store";

/// What a client did and saw with a real service: Set twice (the second is refused), and Get.
recording a_day_with_the_store() {
  bus b;
  const connection service = b.connect();
  const connection client = b.connect();
  const auto store = service.serve<Store1>("/store");
  store->set = [&](Setting what) -> task<int> {
    co_await b.loop().sleep(3s);
    if (what.value < 0) throw error("org.example.Error.Negative", "no");
    store->stored(what);
    co_return what.value + 1;
  };
  store->count = 17;
  service.request_name(store_name).wait();
  const auto proxy = client.proxy<Store1>(store_name, "/store");
  const slot watch = proxy->stored.on([](const Setting&) {});
  b.settle();
  const auto tape = b.record(client);
  proxy->set("one", 1).wait();
  proxy->set("two", -2).as_result().wait();
  proxy->count.get().wait();
  return *tape;
}

TEST(Recording, HasWhatAConnectionSentAndGotWithItsTimes) {
  const recording tape = a_day_with_the_store();
  std::vector<std::string> lines;
  for (const auto& entry : tape.entries()) {
    lines.push_back(std::to_string(entry.at / 1s) + " " + describe(entry.what));
  }
  EXPECT_EQ(lines,
            (std::vector<std::string>{
                "0 :1.1 calls org.example.Store /store org.example.Store1.Set((\"one\", 1))",
                "3 :1.0 emits /store org.example.Store1.Stored(\"one\", 1)",
                "3 :1.0 answers :1.1 (2)",
                "3 :1.1 calls org.example.Store /store org.example.Store1.Set((\"two\", -2))",
                "6 :1.0 answers :1.1 org.example.Error.Negative(\"no\")",
                "6 :1.1 calls org.example.Store /store org.freedesktop.DBus.Properties.Get("
                "\"org.example.Store1\", \"Count\")",
                "6 :1.0 answers :1.1 (<17>)",
            }));
}

TEST(Recording, IsTheSameAfterAFile) {
  const recording tape = a_day_with_the_store();
  const std::string path = ::testing::TempDir() + "headway-" + std::to_string(::getpid()) + ".rec";
  tape.save(path);
  EXPECT_EQ(recording::load(path).to_text(), tape.to_text());
  std::remove(path.c_str());
  try {
    std::ignore = recording::load(path);
    FAIL();
  } catch (const error& e) {
    EXPECT_NE(e.text().find(path), std::string::npos);
  }
}

TEST(Recording, WhatIsNoneIsSaidWithItsLine) {
  const std::string text = a_day_with_the_store().to_text();
  const auto said = [](const std::string& wrong) {
    try {
      std::ignore = recording::parse(wrong);
      return std::string("nothing");
    } catch (const error& e) {
      return e.text().substr(0, e.text().find(" of"));
    }
  };
  EXPECT_EQ(said(text + "# the end\n\n"), "nothing");
  EXPECT_EQ(said("pcap"), "line 1");
  EXPECT_EQ(said("headway recording 1\n\t6c"), "line 2");
  EXPECT_EQ(said("headway recording 1\n1.5 x\n"), "line 2");
  EXPECT_EQ(said("headway recording 1\n0.000000000 x\n\t6cc"), "line 3");
  EXPECT_EQ(said(text.substr(0, text.size() - 3)), "line 15");
}

TEST(Recording, OfAMonitorIsThatOfAllItSaw) {
  bus b;
  const connection service = b.connect();
  const connection client = b.connect();
  const connection monitor = b.connect();
  monitor.become_monitor({}).wait();
  monitor.detach();
  while (monitor.next_message(0s)) {
  }
  client
      .call(message_builder::method_call(service.unique_name(), "/", "org.freedesktop.DBus.Peer",
                                         "Ping")
                .build())
      .wait();
  recording tape;
  while (const auto next = monitor.next_message(0s)) tape.add(*next, 0s);
  ASSERT_EQ(tape.entries().size(), 2u);
  EXPECT_EQ(tape.entries()[1].what.sender(), ":1.0");
}

struct Replay : ::testing::Test {
  bus b;
  replay past{b, a_day_with_the_store()};
  connection client = b.connect();
  proxy<Store1> store = client.proxy<Store1>(store_name, "/store");
};

TEST_F(Replay, AnswersWhatWasAskedAsLongAsItTook) {
  std::string heard;
  const slot watch = store->stored.on([&](const Setting& what) { heard += what.key; });
  b.settle();
  const auto before = b.now();
  EXPECT_EQ(store->set("one", 1).wait(), 2);
  EXPECT_EQ(b.now() - before, 3s);
  b.settle();
  EXPECT_EQ(heard, "one");
  EXPECT_EQ(store->count.get().wait(), 17);
  EXPECT_EQ(past.missing(), (std::vector<std::string>{":1.1 calls org.example.Store /store "
                                                      "org.example.Store1.Set((\"two\", -2))"}));
  EXPECT_EQ(error_of([&] { store->set("two", -2).wait(); }), "org.example.Error.Negative");
  EXPECT_TRUE(past.missing().empty());
  EXPECT_TRUE(past.differences().empty());
}

TEST_F(Replay, ACallWithOtherArgumentsIsADifference) {
  EXPECT_EQ(error_of([&] { store->set("one", 2).wait(); }),
            "org.headway.Testing.Error.NotRecorded");
  EXPECT_EQ(past.differences(),
            (std::vector<std::string>{
                "Set((\"one\", 2)) at /store of org.example.Store1 was not recorded: there are "
                "Set((\"one\", 1)), Set((\"two\", -2))"}));
}

TEST_F(Replay, ACallMadeOnceTooOftenIsADifference) {
  store->set("one", 1).wait();
  store->set("one", 1).as_result().wait();
  ASSERT_EQ(past.differences().size(), 1u);
  EXPECT_NE(past.differences()[0].find("Set((\"one\", 1)) (made already)"), std::string::npos);
}

TEST_F(Replay, ACallOfAnotherMethodIsADifference) {
  client.call(message_builder::method_call(past.name_of(":1.0"), "/", "a.b", "C").build())
      .as_result()
      .wait();
  EXPECT_EQ(
      past.differences(),
      (std::vector<std::string>{"C() at / of a.b was not recorded: there is no call of C in it"}));
}

}  // namespace
}  // namespace headway::testing
