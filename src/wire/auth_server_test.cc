// SPDX-License-Identifier: MIT
#include "wire/auth_server.h"

#include <gtest/gtest.h>

#include <string>

#include "wire/cookie.h"
#include "wire/hex.h"

namespace headway::wire {
namespace {

using namespace std::string_literals;

using State = AuthServer::State;
using Refusal = AuthServer::Refusal;

const std::string guid = "0123456789abcdef0123456789abcdef";
const std::string ok = "OK " + guid + "\r\n";
const std::string all_rejected = "REJECTED EXTERNAL DBUS_COOKIE_SHA1 ANONYMOUS\r\n";
constexpr AuthMechanisms all{.external = true, .cookie_sha1 = true, .anonymous = true};

AuthServer::Options options() {
  return {.guid = guid,
          .mechanisms = all,
          .fds_possible = true,
          .peer_uid = 1000,
          .own_uid = 1001,
          .own_user = "bus"};
}

/// A server and what it has said.
struct Talk {
  explicit Talk(AuthServer::Options with = options()) : server(std::move(with)) {}

  /// The answer to these bytes.
  std::string say(std::string_view text) {
    output.clear();
    taken = server.receive(as_bytes(text), output);
    return output;
  }

  AuthServer server;
  std::string output;
  std::size_t taken = 0;
};

TEST(AuthServer, FirstByteMustBeNul) {  // AUTH-001
  Talk talk;
  EXPECT_EQ(talk.say("AUTH\r\n"), "");
  ASSERT_EQ(talk.server.state(), State::refused);
  EXPECT_EQ(talk.server.refusal(), Refusal::no_nul_byte);
  EXPECT_EQ(talk.taken, 0u);

  EXPECT_EQ(Talk().say("\0AUTH\r\n"s), all_rejected);
}

TEST(AuthServer, OnlyCarriageReturnAndNewlineEndALine) {  // AUTH-003
  Talk talk;
  EXPECT_EQ(talk.say("\0AUTH\nAUTH\rAUTH\r"s), "");
  EXPECT_EQ(talk.say("\n"), "ERROR \"Unknown command\"\r\n");
}

TEST(AuthServer, LinesThatAreNotAsciiAreAnErrorAndNoMore) {  // AUTH-004
  Talk talk;
  EXPECT_EQ(talk.say("\0AUTH\xc3\xa4\r\n"s), "ERROR \"A line holds ASCII characters only\"\r\n");
  EXPECT_EQ(talk.say("AUTH\0\r\n"s), "ERROR \"A line holds ASCII characters only\"\r\n");
  EXPECT_EQ(talk.say("AUTH \t EXTERNAL\t 31303030\r\n"), ok);
}

TEST(AuthServer, LinesAndUnsentAnswersAreBounded) {  // AUTH-005
  Talk talk;
  EXPECT_EQ(talk.say("\0"s + std::string(15 * 1024, 'x') + "\r\n"),
            "ERROR \"Unknown command\"\r\n");
  EXPECT_EQ(talk.say(std::string(17 * 1024, 'x')), "");
  ASSERT_EQ(talk.server.state(), State::refused);
  EXPECT_EQ(talk.server.refusal(), Refusal::line_too_long);

  Talk deaf;
  std::string lines = "\0"s;
  for (int i = 0; i < 8192; ++i) lines += "\r\n";
  EXPECT_LE(deaf.say(lines).size(), auth_bytes_max + 64);
  ASSERT_EQ(deaf.server.state(), State::refused);
  EXPECT_EQ(deaf.server.refusal(), Refusal::answers_not_read);
}

TEST(AuthServer, UnknownCommandsMayRepeat) {  // AUTH-006
  Talk talk;
  talk.say("\0"s);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(talk.say("EXTENSION_FOO bar\r\n"), "ERROR \"Unknown command\"\r\n");
  }
  EXPECT_EQ(talk.say("AUTH EXTERNAL 31303030\r\n"), ok);
}

TEST(AuthServer, BadHexIsAnErrorThatKeepsThePhase) {  // AUTH-007
  Talk talk;
  EXPECT_EQ(talk.say("\0AUTH EXTERNAL 313\r\n"s), "ERROR \"Invalid hex encoding\"\r\n");
  EXPECT_EQ(talk.say("AUTH EXTERNAL\r\n"), "DATA\r\n");
  EXPECT_EQ(talk.say("DATA 3x\r\n"), "ERROR \"Invalid hex encoding\"\r\n");
  EXPECT_EQ(talk.say("DATA 31303030\r\n"), ok);
}

TEST(AuthServer, BytesAfterBeginAreLeftForTheFramer) {  // AUTH-008, AUTH-046, AUTH-048
  Talk talk;
  const auto handshake = "\0AUTH EXTERNAL 31303030\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"s;
  EXPECT_EQ(talk.say(handshake + "l\1\0\1"s), ok + "AGREE_UNIX_FD\r\n");
  ASSERT_EQ(talk.server.state(), State::begun);
  EXPECT_EQ(talk.taken, handshake.size());
  EXPECT_EQ(talk.server.identity(),
            (AuthServer::Identity{AuthMechanism::external, 1000, /*fds_agreed=*/true}));

  EXPECT_EQ(talk.say("more"), "");
  EXPECT_EQ(talk.taken, 0u);
}

TEST(AuthServer, TakesTheWholeClientSideInOneWrite) {  // AUTH-045
  Talk talk;
  EXPECT_EQ(talk.say("\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"s),
            "DATA\r\n" + ok + "AGREE_UNIX_FD\r\n");
  EXPECT_EQ(talk.server.state(), State::begun);
}

TEST(AuthServer, TakesOneByteAtATime) {  // AUTH-047
  Talk talk;
  std::string answers;
  for (const char c : "\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"s) {
    ASSERT_EQ(talk.server.state(), State::reading);
    answers += talk.say({&c, 1});
    EXPECT_EQ(talk.taken, 1u);
  }
  EXPECT_EQ(answers, "DATA\r\n" + ok + "AGREE_UNIX_FD\r\n");
  EXPECT_EQ(talk.server.state(), State::begun);
}

/// AUTH-016 .. AUTH-018: each command in each phase, reached by saying `before`.
struct Row {
  const char* name;
  std::string before;
  std::string command;
  std::string answer_start;
  State state = State::reading;
};

const std::string to_auth = "\0"s;
const std::string to_data = "\0AUTH EXTERNAL\r\n"s;
const std::string to_begin = "\0AUTH EXTERNAL 31303030\r\n"s;

class AuthServerTable : public testing::TestWithParam<Row> {};

TEST_P(AuthServerTable, AnswersAndEndsInTheStateOfTheTable) {
  Talk talk;
  talk.say(GetParam().before);

  const std::string answer = talk.say(GetParam().command + "\r\n");
  EXPECT_TRUE(answer.starts_with(GetParam().answer_start)) << answer;
  EXPECT_EQ(answer.empty(), GetParam().answer_start.empty()) << answer;
  EXPECT_EQ(talk.server.state(), GetParam().state);
}

INSTANTIATE_TEST_SUITE_P(
    Spec, AuthServerTable,
    testing::Values(
        Row{"AUTH_016_auth_accepted", to_auth, "AUTH EXTERNAL 31303030", "OK "},
        Row{"AUTH_016_auth_continues", to_auth, "AUTH EXTERNAL", "DATA\r\n"},
        Row{"AUTH_012_auth_alone", to_auth, "AUTH", all_rejected},
        Row{"AUTH_016_auth_unknown", to_auth, "AUTH FOO 00", all_rejected},
        Row{"AUTH_016_auth_lower_case", to_auth, "AUTH external 31303030", all_rejected},
        Row{"AUTH_016_error", to_auth, "ERROR", "REJECTED "},
        Row{"AUTH_016_begin", to_auth, "BEGIN", "", State::refused},
        Row{"AUTH_016_cancel", to_auth, "CANCEL", "ERROR "},
        Row{"AUTH_016_data", to_auth, "DATA", "ERROR "},
        Row{"AUTH_016_negotiate", to_auth, "NEGOTIATE_UNIX_FD", "ERROR "},
        Row{"AUTH_016_empty", to_auth, "", "ERROR "},
        Row{"AUTH_017_data_accepted", to_data, "DATA 31303030", "OK "},
        Row{"AUTH_017_data_rejected", to_data, "DATA 30", "REJECTED "},
        Row{"AUTH_017_begin", to_data, "BEGIN", "", State::refused},
        Row{"AUTH_017_cancel", to_data, "CANCEL", "REJECTED "},
        Row{"AUTH_017_error", to_data, "ERROR \"what\"", "REJECTED "},
        Row{"AUTH_017_auth", to_data, "AUTH EXTERNAL 31303030", "ERROR "},
        Row{"AUTH_017_negotiate", to_data, "NEGOTIATE_UNIX_FD", "ERROR "},
        Row{"AUTH_017_unknown", to_data, "HELLO", "ERROR "},
        Row{"AUTH_018_begin", to_begin, "BEGIN", "", State::begun},
        Row{"AUTH_018_negotiate", to_begin, "NEGOTIATE_UNIX_FD", "AGREE_UNIX_FD\r\n"},
        Row{"AUTH_018_cancel", to_begin, "CANCEL", "REJECTED "},
        Row{"AUTH_018_error", to_begin, "ERROR", "REJECTED "},
        Row{"AUTH_018_auth", to_begin, "AUTH EXTERNAL 31303030", "ERROR "},
        Row{"AUTH_018_data", to_begin, "DATA", "ERROR "},
        Row{"AUTH_018_unknown", to_begin, "HELLO", "ERROR "},
        Row{"AUTH_028_other_uid", to_auth, "AUTH EXTERNAL 30", "REJECTED "},
        Row{"AUTH_028_plus", to_auth, "AUTH EXTERNAL 2b31303030", "REJECTED "},
        Row{"AUTH_028_nobody", to_auth, "AUTH EXTERNAL 34323934393637323935", "REJECTED "},
        Row{"AUTH_029_empty", to_data, "DATA", "OK "},
        Row{"AUTH_030_trailing_space", to_auth, "AUTH EXTERNAL ", "DATA\r\n"},
        Row{"AUTH_031_user_name", to_auth, "AUTH EXTERNAL 726f6f74", "REJECTED "},
        Row{"AUTH_033_no_user", to_auth, "AUTH DBUS_COOKIE_SHA1", "REJECTED "},
        Row{"AUTH_033_other_user", to_auth, "AUTH DBUS_COOKIE_SHA1 31303030", "REJECTED "},
        Row{"AUTH_033_own_uid", to_auth, "AUTH DBUS_COOKIE_SHA1 31303031", "", State::wants_cookie},
        Row{"AUTH_033_own_name", to_auth, "AUTH DBUS_COOKIE_SHA1 627573", "", State::wants_cookie},
        Row{"AUTH_042_no_trace", to_auth, "AUTH ANONYMOUS", "OK "},
        Row{"AUTH_042_trace", to_auth, "AUTH ANONYMOUS c3a4", "OK "},
        Row{"AUTH_042_bad_utf8", to_auth, "AUTH ANONYMOUS c3", "REJECTED "}),
    [](const auto& row) { return row.param.name; });

TEST(AuthServer, ListsOnlyWhatItPermits) {  // AUTH-013
  auto with = options();
  with.mechanisms = {};
  Talk talk(with);
  EXPECT_EQ(talk.say("\0AUTH\r\n"s), "REJECTED EXTERNAL\r\n");
  EXPECT_EQ(talk.say("AUTH ANONYMOUS\r\n"), "REJECTED EXTERNAL\r\n");
  EXPECT_EQ(talk.say("AUTH DBUS_COOKIE_SHA1 31303031\r\n"), "REJECTED EXTERNAL\r\n");
  with.mechanisms = {.external = false};
  EXPECT_EQ(Talk(with).say("\0AUTH\r\n"s), "REJECTED\r\n");
}

TEST(AuthServer, SixRejectionsEndTheConnection) {  // AUTH-019
  Talk talk;
  talk.say("\0"s);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(talk.say("AUTH EXTERNAL 30\r\n"), all_rejected);
    EXPECT_EQ(talk.server.state(), State::reading);
  }
  EXPECT_EQ(talk.say("AUTH EXTERNAL 30\r\nAUTH EXTERNAL 31303030\r\n"), all_rejected);
  ASSERT_EQ(talk.server.state(), State::refused);
  EXPECT_EQ(talk.server.refusal(), Refusal::too_many_rejections);
}

TEST(AuthServer, AgreesToDescriptorsAgainAndOnlyWhereTheyCanPass) {  // AUTH-020
  Talk talk;
  talk.say(to_begin);
  EXPECT_EQ(talk.say("NEGOTIATE_UNIX_FD\r\n"), "AGREE_UNIX_FD\r\n");
  EXPECT_EQ(talk.say("NEGOTIATE_UNIX_FD\r\n"), "AGREE_UNIX_FD\r\n");

  auto with = options();
  with.fds_possible = false;
  Talk tcp(with);
  tcp.say(to_begin);
  EXPECT_EQ(tcp.say("NEGOTIATE_UNIX_FD\r\n"),
            "ERROR \"This transport cannot pass file descriptors\"\r\n");
  tcp.say("BEGIN\r\n");
  EXPECT_FALSE(tcp.server.identity().fds_agreed);
}

TEST(AuthServer, CancelForgetsDescriptorsAndIdentity) {
  Talk talk;
  talk.say(to_begin + "NEGOTIATE_UNIX_FD\r\nCANCEL\r\nAUTH ANONYMOUS\r\nBEGIN\r\n");
  ASSERT_EQ(talk.server.state(), State::begun);
  EXPECT_EQ(talk.server.identity(),
            (AuthServer::Identity{AuthMechanism::anonymous, std::nullopt, false}));
}

TEST(AuthServer, ExternalNeedsASocketThatKnowsItsPeer) {  // AUTH-028, ADDR-022
  auto with = options();
  with.peer_uid.reset();
  Talk talk(with);
  EXPECT_EQ(talk.say("\0AUTH EXTERNAL 31303030\r\n"s), all_rejected);
  EXPECT_EQ(talk.say("AUTH EXTERNAL\r\nDATA\r\n"), "DATA\r\n" + all_rejected);
}

TEST(AuthServer, CookieShowsThatThePeerReadsOurKeyring) {  // AUTH-033 .. AUTH-035
  Talk talk;
  const auto first = "\0AUTH DBUS_COOKIE_SHA1 31303031\r\n"s;
  const std::string response = to_hex(cookie_response("aabb", "ccdd", "5ec2e7"));
  EXPECT_EQ(talk.say(first + "DATA " + response + "\r\n"), "");
  ASSERT_EQ(talk.server.state(), State::wants_cookie);
  EXPECT_EQ(talk.taken, first.size());

  talk.output.clear();
  talk.server.provide_cookie(AuthCookie{"ctx", 7, "5ec2e7", "aabb"}, talk.output);
  EXPECT_EQ(talk.output, "DATA " + to_hex(std::string_view("ctx 7 aabb")) + "\r\n");
  EXPECT_EQ(talk.say("DATA " + response + "\r\nBEGIN\r\n"), ok);
  ASSERT_EQ(talk.server.state(), State::begun);
  EXPECT_EQ(talk.server.identity(),
            (AuthServer::Identity{AuthMechanism::cookie_sha1, 1001, false}));
}

TEST(AuthServer, WrongOrMissingCookieIsRejected) {  // AUTH-035
  Talk talk;
  talk.say("\0AUTH DBUS_COOKIE_SHA1 627573\r\n"s);
  talk.output.clear();
  talk.server.provide_cookie(std::nullopt, talk.output);
  EXPECT_EQ(talk.output, all_rejected);

  talk.say("AUTH DBUS_COOKIE_SHA1 627573\r\n");
  talk.server.provide_cookie(AuthCookie{"ctx", 7, "5ec2e7", "aabb"}, talk.output);
  EXPECT_EQ(talk.say("DATA " + to_hex(cookie_response("aabb", "ccdd", "5ec2e8")) + "\r\n"),
            all_rejected);
  EXPECT_EQ(talk.say("AUTH EXTERNAL 31303030\r\n"), ok);
}

}  // namespace
}  // namespace headway::wire
