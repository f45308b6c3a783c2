// SPDX-License-Identifier: MIT
#include "base/xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headway {
namespace {

using testing::HasSubstr;
using Kind = XmlEvent::Kind;

struct Read {
  std::vector<XmlEvent> events;
  std::optional<XmlError> error;
};

Read read(std::string_view document) {
  Read result;
  XmlReader reader(document);
  for (;;) {
    auto event = reader.next();
    if (!event) {
      result.error = event.error();
      return result;
    }
    if (!*event) return result;
    result.events.push_back(std::move(**event));
  }
}

TEST(Xml, EventsComeInOrderWithTheLineTheyBeginOn) {
  const auto result = read("<?xml version='1.0'?>\n<a>\n <b x='1'\n    y='2'/>t\nu</a>\n");

  ASSERT_FALSE(result.error);
  EXPECT_EQ(
      result.events,
      (std::vector<XmlEvent>{
          {.kind = Kind::start, .line = 2, .name = "a"},
          {.kind = Kind::text, .line = 2, .text = "\n "},
          {.kind = Kind::start, .line = 3, .name = "b", .attributes = {{"x", "1"}, {"y", "2"}}},
          {.kind = Kind::end, .line = 4, .name = "b"},
          {.kind = Kind::text, .line = 4, .text = "t\nu"},
          {.kind = Kind::end, .line = 5, .name = "a"},
      }));
}

TEST(Xml, PredefinedAndNumericEntitiesAndCdataAreTextConf002) {
  const auto result = read("<a x='&lt;&#65;&quot;'>1&amp;<!-- & -->2<![CDATA[<&x;>]]>&#x42;</a>");

  ASSERT_FALSE(result.error);
  ASSERT_EQ(result.events.size(), 3u);
  EXPECT_EQ(result.events[0].attributes[0].value, "<A\"");
  EXPECT_EQ(result.events[1].text, "1&2<&x;>B");
}

TEST(Xml, ExternalDocumentTypeIsNormalAndNotFetchedConf001) {
  EXPECT_FALSE(read("<!DOCTYPE a PUBLIC 'p' 'http://127.0.0.1:1/a.dtd'><a/>").error);
  EXPECT_FALSE(read("<!DOCTYPE a SYSTEM '/nonexistent'><a/>").error);
  EXPECT_FALSE(read("<!DOCTYPE a><a/>").error);
}

TEST(Xml, NothingCanBeDeclaredConf002) {
  const auto bomb =
      read("<!DOCTYPE a [\n<!ENTITY b 'bbbbbbbb'>\n<!ENTITY c '&b;&b;&b;&b;'>]>\n<a>&c;&c;&c;</a>");
  ASSERT_TRUE(bomb.error);
  EXPECT_EQ(bomb.error->line, 1u);
  EXPECT_THAT(bomb.error->text, HasSubstr("document type"));
  EXPECT_TRUE(bomb.events.empty());

  EXPECT_TRUE(read("<!DOCTYPE a [<!ENTITY x SYSTEM '/etc/passwd'>]><a>&x;</a>").error);
  EXPECT_TRUE(read("<!DOCTYPE a [<!ENTITY % x SYSTEM 'x'> %x;]><a/>").error);
  EXPECT_TRUE(read("<!DOCTYPE a [<!ATTLIST a x CDATA 'default'>]><a/>").error);
}

TEST(Xml, UnknownEntitiesAreErrorsEvenBesideAnExternalDocumentTypeConf002) {
  for (const std::string type : {"", "<!DOCTYPE a SYSTEM 'x'>"}) {
    const auto in_text = read(type + "<a>\n&x;</a>");
    ASSERT_TRUE(in_text.error);
    EXPECT_EQ(in_text.error->line, 2u);
    EXPECT_THAT(in_text.error->text, HasSubstr("undefined entity"));

    const auto in_attribute = read(type + "<a>\n<b\n c='&amp;&x;'/></a>");
    ASSERT_TRUE(in_attribute.error);
    EXPECT_EQ(in_attribute.error->line, 2u);
    EXPECT_THAT(in_attribute.error->text, HasSubstr("undefined entity"));
  }
}

struct Malformed {
  const char* document;
  std::uint32_t line;
  const char* text;
};

class XmlMalformed : public testing::TestWithParam<Malformed> {};

TEST_P(XmlMalformed, IsAnErrorThatSaysWhereConf003) {
  const auto result = read(GetParam().document);

  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->line, GetParam().line);
  EXPECT_THAT(result.error->text, HasSubstr(GetParam().text));
}

INSTANTIATE_TEST_SUITE_P(
    Conf003, XmlMalformed,
    testing::Values(Malformed{"", 1, "no element found"}, Malformed{"\n\nabc", 3, "syntax"},
                    Malformed{"<a>\n<b>\n</a>", 3, "mismatched tag"},
                    Malformed{"<a>\n<b/>", 2, "no element found"},
                    Malformed{"<a/>\n<b/>", 2, "junk"},
                    Malformed{"<a\nx='1' x='2'/>", 2, "duplicate attribute"},
                    Malformed{"<a>\xFF</a>", 1, "not well-formed"},
                    Malformed{"<a>&#0;</a>", 1, "character number"},
                    Malformed{"<?xml version='1.0' encoding='no-such'?><a/>", 1, "encoding"}));

TEST(Xml, ZeroBytesAndUtf16AreRefused) {
  using namespace std::string_view_literals;
  EXPECT_EQ(read("<a>\n\0</a>"sv).error, (XmlError{2, "a zero byte is not XML text"}));
  EXPECT_TRUE(read("\xFF\xFE<\0a\0/\0>\0"sv).error);
}

TEST(Xml, ByteOrderMarkAndLatin1AreRead) {
  const auto marked = read("\xEF\xBB\xBF<a b='&lt;'/>");
  ASSERT_FALSE(marked.error);
  EXPECT_EQ(marked.events[0].attributes[0].value, "<");

  const auto latin1 = read("<?xml version='1.0' encoding='iso-8859-1'?><a b='\xE9&lt;'/>");
  ASSERT_FALSE(latin1.error);
  EXPECT_EQ(latin1.events[0].attributes[0].value, "\xC3\xA9<");
}

TEST(Xml, TextThatIsUtf8WhateverItDeclaresIsRead) {
  XmlReader reader("<?xml version='1.0' encoding='utf8'?><a b='\xC3\xA9'/>", XmlEncoding::utf8);
  const auto event = reader.next();
  ASSERT_TRUE(event && *event);
  EXPECT_EQ((*event)->attributes[0].value, "\xC3\xA9");
}

TEST(Xml, DocumentsHaveABound) {
  const std::string padding(XmlReader::document_bytes_max, ' ');
  EXPECT_TRUE(read("<a/>" + padding).error);
  EXPECT_FALSE(read("<a/>" + padding.substr(4)).error);
}

TEST(Xml, DepthCostsNoStack) {
  std::string document;
  for (int i = 0; i < 100000; ++i) document += "<a>";
  const auto result = read(document);
  EXPECT_TRUE(result.error);
  EXPECT_EQ(result.events.size(), 100000u);
}

}  // namespace
}  // namespace headway
