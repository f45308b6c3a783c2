// SPDX-License-Identifier: MIT
#include "lsm/apparmor_query.h"

#include <gtest/gtest.h>

namespace headway::lsm {
namespace {

using namespace std::string_literals;

TEST(ApparmorLabel, IsANameAndAMode) {  // LSM-013
  const ApparmorLabel enforced = parse_apparmor_label("/usr/bin/program (enforce)");
  EXPECT_EQ(enforced.name, "/usr/bin/program");
  EXPECT_EQ(enforced.mode, "enforce");
  EXPECT_FALSE(enforced.complains() || enforced.is_unconfined());

  EXPECT_TRUE(parse_apparmor_label("a//&b (complain)").complains());
  EXPECT_EQ(parse_apparmor_label("a (b) (mixed)").name, "a (b)");
}

TEST(ApparmorLabel, CanBeWithoutAMode) {  // LSM-013
  for (const std::string_view label :
       {"/usr/bin/a", "a(enforce)", "(enforce)", " (enforce)", "a ("}) {
    EXPECT_EQ(parse_apparmor_label(label).name, label);
    EXPECT_EQ(parse_apparmor_label(label).mode, "");
  }
}

TEST(ApparmorLabel, IsUnconfinedOnlyByThatName) {  // LSM-013
  EXPECT_TRUE(parse_apparmor_label("unconfined").is_unconfined());
  EXPECT_FALSE(parse_apparmor_label("").is_unconfined());
  EXPECT_FALSE(parse_apparmor_label("/usr/bin/a (unconfined)").is_unconfined());
}

TEST(ApparmorQuery, OfAMessageHasAllOfIt) {  // LSM-014
  EXPECT_EQ(message_query("/usr/bin/a", "system",
                          {"org.example.B", "/usr/bin/b", "/path", "org.example.I", "Do"}),
            "label\0/usr/bin/a\0\x20system\0org.example.B\0/usr/bin/b\0/path\0org.example.I\0Do"s);
}

TEST(ApparmorQuery, LeavesRoomForWhatIsAbsent) {  // LSM-014
  EXPECT_EQ(message_query("a", "", {":1.5", "unconfined", {}, {}, {}}),
            "label\0a\0\x20\0:1.5\0unconfined\0\0\0"s);
}

TEST(ApparmorQuery, OfANameAndOfEavesdroppingIsShorter) {  // LSM-014
  EXPECT_EQ(bind_query("a", "session", "org.example.A"), "label\0a\0\x20session\0org.example.A"s);
  EXPECT_EQ(eavesdrop_query("a", "session"), "label\0a\0\x20session"s);
}

TEST(ApparmorAnswer, IsFourNumbers) {
  const auto answer =
      parse_permissions("allow 0x00000042\ndeny 0x00000002\naudit 0x00000004\nquiet 0x80000000\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->allow, 0x42u);
  EXPECT_EQ(answer->deny, 2u);
  EXPECT_EQ(answer->audit, 4u);
  EXPECT_EQ(answer->quiet, 0x80000000u);
}

TEST(ApparmorAnswer, IsNothingElse) {
  for (const char* const bad :
       {"", "allow 0x1\n", "allow 0x1\ndeny 0x0\naudit 0x0\n",
        "deny 0x0\nallow 0x1\naudit 0\nquiet 0", "allow 0xg\ndeny 0x0\naudit 0x0\nquiet 0x0\n",
        "allow 0x1\ndeny 0x0\naudit 0x0\nquiet 0x0\nmore"}) {
    EXPECT_FALSE(parse_permissions(bad)) << bad;
  }
}

TEST(ApparmorMask, MustListWhatABusNeeds) {  // LSM-022
  EXPECT_TRUE(mediates_dbus("acquire send receive"));
  EXPECT_TRUE(mediates_dbus("receive eavesdrop send acquire\n"));
  EXPECT_FALSE(mediates_dbus(""));
  EXPECT_FALSE(mediates_dbus("acquire send"));
  EXPECT_FALSE(mediates_dbus("acquire sender receive"));
  EXPECT_TRUE(mediates_dbus("sender send acquire receive"));
}

}  // namespace
}  // namespace headway::lsm
