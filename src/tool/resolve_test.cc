// SPDX-License-Identifier: MIT
#include "tool/resolve.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace headway::tool {
namespace {

using Names = std::vector<std::string>;

const Names names{"org.example.Lamp",       "org.example.Lamp.Test",    "org.example.lamplight2",
                  "org.freedesktop.login1", "org.freedesktop.systemd1", "org.freedesktop.UDisks2"};

Names like(std::string_view text) { return names_like(names, text); }

TEST(ShortNames, TheSameNameWinsOverLongerOnes) {
  EXPECT_EQ(like("org.example.Lamp"), Names{"org.example.Lamp"});
}

TEST(ShortNames, TheLastPartWinsOverPartsOfIt) {
  EXPECT_EQ(like("Lamp"), Names{"org.example.Lamp"});
  EXPECT_EQ(like("lamp"), Names{"org.example.Lamp"});
}

TEST(ShortNames, VersionsNeedNotBeWritten) {
  EXPECT_EQ(like("login"), Names{"org.freedesktop.login1"});
  EXPECT_EQ(like("udisks"), Names{"org.freedesktop.UDisks2"});
  EXPECT_EQ(like("systemd"), Names{"org.freedesktop.systemd1"});
}

TEST(ShortNames, ADaemonIsCalledAsItsProgram) {
  EXPECT_EQ(like("logind"), Names{"org.freedesktop.login1"});
}

TEST(ShortNames, PartsOfTheNameAreLastAndMayBeMany) {
  EXPECT_EQ(like("light"), Names{"org.example.lamplight2"});
  EXPECT_EQ(like("example.Lamp."), Names{"org.example.Lamp.Test"});
  EXPECT_EQ(like("example"),
            (Names{"org.example.Lamp", "org.example.Lamp.Test", "org.example.lamplight2"}));
  EXPECT_EQ(like("nobody"), Names{});
  EXPECT_EQ(like("d").size(), 3);
}

introspection::node lamp() {
  return *introspection::parse(R"(<node>
    <interface name="org.freedesktop.DBus.Peer"><method name="Ping"/></interface>
    <interface name="org.example.Lamp1">
      <method name="Set"><arg direction="in" type="u" name="level"/><arg direction="in" type="s"/>
        <arg direction="out" type="b"/></method>
      <method name="Blink"/>
      <property name="Level" type="u" access="readwrite"/>
      <signal name="Changed"><arg type="u"/></signal>
    </interface>
    <interface name="org.example.Other1"><method name="Blink"/><method name="blink"/>
      <method name="Ping"/></interface>
  </node>)");
}

/// What members the text may mean: "Interface.Name signature".
Names members(MemberKind kind, std::string_view text) {
  Names found;
  for (const Member& member : members_like(lamp(), "/lamp", kind, text)) {
    EXPECT_EQ(member.path, "/lamp");
    found.push_back(member.interface + "." + member.name + " " + member.signature());
  }
  return found;
}

TEST(ShortMembers, AreFoundWithTheirTypes) {
  EXPECT_EQ(members(MemberKind::method, "Set"), Names{"org.example.Lamp1.Set us"});
  EXPECT_EQ(members(MemberKind::method, "set"), Names{"org.example.Lamp1.Set us"});
  EXPECT_EQ(members(MemberKind::property, "level"), Names{"org.example.Lamp1.Level u"});
  EXPECT_EQ(members(MemberKind::signal, "Changed"), Names{"org.example.Lamp1.Changed u"});
  EXPECT_EQ(members(MemberKind::signal, "Set"), Names{});
}

TEST(ShortMembers, OfSeveralInterfacesNeedTheirs) {
  EXPECT_EQ(members(MemberKind::method, "Blink"),
            (Names{"org.example.Lamp1.Blink ", "org.example.Other1.Blink "}));
  EXPECT_EQ(members(MemberKind::method, "blink"), Names{"org.example.Other1.blink "});
  EXPECT_EQ(members(MemberKind::method, "Lamp1.Blink"), Names{"org.example.Lamp1.Blink "});
  EXPECT_EQ(members(MemberKind::method, "org.example.Lamp1.Blink"),
            Names{"org.example.Lamp1.Blink "});
  EXPECT_EQ(members(MemberKind::method, "amp1.Blink"), Names{});
}

TEST(ShortMembers, OfEveryObjectAreMeantIfNothingElseIs) {
  EXPECT_EQ(members(MemberKind::method, "Ping"), Names{"org.example.Other1.Ping "});
  EXPECT_EQ(members(MemberKind::method, "Peer.Ping"), Names{"org.freedesktop.DBus.Peer.Ping "});
}

TEST(WholeNames, HaveAnInterfaceAndAMember) {
  EXPECT_EQ(whole_name("org.example.I.M")->interface, "org.example.I");
  EXPECT_EQ(whole_name("org.example.I.M")->name, "M");
  for (const char* const text : {"", "M", "I.M", ".M", "org.example.", "a.b.c-d"}) {
    EXPECT_FALSE(whole_name(text)) << text;
  }
}

}  // namespace
}  // namespace headway::tool
