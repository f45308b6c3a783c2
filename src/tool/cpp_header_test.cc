// SPDX-License-Identifier: MIT
#include "tool/cpp_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tool/cpp_interface.h"
#include "tool/cpp_names.h"

namespace headway::tool {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string header_of(std::string_view xml, HeaderOptions options = {.source = "test.xml"}) {
  const auto node = introspection::parse(xml);
  if (!node) return node.error().text();
  const auto text = cpp_header(node->interfaces, options);
  return text ? *text : "error: " + text.error();
}
/// Of an interface org.example.I that has this.
std::string members(const std::string& xml) {
  return header_of("<node><interface name=\"org.example.I\">" + xml + "</interface></node>");
}

TEST(CppNames, AreThoseOfTheBusInSmallLetters) {
  EXPECT_EQ(snake_name("StartUnit"), "start_unit");
  EXPECT_EQ(snake_name("GetUnitByPID"), "get_unit_by_pid");
  EXPECT_EQ(snake_name("NTPSynchronized"), "ntp_synchronized");
  EXPECT_EQ(snake_name("IPv4Address"), "ipv4_address");
  EXPECT_EQ(snake_name("DBusName"), "dbus_name");
  EXPECT_EQ(snake_name("CPUUsageNSec"), "cpu_usage_nsec");
  EXPECT_EQ(snake_name("StartUSecOf"), "start_usec_of");
  EXPECT_EQ(snake_name("SetUIDs"), "set_uids");
  EXPECT_EQ(singular("units") + singular("properties") + singular("address"),
            "unitpropertyaddress");
  EXPECT_EQ(snake_name("already_so"), "already_so");
  EXPECT_EQ(snake_name("with-dash and space"), "with_dash_and_space");
  EXPECT_EQ(pascal_name("job_id"), "JobId");
  EXPECT_EQ(pascal_name("units"), "Units");
}

TEST(CppNames, AnyTextIsAnIdentifierThatHidesNothing) {
  EXPECT_EQ(snake_name("Delete"), "delete_");
  EXPECT_EQ(snake_name("std"), "std_");
  EXPECT_EQ(snake_name("Headway"), "headway_");
  EXPECT_EQ(snake_name(""), "value");
  EXPECT_EQ(snake_name("__"), "value");
  EXPECT_EQ(snake_name("3d"), "v3d");
  EXPECT_EQ(snake_name("a;}b\n"), "a_b");
  EXPECT_EQ(pascal_name("Role"), "Role_");
  EXPECT_EQ(cpp_literal("a\"\\\n\x01"), R"("a\"\\\n\001")");
}

TEST(CppNames, EachIsGivenOnce) {
  NameScope scope;
  EXPECT_EQ(scope.take("version"), "version");
  EXPECT_EQ(scope.take("version", "_property"), "version_property");
  EXPECT_EQ(scope.take("version", "_property"), "version_property2");
}

TEST(CppHeader, HasWhatOneWouldWriteByHand) {
  EXPECT_EQ(header_of(R"xml(<node><interface name="org.example.Thermostat1">
      <method name="SetTarget">
        <arg name="target" type="(ds)" direction="in"/>
        <arg type="d" direction="out"/>
      </method>
      <property name="Current" type="d" access="read"/>
      <signal name="Overheated"><arg name="value" type="d"/><arg name="sensor" type="s"/></signal>
    </interface></node>)xml"),
            R"text(// Made by headway gen from test.xml: make it anew instead of changing it.
// clang-format off
#pragma once

#include <headway/headway.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace org::example {

namespace thermostat1_types {

struct Target {
  double field1 = 0;
  std::string field2;
};

struct Overheated {
  double value = 0;
  std::string sensor;
};

}  // namespace thermostat1_types

/// org.example.Thermostat1
template <class Role>
struct Thermostat1 {
  static constexpr std::string_view name = "org.example.Thermostat1";

  headway::method<Role, double(thermostat1_types::Target target)> set_target;
  headway::property<Role, double> current;
  headway::signal<Role, thermostat1_types::Overheated> overheated;

  template <class Self, class Bind>
  static void each_member(Self& self, Bind bind) {
    bind(self.set_target, {.name = "SetTarget", .arguments = "target"});
    bind(self.current, {.name = "Current"});
    bind(self.overheated, {.name = "Overheated"});
  }
};

}  // namespace org::example
)text");
}

TEST(CppHeader, SaysNothingThatTheLibraryFindsOutItself) {
  const std::string text =
      members(R"(<method name="Ping"/><property name="Level" type="u" access="readwrite"/>)");

  EXPECT_THAT(text, HasSubstr("headway::method<Role, void()> ping;"));
  EXPECT_THAT(text, HasSubstr("property<Role, std::uint32_t, headway::access::read_write> level;"));
  EXPECT_THAT(text, Not(HasSubstr("each_member")));
}

TEST(CppHeader, TypesAreThoseOfTheLibrary) {
  const std::string text = members(R"xml(
      <method name="M"><arg name="a" type="ybnqiuxtdsoghv" direction="in"/></method>)xml");
  EXPECT_THAT(text, HasSubstr("is not the type of one value"));

  const auto type_of = [](const std::string& type) {
    const std::string all =
        members("<property name=\"Things\" type=\"" + type + "\" access=\"read\"/>");
    const auto begin = all.find("property<Role, ") + 15;
    return all.substr(begin, all.find("> things;") - begin);
  };
  EXPECT_EQ(type_of("y"), "std::uint8_t");
  EXPECT_EQ(type_of("ah"), "std::vector<headway::unique_fd>");
  EXPECT_EQ(type_of("g"), "headway::signature");
  EXPECT_EQ(type_of("a{sv}"), "std::map<std::string, headway::variant>");
  EXPECT_EQ(type_of("a{oa{sa{sv}}}"),
            "std::map<headway::object_path, "
            "std::map<std::string, std::map<std::string, headway::variant>>>");
  EXPECT_EQ(type_of("a(so)"), "std::vector<i_types::Thing>");
  EXPECT_EQ(type_of("(s(iai))"), "i_types::Thing");
  EXPECT_EQ(type_of("(" + std::string(25, 'y') + ")").substr(0, 24), "std::tuple<std::uint8_t,");
}

TEST(CppHeader, StructsAreNamedAsTheDocumentSays) {
  const std::string text = members(R"xml(
      <method name="ListUnits"><arg name="units" type="a(so)" direction="out">
        <annotation name="org.headway.Struct" value="UnitInfo id path"/></arg></method>
      <property name="Place" type="(dd)" access="read">
        <annotation name="org.qtproject.QtDBus.QtTypeName" value="geo::Point"/></property>
      <method name="Send"><arg type="a(su)" direction="in"/>
        <annotation name="org.qtproject.QtDBus.QtTypeName.In0" value="QList&lt;Mail&gt;"/></method>
      <method name="Plain"><arg type="(su)" direction="in"/></method>)xml");

  EXPECT_THAT(text,
              HasSubstr("struct UnitInfo {\n  std::string id;\n  headway::object_path path;\n};"));
  EXPECT_THAT(text, HasSubstr("property<Role, i_types::Point> place;"));
  EXPECT_THAT(text, HasSubstr("void(std::vector<i_types::Mail>)> send;"));
  EXPECT_THAT(text, HasSubstr("void(i_types::PlainValue)> plain;"));
}

TEST(CppHeader, EqualStructsAreOneAndOthersGetNamesOfTheirOwn) {
  const std::string text = members(R"xml(
      <method name="First"><arg name="unit" type="(so)" direction="out"/></method>
      <method name="Same"><arg name="units" type="a(so)" direction="out"/></method>
      <method name="Other"><arg name="unit" type="(sox)" direction="out"/></method>
      <signal name="Unit"><arg name="a" type="s"/><arg name="b" type="s"/></signal>)xml");

  EXPECT_THAT(text, HasSubstr("<Role, i_types::Unit()> first;"));
  EXPECT_THAT(text, HasSubstr("std::vector<i_types::Unit>()> same;"));
  EXPECT_THAT(text, HasSubstr("i_types::OtherUnit()> other;"));
  EXPECT_THAT(text, HasSubstr("signal<Role, i_types::UnitData> unit;"));
}

TEST(CppHeader, ClashingMembersStayApart) {
  const std::string text = members(R"xml(
      <method name="Version"/><property name="Version" type="s" access="read"/>
      <signal name="Version"/><property name="Name" type="s" access="read"/>
      <method name="Twice"/><method name="Twice"><arg type="s"/></method>)xml");

  for (const std::string_view one : {" version;", " version_property;", " version_signal;",
                                     " name_;", " twice;", " twice_method;"}) {
    EXPECT_THAT(text, HasSubstr(one));
  }
  EXPECT_THAT(text, HasSubstr("bind(self.version_property, {.name = \"Version\"});"));
}

TEST(CppHeader, WhatADocumentSaysStaysInItsPlace) {
  const std::string text = header_of(
      R"xml(<node><interface name="org.example.I">
        <annotation name="org.gtk.GDBus.DocString" value="ends \&#10;#error here \"/>
        <method name="M"><arg name="&quot;, 1);,x" type="s"/>
          <annotation name="a.b" value="&quot;); #&#10;x"/></method></interface></node>)xml",
      {.source = "a\n#error.xml\\"});

  EXPECT_THAT(text, Not(HasSubstr("\n#error")));
  EXPECT_THAT(text, Not(HasSubstr("\\\n")));
  EXPECT_THAT(text, HasSubstr(R"(.arguments = "\"  1); x")"));
  EXPECT_THAT(text, HasSubstr(R"(.annotations = "a.b=\"); # x")"));
}

TEST(CppHeader, InterfacesLieWhereTheirNamesSay) {
  constexpr std::string_view both = R"(<node><interface name="org.example.new.A"/>
      <interface name="org.headway.B"/><interface name="org.example.New.C"/></node>)";

  const std::string text = header_of(both);
  EXPECT_THAT(text, HasSubstr("namespace org::example::new_ {\n\n/// org.example.new.A\n"));
  EXPECT_THAT(text, HasSubstr("namespace org::headway_ {"));
  EXPECT_EQ(text.find("namespace org::example::new_ {"),
            text.rfind("namespace org::example::new_ {"));
  EXPECT_THAT(header_of(both, {.source = "x", .name_space = "mine"}),
              HasSubstr("namespace mine {\n\n/// org.example.new.A\n"));
}

TEST(CppHeader, WhatCppCannotSayIsRefusedByName) {
  EXPECT_EQ(members(R"(<property name="P" type="a{hs}" access="read"/>)"),
            "error: org.example.I.P: descriptors cannot be the keys of a dictionary");
  std::string many;
  for (int i = 0; i < 25; ++i) many += "<arg type=\"s\"/>";
  EXPECT_THAT(members("<signal name=\"S\">" + many + "</signal>"),
              HasSubstr("org.example.I.S: 25 values at once are too many"));
}

TEST(CppComment, IsAsWideAsAPage) {
  const std::string text = cpp_comment(std::string(60, 'a') + " " + std::string(60, 'b'), "  /// ");
  EXPECT_EQ(text, "  /// " + std::string(60, 'a') + "\n  /// " + std::string(60, 'b') + "\n");
  EXPECT_EQ(cpp_comment("  \n ", "/// "), "");
}

}  // namespace
}  // namespace headway::tool
