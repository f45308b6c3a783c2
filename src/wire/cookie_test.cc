// SPDX-License-Identifier: MIT
#include "wire/cookie.h"

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"
#include "wire/hex.h"
#include "wire/sha1.h"

namespace headway::wire {
namespace {

using std::chrono::seconds;

constexpr KeyringTime now{seconds(1'700'000'000)};

KeyringCookie cookie(std::uint32_t id, seconds age) {
  return {.id = id, .created = now - age, .secret = "00112233"};
}

std::string sha1_hex(std::string_view text) { return to_hex(sha1(as_bytes(text))); }

TEST(Sha1, AgreesWithThePublishedExamples) {
  EXPECT_EQ(sha1_hex(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(sha1_hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(sha1_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(sha1_hex(std::string(1'000'000, 'a')), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST(Sha1, PadsRightAroundTheEndOfABlock) {
  EXPECT_EQ(sha1_hex(std::string(55, 'a')), "c1c8bbdc22796e28c0e15163d20899b65621d65a");
  EXPECT_EQ(sha1_hex(std::string(56, 'a')), "c2db330f6083854c99d4b5bfb6e8f29f201be699");
  EXPECT_EQ(sha1_hex(std::string(63, 'a')), "03f09f5b158a7a8cdad920bddc29b81c18a551f5");
  EXPECT_EQ(sha1_hex(std::string(64, 'a')), "0098ba824b5c16427bd7a1122a5a442a25ec644d");
  EXPECT_EQ(sha1_hex(std::string(65, 'a')), "11655326c708d70319be2610e8a57d9a5b959d3b");
}

TEST(Cookie, ContextIsAFileNameThatCannotLeaveItsDirectory) {  // AUTH-036
  EXPECT_TRUE(is_cookie_context(cookie_context_default));
  EXPECT_TRUE(is_cookie_context("a-b"));
  for (const std::string_view bad :
       {"", ".", "..", "a/b", "a\\b", "a b", "a\tb", "a\r", "a\n", "\xc3\xa4", "a.lock"}) {
    EXPECT_FALSE(is_cookie_context(bad)) << bad;
  }
  EXPECT_FALSE(is_cookie_context(std::string_view("a\0b", 3)));
}

TEST(Keyring, SkipsMalformedLinesAndKeepsTheRest) {  // AUTH-038
  const auto cookies = parse_keyring(
      "1 1700000000 aabb\n"
      "\n"
      "x 1700000000 aabb\n"
      "-2 1700000000 aabb\n"
      "3 soon aabb\n"
      "4 1700000000 xyz\n"
      "5 1700000000\n"
      "6 1700000000 aabb cc\n"
      "7  1700000000 aabb\n"
      "2147483648 1700000000 aabb\n"
      "8 99999999999999999999 aabb\n"
      "1 1700000001 ccdd\n"
      "9 1700000002 EEFF");

  ASSERT_EQ(cookies.size(), 2u);
  EXPECT_EQ(cookies[0], (KeyringCookie{.id = 1, .created = now, .secret = "aabb"}));
  EXPECT_EQ(cookies[1], (KeyringCookie{.id = 9, .created = now + seconds(2), .secret = "EEFF"}));
}

TEST(Keyring, PrintsWhatItParses) {  // AUTH-038
  const std::string file = "7 1700000000 aabb\n2147483647 1700000002 ccdd\n";
  EXPECT_EQ(print_keyring(parse_keyring(file)), file);
}

TEST(Keyring, PurgesTheOldAndTheFarFuture) {  // AUTH-039
  std::vector cookies = {cookie(1, seconds(421)), cookie(2, seconds(420)), cookie(3, seconds(0)),
                         cookie(4, seconds(-300)), cookie(5, seconds(-301))};

  EXPECT_TRUE(purge_keyring(cookies, now));
  EXPECT_EQ(cookies, (std::vector{cookie(2, seconds(420)), cookie(3, seconds(0)),
                                  cookie(4, seconds(-300))}));
  EXPECT_FALSE(purge_keyring(cookies, now));
}

TEST(Keyring, KeepsTheNewestWhenThereAreTooMany) {  // AUTH-039
  std::vector<KeyringCookie> cookies;
  for (std::uint32_t id = 0; id < keyring_cookies_max + 2; ++id) {
    cookies.push_back(cookie(id, seconds(id)));
  }

  EXPECT_TRUE(purge_keyring(cookies, now));
  ASSERT_EQ(cookies.size(), keyring_cookies_max);
  EXPECT_EQ(cookies.back().id, keyring_cookies_max - 1);
}

TEST(Keyring, OffersOnlyACookieThatIsYoungEnough) {  // AUTH-039
  const std::vector both = {cookie(1, seconds(299)), cookie(2, seconds(400))};
  const std::vector old = {cookie(1, seconds(300)), cookie(2, seconds(400))};

  ASSERT_NE(find_fresh_cookie(both, now), nullptr);
  EXPECT_EQ(find_fresh_cookie(both, now)->id, 1u);
  EXPECT_EQ(find_fresh_cookie(old, now), nullptr);
  EXPECT_EQ(find_fresh_cookie({}, now), nullptr);
  EXPECT_EQ(find_cookie(old, 2), &old[1]);
  EXPECT_EQ(find_cookie(old, 3), nullptr);
}

TEST(Cookie, ChallengeIsThreeWordsWithASafeContext) {  // AUTH-034
  const CookieChallenge challenge{.context = "ctx", .id = 12, .challenge = "00ff"};
  EXPECT_EQ(to_string(challenge), "ctx 12 00ff");
  EXPECT_EQ(parse_cookie_challenge("ctx 12 00ff"), challenge);
  for (const std::string_view bad : {"", "ctx", "ctx 12", "ctx 12 ", "ctx 12 00 ", "ctx  12 00",
                                     "../x 12 00", "ctx -1 00", "ctx 1x 00", " 12 00"}) {
    EXPECT_EQ(parse_cookie_challenge(bad), std::nullopt) << bad;
  }
}

TEST(Cookie, ResponseProvesTheSecret) {  // AUTH-035
  const std::string response = cookie_response("aa", "bb", "cc");
  EXPECT_EQ(response, "bb " + sha1_hex("aa:bb:cc"));
  EXPECT_TRUE(is_cookie_response(response, "aa", "cc"));
  EXPECT_FALSE(is_cookie_response(response, "aa", "cd"));
  EXPECT_FALSE(is_cookie_response(response, "ab", "cc"));
  EXPECT_FALSE(is_cookie_response(response + "0", "aa", "cc"));
  EXPECT_FALSE(is_cookie_response(sha1_hex("aa:bb:cc"), "aa", "cc"));
  EXPECT_FALSE(is_cookie_response("", "aa", "cc"));
  EXPECT_FALSE(is_cookie_response("bb ", "aa", "cc"));
}

}  // namespace
}  // namespace headway::wire
