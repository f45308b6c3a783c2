// SPDX-License-Identifier: MIT
#include "headway/introspection.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headway/connection.h"

namespace headway::introspection {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

node read(std::string_view xml) {
  auto result = parse(xml);
  if (!result) {
    ADD_FAILURE() << result.error().what();
    return {};
  }
  return *result;
}
std::string fault_in(std::string_view inside) {
  const auto result = parse(fmt::format("<node>\n{}\n</node>", inside));
  return result ? "" : result.error().text();
}

TEST(Introspection, AStringIsUtf8WhateverEncodingItDeclares) {
  EXPECT_EQ(read("<?xml version='1.0' encoding='utf8' ?><node name='/a'/>").name, "/a");
}

TEST(Introspection, EverythingInADocumentIsKept) {
  const node what = read(R"xml(<!DOCTYPE node PUBLIC "-//x" "http://x/y.dtd">
    <node name="/org/example">
      <interface name="org.example.I">
        <annotation name="org.freedesktop.DBus.Deprecated" value="true"/>
        <method name="Move">
          <arg name="to" type="(dd)" direction="in"/>
          <arg type="a{sv}"/>
          <arg name="was" type="(dd)" direction="out">
            <annotation name="org.qtproject.QtDBus.QtTypeName" value="QPointF"/>
          </arg>
        </method>
        <property name="Secret" type="s" access="write"/>
        <property name="Both" type="u" access="readwrite"/>
        <signal name="Moved"><arg name="to" type="(dd)"/></signal>
      </interface>
      <node name="child"/>
    </node>)xml");

  EXPECT_EQ(what.name, "/org/example");
  ASSERT_EQ(what.interfaces.size(), 1u);
  const interface& only = what.interfaces[0];
  EXPECT_EQ(only.name, "org.example.I");
  EXPECT_TRUE(only.is_deprecated());
  ASSERT_EQ(only.methods.size(), 1u);
  ASSERT_EQ(only.methods[0].in.size(), 2u);
  EXPECT_EQ(only.methods[0].in[0].name, "to");
  EXPECT_EQ(only.methods[0].in[1].name, "");
  EXPECT_EQ(only.methods[0].in[1].type, "a{sv}");
  ASSERT_EQ(only.methods[0].out.size(), 1u);
  EXPECT_EQ(find(only.methods[0].out[0].annotations, "org.qtproject.QtDBus.QtTypeName"), "QPointF");
  ASSERT_EQ(only.properties.size(), 2u);
  EXPECT_TRUE(!only.properties[0].can_be_read && only.properties[0].can_be_set);
  EXPECT_TRUE(only.properties[1].can_be_read && only.properties[1].can_be_set);
  ASSERT_EQ(only.signals.size(), 1u);
  EXPECT_EQ(only.signals[0].arguments[0].type, "(dd)");
  ASSERT_EQ(what.children.size(), 1u);
  EXPECT_EQ(what.children[0].name, "child");
}

TEST(Introspection, DocumentationIsKeptHoweverItIsWritten) {
  const node what = read(R"(<node xmlns:doc="http://www.freedesktop.org/dbus/1.0/doc.dtd">
    <interface name="a.b">
      <doc:doc><doc:description><doc:para>All
        of it.</doc:para></doc:description></doc:doc>
      <method name="A"><annotation name="org.gtk.GDBus.DocString" value="One &amp; two"/></method>
      <method name="B"><tp:docstring xmlns:tp="x"><p>Three</p></tp:docstring></method>
    </interface></node>)");

  EXPECT_EQ(what.interfaces.at(0).doc, "All of it.");
  EXPECT_EQ(what.interfaces.at(0).methods.at(0).doc, "One & two");
  EXPECT_EQ(what.interfaces.at(0).methods.at(1).doc, "Three");
  EXPECT_EQ(read(to_xml(what)), what);
}

TEST(Introspection, ElementsOfOthersArePassedOver) {
  const node what = read(R"(<node><limits a="1"><node name="x"/></limits>
    <interface name="a.b"><method name="M"><arg type="s"/><arg2/></method></interface></node>)");

  EXPECT_TRUE(what.children.empty());
  EXPECT_EQ(what.interfaces.at(0).methods.at(0).in.size(), 1u);
}

TEST(Introspection, FaultsNameTheLineAndWhatIsWrong) {
  EXPECT_THAT(fault_in("<interface name='a'/>"), HasSubstr("line 2: \"a\" is no name for a inter"));
  EXPECT_THAT(fault_in("<interface name='a.b'><method name='x-y'/></interface>"), HasSubstr("x-y"));
  EXPECT_THAT(
      fault_in("<interface name='a.b'>\n<property name='P' type='ss' access='read'/></interface>"),
      HasSubstr("line 3: \"ss\" is not the type of one value"));
  EXPECT_THAT(fault_in("<interface name='a.b'><property name='P' type='s'/></interface>"),
              HasSubstr("readwrite"));
  EXPECT_THAT(fault_in("<interface name='a.b'><method name='M'><arg type='s' "
                       "direction='up'/></method></interface>"),
              HasSubstr("up"));
  EXPECT_THAT(fault_in("<node name='../up'/>"), HasSubstr("../up"));
  EXPECT_THAT(fault_in("</interface>"), HasSubstr("mismatched tag"));
  EXPECT_THAT(parse("<interface/>").error().text(), HasSubstr("not <node>"));
  EXPECT_FALSE(parse(""));
}

TEST(Introspection, DepthAndSizeAreBounded) {
  std::string deep;
  for (std::size_t i = 1; i < depth_max; ++i) deep += "<node name='a'>";
  std::string end;
  for (std::size_t i = 1; i < depth_max; ++i) end += "</node>";

  EXPECT_EQ(fault_in(deep + end), "");
  EXPECT_THAT(fault_in(deep + "<node name='a'/>" + end), HasSubstr("deeper than 64"));
  EXPECT_TRUE(
      parse(std::string(document_bytes_max + 1, ' ')).error().is(error_name::limits_exceeded));
}

TEST(Introspection, WhatIsWrittenReadsTheSame) {
  node what;
  interface& only = what.interfaces.emplace_back();
  only.name = "a.b";
  only.doc = "Two\nlines\t<and> \"more\"";
  only.methods.emplace_back().name = "M";
  argument& in = only.methods[0].in.emplace_back();
  in.type = "a{oa{sa{sv}}}";
  in.annotations.push_back({.name = "x.y", .value = "&"});
  property& write_only = only.properties.emplace_back();
  write_only.name = "P";
  write_only.type = "h";
  write_only.can_be_read = false;
  write_only.can_be_set = true;
  what.children.emplace_back().name = "c/d";

  EXPECT_EQ(read(to_xml(what)), what);
}

// --- walks ---

result<node> with_children(std::initializer_list<std::string_view> names) {
  node what;
  for (const auto name : names) what.children.emplace_back().name = name;
  return what;
}
std::vector<std::string> paths(const walk& done) {
  std::vector<std::string> result;
  for (const object& each : done.found()) result.push_back(each.path);
  return result;
}

TEST(Walk, GoesDepthFirstAndAsksNoObjectTwice) {
  walk objects("/");
  while (objects.has_next()) {
    const std::string path = objects.next();
    if (path == "/") {
      objects.take(with_children({"b", "a", "a", "a/x"}));
    } else if (path == "/a") {
      objects.take(with_children({"x"}));
    } else {
      objects.take(std::unexpected(error("a.B", "no")));
    }
  }

  EXPECT_THAT(paths(objects), ElementsAre("/", "/a", "/a/x", "/b"));
  EXPECT_FALSE(objects.found().back().what);
  EXPECT_FALSE(objects.is_cut());
}

TEST(Walk, EndsThoughAServiceInventsObjects) {
  walk deep("/", 50);
  while (deep.has_next()) deep.take(with_children({"more"}));
  walk wide("/a", 50);
  while (wide.has_next()) wide.take(with_children({"x", "y", "z"}));
  walk long_names("/");
  const std::string name(1000, 'x');
  while (long_names.has_next()) long_names.take(with_children({name}));

  EXPECT_EQ(deep.found().size(), 50u);
  EXPECT_EQ(wide.found().size(), 50u);
  EXPECT_EQ(long_names.found().size(), 5u);
  EXPECT_TRUE(deep.is_cut() && wide.is_cut() && long_names.is_cut());
}

}  // namespace
}  // namespace headway::introspection
