// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "broker/broker_testing.h"
#include "broker/policy_testing.h"

namespace headway::broker {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using testing::Recorder;
using ::testing::SizeIs;
using testing::Speaker;

using Record = std::map<std::string, std::string>;  // values as text

BusFacts facts() {
  BusFacts facts;
  facts.id = std::string(32, 'a');
  facts.credentials.uid = 0;
  return facts;
}

BrokerSettings settings() {
  BrokerSettings settings;
  settings.policy = testing::defaults(
      {"allow user=*", "allow own=*", "allow send_destination=*", "allow receive_sender=*",
       "deny send_interface=a.b send_member=Unsent",
       "deny receive_interface=a.b receive_member=Unread", "deny own=org.example.No"});
  settings.limits.max_match_rules_per_connection = 1;
  return settings;
}

class Why : public ::testing::Test {
 protected:
  static std::string text_of(std::string_view signature, wire::BodyReader& value) {
    if (signature == "s") return std::string(value.string());
    if (signature == "u") return std::to_string(value.uint32());
    if (signature == "t") return std::to_string(value.uint64());
    if (signature == "b") return value.boolean() ? "true" : "false";
    std::string text;
    EXPECT_EQ(signature, "as");
    const std::size_t end = value.open_array('s');
    while (!value.at_end(end)) text += fmt::format("{} ", value.string());
    return text;
  }

  /// What a method of org.headway.Bus1 answers; its body is written by `write`. The name of an
  /// error stands alone, as the key of an only record.
  std::vector<Record> ask(const Speaker& peer, std::string_view member, std::string_view signature,
                          const std::function<void(wire::BodyWriter&)>& write) {
    wire::HeaderFields fields{.type = wire::MessageType::method_call};
    fields.serial = ++serial_;
    fields.destination = "org.freedesktop.DBus";
    fields.path = "/org/freedesktop/DBus";
    fields.interface = "org.headway.Bus1";
    fields.member = member;
    fields.signature = signature;
    std::vector<std::uint8_t> body;
    wire::BodyWriter writer(body);
    write(writer);
    std::vector<std::uint8_t> bytes;
    wire::build_message(fields, body, bytes);
    broker_.received(peer.id, *wire::parse_message(bytes), nullptr);

    const auto answer = wire::parse_message(effects_.latest[peer.id]);
    if (answer->type == wire::MessageType::error) return {{{std::string(answer->error_name), ""}}};
    EXPECT_EQ(answer->signature, "aa{sv}");
    wire::BodyReader reader(answer->order, answer->body());
    std::vector<Record> records;
    const std::size_t end = reader.open_array('a');
    while (!reader.at_end(end)) {
      Record& record = records.emplace_back();
      const std::size_t record_end = reader.open_array('{');
      while (!reader.at_end(record_end)) {
        reader.begin_struct();
        const std::string key(reader.string());
        record.emplace(key, text_of(reader.signature(), reader));
      }
    }
    return records;
  }

  std::vector<Record> refusals(const Speaker& peer, std::uint64_t after = 0) {
    return ask(peer, "ListRefusals", "t", [&](wire::BodyWriter& out) { out.uint64(after); });
  }
  /// `flag`: a key that is to be true.
  std::vector<Record> explain(const Speaker& peer, const Record& question,
                              std::string_view flag = {}) {
    return ask(peer, "Explain", "a{sv}", [&](wire::BodyWriter& out) {
      const auto array = out.open_array('{');
      for (const auto& [key, value] : question) {
        out.begin_struct();
        out.string(key);
        out.signature("s");
        out.string(value);
      }
      if (!flag.empty()) {
        out.begin_struct();
        out.string(flag);
        out.signature("b");
        out.boolean(true);
      }
      out.close_array(array);
    });
  }

  static void send(Speaker& from, std::string_view destination, std::string_view member) {
    wire::HeaderFields fields{.type = wire::MessageType::method_call};
    fields.destination = destination;
    fields.path = "/p";
    fields.interface = "a.b";
    fields.member = member;
    from.send(fields, {}, {});
  }

  Recorder effects_;
  Broker broker_{facts(), settings(), effects_, nullptr};
  Speaker root_{broker_, 0};      // :1.0
  Speaker user_{broker_, 1000};   // :1.1
  Speaker other_{broker_, 1001};  // :1.2
  std::uint32_t serial_ = 1000;
};

TEST_F(Why, ARefusalByPolicyIsListedWithAllThatIsKnownOfIt) {
  user_.ask("RequestName", {"org.example.U"}, 0);
  send(user_, ":1.2", "Unsent");
  const auto list = refusals(root_);
  ASSERT_THAT(list, SizeIs(1));
  const Record& record = list[0];
  const Record wanted{{"number", "1"},
                      {"layer", "send policy"},
                      {"rule", R"(<deny send_interface="a.b" send_member="Unsent"/>)"},
                      {"file", "test.conf"},
                      {"line", "5"},
                      {"overridden", "test.conf:3 "},
                      {"message_type", "method_call"},
                      {"path", "/p"},
                      {"interface", "a.b"},
                      {"member", "Unsent"},
                      {"destination", ":1.2"},
                      {"sender", ":1.1"},
                      {"sender_names", "org.example.U "},
                      {"sender_uid", "1000"},
                      {"receiver", ":1.2"},
                      {"receiver_uid", "1001"}};
  for (const auto& fact : wanted) EXPECT_THAT(record, Contains(fact));
  EXPECT_THAT(record.at("text"), HasSubstr("denied by <deny send_interface"));
  EXPECT_TRUE(record.contains("monotonic_usec") && record.contains("serial"));
}

TEST_F(Why, ARefusalByALimitNamesItAndItsHolder) {
  user_.ask("AddMatch", {"member='A'"});
  user_.ask("AddMatch", {"member='B'"});
  const auto list = refusals(root_);
  ASSERT_THAT(list, SizeIs(1));
  EXPECT_THAT(list[0], Contains(Pair("layer", "quota")));
  EXPECT_THAT(list[0], Contains(Pair("limit", "max_match_rules_per_connection")));
  EXPECT_THAT(list[0], Contains(Pair("limit_value", "1")));
  EXPECT_THAT(list[0], Contains(Pair("holder_uid", "1000")));
}

TEST_F(Why, OfManyNamesTheFirstAreListed) {
  for (int i = 0; i < 40; ++i) user_.ask("RequestName", {fmt::format("org.example.N{}", i)}, 0);
  send(user_, ":1.2", "Unsent");
  const Record record = refusals(root_).at(0);
  EXPECT_THAT(record.at("sender_names"), HasSubstr("org.example.N15 "));
  EXPECT_THAT(record.at("sender_names"), Not(HasSubstr("org.example.N16 ")));
  EXPECT_THAT(record.at("text"), HasSubstr("org.example.N15 and 24 more (uid=1000"));
}

TEST_F(Why, WhatTheBusItselfRefusesIsListedToo) {
  user_.ask("ReloadConfig");
  wire::HeaderFields fields{.type = wire::MessageType::method_return};
  fields.destination = ":1.2";
  fields.reply_serial = 7;
  user_.send(fields, {}, {});
  const auto list = refusals(root_);
  ASSERT_THAT(list, SizeIs(2));
  EXPECT_THAT(list[0], Contains(Pair("layer", "bus")));
  EXPECT_THAT(list[0], Contains(Pair("member", "ReloadConfig")));
  EXPECT_THAT(list[1], Contains(Pair("reply_serial", "7")));
}

TEST_F(Why, OthersThanRootSeeWhatTheirOwnUserWasRefusedOrKeptFrom) {
  send(user_, ":1.0", "Unsent");
  send(root_, ":1.2", "Unsent");
  send(user_, ":1.2", "Unsent");
  const auto numbers = [&](const Speaker& peer) {
    std::vector<std::string> result;
    for (const Record& record : refusals(peer)) result.push_back(record.at("number"));
    return result;
  };
  EXPECT_THAT(numbers(root_), ElementsAre("1", "2", "3"));
  EXPECT_THAT(numbers(user_), ElementsAre("1", "3"));
  EXPECT_THAT(numbers(other_), ElementsAre("2", "3"));
  EXPECT_THAT(numbers(Speaker(broker_, 1002)), IsEmpty());
}

TEST_F(Why, OnlyWhatCameAfterIsListedAndNoMoreThanIsKept) {
  for (std::size_t i = 0; i < Broker::refusals_max + 2; ++i) send(user_, ":1.2", "Unsent");
  const auto list = refusals(root_);
  ASSERT_THAT(list, SizeIs(Broker::refusals_max));
  EXPECT_EQ(list.front().at("number"), "3");
  EXPECT_THAT(refusals(root_, Broker::refusals_max + 1), SizeIs(1));
  EXPECT_THAT(refusals(root_, ~std::uint64_t{0}), IsEmpty());
}

TEST_F(Why, AQuestionIsAnsweredAsAMessageWouldBeAndLeavesNoTrace) {
  const auto sent =
      explain(user_, {{"destination", ":1.2"}, {"interface", "a.b"}, {"member", "Ok"}});
  ASSERT_THAT(sent, SizeIs(2));
  EXPECT_THAT(sent[0], Contains(Pair("allowed", "true")));
  EXPECT_THAT(sent[0], Contains(Pair("layer", "send policy")));
  EXPECT_THAT(sent[0], Contains(Pair("line", "3")));
  EXPECT_THAT(sent[0].at("text"), HasSubstr("allowed by <allow"));
  EXPECT_THAT(sent[1], Contains(Pair("layer", "receive policy")));
  EXPECT_THAT(sent[1], Contains(Pair("allowed", "true")));

  const auto unread =
      explain(user_, {{"destination", ":1.2"}, {"interface", "a.b"}, {"member", "Unread"}});
  EXPECT_THAT(unread[0], Contains(Pair("allowed", "true")));
  EXPECT_THAT(unread[1], Contains(Pair("allowed", "false")));
  EXPECT_THAT(unread[1], Contains(Pair("line", "6")));

  EXPECT_TRUE(broker_.refusals().empty());
  EXPECT_THAT(effects_.logged, IsEmpty());
}

TEST_F(Why, AReceiverThatIsNotThereIsJudgedByItsName) {
  const auto answer = explain(
      user_, {{"destination", "org.example.Absent"}, {"interface", "a.b"}, {"member", "Unsent"}});
  ASSERT_THAT(answer, SizeIs(1));
  EXPECT_THAT(answer[0], Contains(Pair("allowed", "false")));
  EXPECT_THAT(answer[0], Contains(Pair("receiver_names", "org.example.Absent ")));
  EXPECT_THAT(explain(user_, {{"destination", "org.freedesktop.DBus"}}), SizeIs(1));
}

TEST_F(Why, ABroadcastIsJudgedForTheOneItWouldReach) {
  const Record question{
      {"destination", ":1.2"}, {"message_type", "signal"}, {"interface", "a.b"}, {"member", "S"}};
  const auto answer = explain(user_, question, "broadcast");
  ASSERT_THAT(answer, SizeIs(2));
  EXPECT_FALSE(answer[0].contains("destination"));
  EXPECT_THAT(answer[0], Contains(Pair("receiver", ":1.2")));
}

TEST_F(Why, OwningANameIsAskedAboutByTheName) {
  const auto no = explain(user_, {{"name", "org.example.No"}});
  ASSERT_THAT(no, SizeIs(1));
  EXPECT_THAT(no[0], Contains(Pair("allowed", "false")));
  EXPECT_THAT(no[0], Contains(Pair("line", "7")));
  EXPECT_THAT(explain(user_, {{"name", "org.example.Yes"}})[0], Contains(Pair("allowed", "true")));
}

TEST_F(Why, WhatAnotherUserMayDoIsForRootToAsk) {
  const Record question{{"sender", ":1.1"}, {"destination", ":1.2"}};
  EXPECT_THAT(explain(root_, question)[0], Contains(Pair("sender", ":1.1")));
  EXPECT_THAT(explain(user_, question)[0], Contains(Pair("sender", ":1.1")));
  EXPECT_THAT(explain(other_, question),
              ElementsAre(Contains(Pair("org.freedesktop.DBus.Error.AccessDenied", ""))));
}

TEST_F(Why, AQuestionThatMakesNoSenseIsRefused) {
  const auto error = [&](const Record& question, std::string_view flag = {}) {
    return explain(user_, question, flag).at(0).begin()->first;
  };
  EXPECT_THAT(error({}), HasSubstr("InvalidArgs"));
  EXPECT_THAT(error({{"nonsense", "x"}}), HasSubstr("InvalidArgs"));
  EXPECT_THAT(error({{"fds", "x"}, {"destination", ":1.2"}}), HasSubstr("InvalidArgs"));
  EXPECT_THAT(error({{"destination", ":1.2"}}, "member"), HasSubstr("InvalidArgs"));
  EXPECT_THAT(error({{"message_type", "x"}, {"destination", ":1.2"}}), HasSubstr("InvalidArgs"));
  EXPECT_THAT(error({{"sender", ":1.99"}, {"destination", ":1.2"}}), HasSubstr("NameHasNoOwner"));
  EXPECT_THAT(error({{"destination", ":1.99"}}, "broadcast"), HasSubstr("NameHasNoOwner"));
}

}  // namespace
}  // namespace headway::broker
