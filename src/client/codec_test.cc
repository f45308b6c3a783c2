// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>

#include "client/codec_testing.h"
#include "headway/interface.h"

namespace headway {
namespace {

using namespace std::string_literals;

enum class Colour : std::uint8_t { red, green = 7 };

struct Target {
  double degrees = 0;
  std::string unit;
  bool operator==(const Target&) const = default;
};
struct Everything {
  std::uint8_t a = 0;
  bool b = false;
  std::int16_t c = 0;
  std::uint16_t d = 0;
  std::int32_t e = 0;
  std::uint32_t f = 0;
  std::int64_t g = 0;
  std::uint64_t h = 0;
  double i = 0;
  std::string j;
  object_path k;
  Colour l = Colour::red;
  std::vector<Target> m;
  std::map<std::string, std::vector<std::uint16_t>> n;
  std::unordered_map<std::uint8_t, std::tuple<std::string, bool>> o;
  std::vector<bool> p;
  std::vector<std::map<std::uint64_t, Target>> q;
  bool operator==(const Everything&) const = default;
};

Everything everything() {
  return {.a = 255,
          .b = true,
          .c = -7,
          .d = 7,
          .e = -70'000,
          .f = 70'000,
          .g = std::numeric_limits<std::int64_t>::min(),
          .h = ~0ull,
          .i = 0.5,
          .j = "Grüße",
          .k = "/a/b",
          .l = Colour::green,
          .m = {{1, "C"}, {2, ""}},
          .n = {{"", {}}, {"k", {1, 2, 3}}},
          .o = {{3, {"x", true}}},
          .p = {true, false, true},
          .q = {{}, {{9, {3, "F"}}}}};
}

TEST(Codec, TypesHaveTheirSignatures) {
  static_assert(signature_of<Target> == "(ds)");
  static_assert(signature_of<Everything> == "(ybnqiuxtdsoya(ds)a{saq}a{y(sb)}abaa{t(ds)})");
  static_assert(signature_of<std::map<std::string, variant>> == "a{sv}");
  static_assert(signature_of<unique_fd> == "h");
}

TEST(Codec, MembersHaveTheirNames) {
  EXPECT_EQ(detail::member_names<Target>, (std::array<std::string_view, 2>{"degrees", "unit"}));
  struct Local {
    int set_target;
    int x2;
    int get_xml_dump;
  };
  EXPECT_EQ((detail::pascal_name<Local, 0>.view()), "SetTarget");
  EXPECT_EQ((detail::pascal_name<Local, 1>.view()), "X2");
  EXPECT_EQ((detail::pascal_name<Local, 2>.view()), "GetXmlDump");
}

TEST(Codec, EveryValueComesBack) {
  EXPECT_EQ(received<Everything>(sent(everything())), everything());
  EXPECT_EQ(received<Everything>(sent(Everything{})), Everything{});
}

TEST(Codec, DescriptorsAreDuplicated) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const unique_fd out(ends[0]);
  unique_fd in(ends[1]);
  const message what = sent(in);
  const auto back = received<unique_fd>(what);
  in.reset();
  EXPECT_EQ(::write(back.get(), "x", 1), 1);
  EXPECT_THROW(std::ignore = sent(unique_fd()), error);
}

TEST(Codec, AVariantHoldsWhatItWasMadeFrom) {
  const variant text = "words";
  EXPECT_EQ(text.signature(), "s");
  EXPECT_EQ(text.get<std::string>(), "words");
  EXPECT_TRUE(text.holds<std::string>());
  EXPECT_FALSE(text.holds<double>());
  EXPECT_THROW(std::ignore = text.get<double>(), error);
  EXPECT_EQ(variant(Target{3, "C"}).get<Target>(), (Target{3, "C"}));
  EXPECT_EQ((variant(Target{3, "C"}).get<std::tuple<double, std::string>>()),
            (std::tuple<double, std::string>(3, "C")));
  EXPECT_EQ(variant().signature(), "");
  EXPECT_THROW(std::ignore = sent(variant()), error);
}

TEST(Codec, AVariantThatWasReceivedIsReadAndPassedOn) {
  const std::map<std::string, variant> options = {{"all", everything()},
                                                  {"in", std::vector<variant>{7u}},
                                                  {"text", "t"},
                                                  {"n", std::int16_t{-3}}};
  auto back = received<std::map<std::string, variant>>(sent(options));
  EXPECT_EQ(back["all"].get<Everything>(), everything());
  EXPECT_EQ(back["in"].get<std::vector<variant>>().at(0).get<std::uint32_t>(), 7u);
  // Behind a byte everything lies elsewhere.
  struct Shifted {
    std::uint8_t byte = 1;
    std::map<std::string, variant> options;
  };
  auto again = received<Shifted>(sent(Shifted{1, std::move(back)}));
  EXPECT_EQ(again.options["all"].get<Everything>(), everything());
  EXPECT_EQ(again.options["in"].get<std::vector<variant>>().at(0).get<std::uint32_t>(), 7u);
  EXPECT_EQ(again.options["text"].get<std::string>(), "t");
  EXPECT_EQ(again.options["n"].get<std::int16_t>(), -3);
}

TEST(Codec, AnotherSignatureIsRefused) {
  EXPECT_NO_THROW(detail::check_signature(sent(5u), "u"));
  EXPECT_THROW(detail::check_signature(sent(5u), "i"), error);
  EXPECT_THROW(object_path("a"s), error);
}

}  // namespace
}  // namespace headway
