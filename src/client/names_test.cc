// SPDX-License-Identifier: MIT
// What the compiler checks in literals is what the library checks at run time.
#include "headway/names.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "headway/match.h"
#include "wire/match_rule.h"
#include "wire/names.h"
#include "wire/signature.h"

namespace headway {
namespace {

using Check = bool (*)(std::string_view);

bool wire_takes_rule(std::string_view text) { return wire::parse_match_rule(text).has_value(); }
bool wire_takes_element(std::string_view text) {
  return wire::is_single_complete_type("a" + std::string(text));
}

struct Grammar {
  Check here;
  Check wire;
  std::vector<std::string> seeds;
};
const std::array grammars = {
    Grammar{detail::is_interface_name, wire::is_interface_name, {"org.example.A1", "a.b_c", "_.x"}},
    Grammar{detail::is_member_name, wire::is_member_name, {"SetTarget", "_x9", "a"}},
    Grammar{detail::is_bus_name, wire::is_bus_name, {"org.ex-ample.A1", ":1.42", "a._b"}},
    Grammar{detail::is_name_namespace, wire::is_name_namespace, {"org", "org.ex-ample"}},
    Grammar{detail::is_path, wire::is_object_path, {"/", "/org/example/A_1", "/1"}},
    Grammar{detail::is_signature, wire::is_signature, {"", "a{sv}u", "(ia(y)a{oa{gv}})", "aaai"}},
    Grammar{detail::is_complete_type, wire::is_single_complete_type, {"a{sv}", "(ii)", "v", "aay"}},
    Grammar{detail::is_element_type, wire_takes_element, {"{sv}", "s", "a{u(ii)}"}},
    Grammar{detail::is_match_rule,
            wire_takes_rule,
            {"type='signal',sender='org.example.A',path='/a',arg0='x'",
             "interface=a.b,member=C , arg63path='/x/',arg0namespace='org.a'",
             R"(arg1=it\'s,arg2='a'\''b',path_namespace='/', eavesdrop=true,eavesdrop='false')",
             "type=error,destination=':1.2',arg01='',arg2=\\,"}},
};

TEST(Names, AreJudgedAsAtRunTime) {
  constexpr std::string_view characters = "a.Z_9-/:=,' \\{}()svay0";
  std::mt19937 random(7);
  const auto below = [&](std::size_t limit) { return random() % limit; };
  std::size_t good = 0;
  std::size_t bad = 0;
  for (const Grammar& grammar : grammars) {
    for (int i = 0; i < 20'000; ++i) {
      std::string text = grammar.seeds[below(grammar.seeds.size())];
      for (std::size_t changes = below(4); changes > 0; --changes) {
        const std::size_t at = below(text.size() + 1);
        const char c = characters[below(characters.size())];
        switch (below(3)) {
          case 0:
            text.insert(at, 1, c);
            break;
          case 1:
            if (at < text.size()) text.erase(at, 1);
            break;
          default:
            if (at < text.size()) text[at] = c;
        }
      }
      const bool allowed = grammar.wire(text);
      ASSERT_EQ(grammar.here(text), allowed) << text;
      ++(allowed ? good : bad);
    }
  }
  EXPECT_GT(good, 10'000u);
  EXPECT_GT(bad, 10'000u);
}

TEST(Names, HaveTheSameLimits) {
  for (const std::size_t length : {254u, 255u, 256u}) {
    const std::string name = "a." + std::string(length - 2, 'b');
    EXPECT_EQ(detail::is_interface_name(name), wire::is_interface_name(name));
    EXPECT_EQ(detail::is_bus_name(name), wire::is_bus_name(name));
    EXPECT_EQ(detail::is_member_name(name.substr(2)), wire::is_member_name(name.substr(2)));
    const std::string types(length, 'y');
    EXPECT_EQ(detail::is_signature(types), wire::is_signature(types));
  }
  for (const std::size_t depth : {31u, 32u, 33u}) {
    const std::string arrays = std::string(depth, 'a') + "y";
    EXPECT_EQ(detail::is_signature(arrays), wire::is_signature(arrays));
    const std::string structs = std::string(depth, '(') + "y" + std::string(depth, ')');
    EXPECT_EQ(detail::is_signature(structs), wire::is_signature(structs));
  }
  for (const std::size_t length : {1023u, 1024u, 1025u}) {
    const std::string rule = "arg0=" + std::string(length - 5, 'x');
    EXPECT_EQ(detail::is_match_rule(rule), wire_takes_rule(rule));
  }
}

TEST(Names, MatchRulesArePutTogether) {
  const auto parsed = wire::parse_match_rule(match::signal()
                                                 .sender("org.example.Bell")
                                                 .interface("org.example.Bell1")
                                                 .member("Rang")
                                                 .path_namespace("/doors")
                                                 .arg(1, "it's, \\'quoted'")
                                                 .arg_path(2, "/a/")
                                                 .arg0_namespace("org.example")
                                                 .text());
  ASSERT_TRUE(parsed.has_value()) << parsed.error().text;
  EXPECT_EQ(parsed->type, wire::MessageType::signal);
  EXPECT_EQ(parsed->sender, "org.example.Bell");
  EXPECT_EQ(parsed->interface, "org.example.Bell1");
  EXPECT_EQ(parsed->member, "Rang");
  EXPECT_EQ(parsed->path_namespace, "/doors");
  ASSERT_EQ(parsed->arguments.size(), 3u);
  EXPECT_EQ(parsed->arguments[1].value, "it's, \\'quoted'");
  EXPECT_EQ(parsed->arguments[2].kind, wire::MatchRule::ArgumentKind::path);
  EXPECT_EQ(match::any().text(), "");
  EXPECT_EQ(match_rule(match::error().path("/a")).view(), "type='error',path='/a'");
}

}  // namespace
}  // namespace headway
