// SPDX-License-Identifier: MIT
#include "wire/auth_client.h"

#include <gtest/gtest.h>

#include <string>

#include "wire/auth_server.h"
#include "wire/cookie.h"
#include "wire/hex.h"

namespace headway::wire {
namespace {

using namespace std::string_literals;

using State = AuthClient::State;
using Failure = AuthClient::Failure;
using enum AuthMechanism;

const std::string guid = "0123456789abcdef0123456789abcdef";
const std::string other_guid = "ffffffffffffffffffffffffffffffff";

/// A client that was started, and what it has said since it was last asked.
struct Talk {
  explicit Talk(AuthClient::Options options) : client(std::move(options)) { client.start(output); }

  std::string hear(std::string_view text) {
    output.clear();
    taken = client.receive(as_bytes(text), output);
    return output;
  }

  AuthClient client;
  std::string output;
  std::size_t taken = 0;
};

AuthClient::Options external_then_anonymous() {
  return {.mechanisms = {external, anonymous}, .uid = 1000, .fds_wanted = true, .trace = "hi"};
}

TEST(AuthClient, SaysItsUidOrLeavesItToTheSocket) {  // AUTH-001, AUTH-028, AUTH-029
  EXPECT_EQ(Talk({.uid = 1000}).output, "\0AUTH EXTERNAL 31303030\r\n"s);
  Talk quiet({});
  EXPECT_EQ(quiet.output, "\0AUTH EXTERNAL\r\n"s);
  EXPECT_EQ(quiet.hear("DATA\r\n"), "DATA\r\n");
  EXPECT_EQ(quiet.hear("OK " + guid + "\r\n"), "BEGIN\r\n");
  EXPECT_EQ(quiet.client.state(), State::begun);
  EXPECT_EQ(quiet.client.guid(), guid);
}

TEST(AuthClient, LeavesWhatFollowsTheLastAnswer) {  // AUTH-008
  Talk talk({.uid = 1000});
  EXPECT_EQ(talk.hear("OK " + guid + "\r\nl\1"), "BEGIN\r\n");
  EXPECT_EQ(talk.taken, guid.size() + 5);
}

/// AUTH-022 .. AUTH-025: each answer in each phase, reached by hearing `before`.
struct Row {
  const char* name;
  std::string before;
  std::string answer;
  std::string said;
  State state = State::reading;
};

class AuthClientTable : public testing::TestWithParam<Row> {
 protected:
  static void check(Talk talk) {
    talk.hear(GetParam().before);
    EXPECT_EQ(talk.hear(GetParam().answer + "\r\n"), GetParam().said);
    EXPECT_EQ(talk.client.state(), GetParam().state);
  }
};

class AuthClientWaitingForData : public AuthClientTable {};
TEST_P(AuthClientWaitingForData, SaysAndEndsInTheStateOfTheTable) {
  check(Talk({.mechanisms = {external, anonymous}, .trace = "hi"}));
}

INSTANTIATE_TEST_SUITE_P(
    Spec, AuthClientWaitingForData,
    testing::Values(Row{"AUTH_022_data", "", "DATA", "DATA\r\n"},
                    Row{"AUTH_022_bad_hex", "", "DATA 0", "ERROR \"Invalid hex encoding\"\r\n"},
                    Row{"AUTH_022_rejected", "", "REJECTED", "AUTH ANONYMOUS 6869\r\n"},
                    Row{"AUTH_022_error", "", "ERROR \"oh\"", "CANCEL\r\n"},
                    Row{"AUTH_014_bare_error", "", "ERROR", "CANCEL\r\n"},
                    Row{"AUTH_022_ok", "", "OK " + guid, "BEGIN\r\n", State::begun},
                    Row{"AUTH_022_other", "", "HELLO", "ERROR \"Unknown command\"\r\n"}),
    [](const auto& row) { return row.param.name; });

class AuthClientLater : public AuthClientTable {};
TEST_P(AuthClientLater, SaysAndEndsInTheStateOfTheTable) { check(Talk(external_then_anonymous())); }

const std::string to_agree = "OK " + guid + "\r\n";

INSTANTIATE_TEST_SUITE_P(
    Spec, AuthClientLater,
    testing::Values(
        Row{"AUTH_023_ok", "", "OK " + guid, "NEGOTIATE_UNIX_FD\r\n"},
        Row{"AUTH_023_ok_without_guid", "", "OK", "", State::failed},
        Row{"AUTH_023_rejected", "", "REJECTED EXTERNAL ANONYMOUS", "AUTH ANONYMOUS 6869\r\n"},
        Row{"AUTH_023_data", "", "DATA", "CANCEL\r\n"},
        Row{"AUTH_023_error", "", "ERROR", "CANCEL\r\n"},
        Row{"AUTH_023_other", "", "AGREE_UNIX_FD", "ERROR \"Unknown command\"\r\n"},
        Row{"AUTH_024_rejected", "ERROR\r\n", "REJECTED", "AUTH ANONYMOUS 6869\r\n"},
        Row{"AUTH_024_ok", "ERROR\r\n", "OK " + guid, "", State::failed},
        Row{"AUTH_024_error", "ERROR\r\n", "ERROR", "", State::failed},
        Row{"AUTH_025_agree", to_agree, "AGREE_UNIX_FD", "BEGIN\r\n", State::begun},
        Row{"AUTH_025_error", to_agree, "ERROR", "BEGIN\r\n", State::begun},
        Row{"AUTH_025_other", to_agree, "DATA", "", State::failed},
        Row{"AUTH_026_no_more", "REJECTED\r\n", "REJECTED", "", State::failed},
        Row{"AUTH_026_not_offered", "", "REJECTED DBUS_COOKIE_SHA1", "", State::failed}),
    [](const auto& row) { return row.param.name; });

TEST(AuthClient, RemembersWhetherDescriptorsWereAgreed) {  // AUTH-025
  Talk yes(external_then_anonymous());
  yes.hear(to_agree + "AGREE_UNIX_FD\r\n");
  EXPECT_TRUE(yes.client.fds_agreed());
  Talk no(external_then_anonymous());
  no.hear(to_agree + "ERROR\r\n");
  EXPECT_FALSE(no.client.fds_agreed());
}

TEST(AuthClient, LeavesAServerOfAnotherGuid) {  // AUTH-015, NAME-011
  Talk talk({.guid = "0123456789ABCDEF0123456789ABCDEF"});
  talk.hear("OK " + guid + "\r\n");
  EXPECT_EQ(talk.client.state(), State::begun);

  Talk wrong({.guid = guid});
  EXPECT_EQ(wrong.hear("OK " + other_guid + "\r\n"), "");
  ASSERT_EQ(wrong.client.state(), State::failed);
  EXPECT_EQ(wrong.client.failure(), Failure::wrong_server);
  EXPECT_EQ(wrong.client.what_happened(),
            "the address is that of server " + guid + ", the server is " + other_guid);
}

TEST(AuthClient, SaysWhatTheServerOffersWithoutItsControlCharacters) {  // AUTH-026
  Talk talk({});
  talk.hear("REJECTED \x1b[31mFOO\r\n");
  ASSERT_EQ(talk.client.state(), State::failed);
  EXPECT_EQ(talk.client.failure(), Failure::rejected);
  EXPECT_TRUE(talk.client.what_happened().ends_with("it offers \"?[31mFOO\""))
      << talk.client.what_happened();
}

TEST(AuthClient, BoundsLinesAndItsOwnAnswers) {  // AUTH-005
  Talk talk({});
  talk.hear(std::string(17 * 1024, 'x'));
  ASSERT_EQ(talk.client.state(), State::failed);
  EXPECT_EQ(talk.client.failure(), Failure::answer_too_long);

  Talk flooded({});
  std::string lines;
  for (int i = 0; i < 8192; ++i) lines += "\r\n";
  flooded.hear(lines);
  EXPECT_EQ(flooded.client.state(), State::failed);
}

TEST(AuthClient, PipelinesTheWholeConversation) {  // AUTH-045, AUTH-046
  EXPECT_EQ(Talk({.uid = 1000, .pipelined = true}).output,
            "\0AUTH EXTERNAL 31303030\r\nBEGIN\r\n"s);
  Talk talk({.fds_wanted = true, .pipelined = true});
  EXPECT_EQ(talk.output, "\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"s);
  EXPECT_EQ(talk.hear("DATA\r\nOK " + guid + "\r\n"), "");
  EXPECT_EQ(talk.client.state(), State::reading);
  EXPECT_EQ(talk.hear("AGREE_UNIX_FD\r\nl"), "");
  EXPECT_EQ(talk.taken, 15u);
  EXPECT_EQ(talk.client.state(), State::begun);
  EXPECT_TRUE(talk.client.fds_agreed());
}

TEST(AuthClient, PipelinedAnswersMustComeInOrder) {
  Talk rejected({.pipelined = true});
  rejected.hear("REJECTED ANONYMOUS\r\n");
  ASSERT_EQ(rejected.client.state(), State::failed);
  EXPECT_EQ(rejected.client.failure(), Failure::rejected);

  Talk odd({.pipelined = true});
  odd.hear("OK " + guid + "\r\n");
  ASSERT_EQ(odd.client.state(), State::failed);
  EXPECT_EQ(odd.client.failure(), Failure::bad_answer);
}

TEST(AuthClient, TriesTheNextMechanismWithoutACookieOrAGoodChallenge) {  // AUTH-034, AUTH-036
  const AuthClient::Options options{.mechanisms = {cookie_sha1, anonymous}, .user = "me"};
  Talk talk(options);
  EXPECT_EQ(talk.output, "\0AUTH DBUS_COOKIE_SHA1 6d65\r\n"s);
  talk.hear("DATA " + to_hex(std::string_view("ctx 7 aabb")) + "\r\n");
  ASSERT_EQ(talk.client.state(), State::wants_cookie);
  EXPECT_EQ(talk.client.cookie_request().context, "ctx");
  EXPECT_EQ(talk.client.cookie_request().id, 7u);
  talk.output.clear();
  talk.client.provide_cookie(std::nullopt, talk.output);
  EXPECT_EQ(talk.output, "CANCEL\r\n");
  EXPECT_EQ(talk.hear("REJECTED\r\n"), "AUTH ANONYMOUS\r\n");

  Talk attacked(options);
  EXPECT_EQ(attacked.hear("DATA " + to_hex(std::string_view("../x 7 aabb")) + "\r\n"),
            "CANCEL\r\n");
}

// A client of ours against a server of ours.

struct Meeting {
  AuthClient client;
  AuthServer server;
  std::string to_server = {};
  std::string to_client = {};

  /// Carries bytes, `step` at a time, and hands out cookies until nobody has anything to say.
  void run(std::size_t step) {
    client.start(to_server);
    while (move(step)) {
    }
  }

  bool move(std::size_t step) {
    if (server.state() == AuthServer::State::wants_cookie) {
      server.provide_cookie(AuthCookie{"ctx", 7, "5ec2e7", "aabb"}, to_client);
      return true;
    }
    if (client.state() == State::wants_cookie) {
      client.provide_cookie(AuthClient::CookieAnswer{"5ec2e7", "ccdd"}, to_server);
      return true;
    }
    const std::size_t heard =
        server.receive(as_bytes(std::string_view(to_server).substr(0, step)), to_client);
    to_server.erase(0, heard);
    const std::size_t answered =
        client.receive(as_bytes(std::string_view(to_client).substr(0, step)), to_server);
    to_client.erase(0, answered);
    return heard + answered > 0;
  }
};

struct Pairing {
  const char* name;
  AuthClient::Options client;
  AuthServer::Identity identity;
};

class AuthBothSides : public testing::TestWithParam<Pairing> {
 protected:
  static void meet(std::size_t step) {
    constexpr AuthMechanisms all{.external = true, .cookie_sha1 = true, .anonymous = true};
    Meeting meeting{.client = AuthClient(GetParam().client),
                    .server = AuthServer({.guid = guid,
                                          .mechanisms = all,
                                          .fds_possible = true,
                                          .peer_uid = 1000,
                                          .own_uid = 1001})};
    meeting.run(step);

    ASSERT_EQ(meeting.client.state(), State::begun);
    ASSERT_EQ(meeting.server.state(), AuthServer::State::begun);
    EXPECT_EQ(meeting.server.identity(), GetParam().identity);
    EXPECT_EQ(meeting.client.mechanism(), GetParam().identity.mechanism);
    EXPECT_EQ(meeting.client.fds_agreed(), GetParam().identity.fds_agreed);
    EXPECT_EQ(meeting.client.guid(), guid);
    EXPECT_EQ(meeting.to_server, "");
    EXPECT_EQ(meeting.to_client, "");
  }
};

TEST_P(AuthBothSides, AgreeInWholeReads) { meet(auth_bytes_max); }
TEST_P(AuthBothSides, AgreeOneByteAtATime) { meet(1); }  // AUTH-047

INSTANTIATE_TEST_SUITE_P(
    Spec, AuthBothSides,
    testing::Values(
        Pairing{"uid", {.uid = 1000, .fds_wanted = true}, {external, 1000, true}},
        Pairing{"empty", {.fds_wanted = true, .guid = guid}, {external, 1000, true}},
        Pairing{"without_fds", {}, {external, 1000, false}},
        Pairing{"pipelined", {.fds_wanted = true, .pipelined = true}, {external, 1000, true}},
        Pairing{"pipelined_uid", {.uid = 1000, .pipelined = true}, {external, 1000, false}},
        Pairing{
            "cookie", {.mechanisms = {cookie_sha1}, .user = "1001"}, {cookie_sha1, 1001, false}},
        Pairing{"anonymous", {.mechanisms = {anonymous}, .trace = "hi"}, {anonymous, {}, false}},
        Pairing{"fallback",
                {.mechanisms = {external, cookie_sha1, anonymous}, .uid = 0, .user = "nobody"},
                {anonymous, {}, false}}),
    [](const auto& pairing) { return pairing.param.name; });

}  // namespace
}  // namespace headway::wire
