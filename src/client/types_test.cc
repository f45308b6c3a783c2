// SPDX-License-Identifier: MIT
// C++ types that are more than one D-Bus type: dictionaries, variants, stand-ins.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>

#include "client/codec_testing.h"
#include "headway/dict.h"

namespace headway {

struct Options {
  std::string title;
  std::optional<bool> resident;
  std::optional<std::uint32_t> image_x;
  std::optional<variant> payload;
  std::vector<std::int16_t> sizes;
  static constexpr auto key_spelling = spelling::kebab;
  static constexpr key_name key_names[] = {{"image_x", "x"}};
};
struct Inner {
  std::uint8_t low = 0;
  bool operator==(const Inner&) const = default;
};
struct Nested {
  std::optional<dict<Inner>> first_part;
  std::variant<std::int32_t, std::string> either;
  others rest;
};

enum class Colour : std::uint8_t { red, dark_green = 7, unnamed };
template <>
struct carried_as<Colour> : by_name<spelling::kebab, Colour::red, Colour::dark_green> {};

/// A class with an invariant.
class Even {
 public:
  Even() = default;
  explicit Even(std::int32_t value) : value_(value) {
    if (value % 2 != 0) throw error(error_name::invalid_args, "odd");
  }
  [[nodiscard]] std::int32_t value() const { return value_; }
  bool operator==(const Even&) const = default;

 private:
  std::int32_t value_ = 0;
};
template <>
struct carried_as<Even> {
  using type = std::int32_t;
  static type to(const Even& even) { return even.value(); }
  static Even from(type value) { return Even(value); }
};
template <>
struct carried_as<std::chrono::microseconds> {
  using type = std::int64_t;
  static type to(std::chrono::microseconds time) { return time.count(); }
  static std::chrono::microseconds from(type count) { return std::chrono::microseconds(count); }
};

namespace {

using namespace std::string_literals;
using Dictionary = std::map<std::string, variant>;

template <class T>
std::string text_of_error(const message& what) {
  try {
    std::ignore = received<T>(what);
  } catch (const error& e) {
    return e.text();
  }
  return "no error";
}

TEST(Types, HaveTheirSignatures) {
  static_assert(signature_of<dict<Options>> == "a{sv}");
  static_assert(signature_of<std::vector<dict<Options>>> == "aa{sv}");
  static_assert(signature_of<std::variant<std::int32_t, std::string>> == "v");
  static_assert(signature_of<std::pair<Even, std::chrono::microseconds>> == "(ix)");
  static_assert(signature_of<Colour> == "s");
  static_assert(signature_of<std::map<Colour, signature>> == "a{sg}");
  static_assert(signature_of<std::vector<std::pair<std::string, variant>>> == "a{sv}");
  static_assert(signature_of<std::array<double, 3>> == "ad");
  static_assert(signature_of<std::span<const std::byte>> == "ay");
  static_assert(signature_of<std::vector<unique_fd>> == "ah");
  struct AnyAndMore {
    variant any;
    std::uint32_t more;
  };
  static_assert(signature_of<AnyAndMore> == "(vu)");
}

TEST(Types, AStructBecomesADictionaryWithoutWhatIsEmpty) {
  const auto entries = received<Dictionary>(sent(dict<Options>(
      {.title = "t", .resident = {}, .image_x = 5, .payload = "p", .sizes = {1, -1}})));
  EXPECT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries.at("title").get<std::string>(), "t");
  EXPECT_EQ(entries.at("x").get<std::uint32_t>(), 5u);
  EXPECT_EQ(entries.at("payload").get<std::string>(), "p");  // not a variant in a variant
  EXPECT_EQ(entries.at("sizes").get<std::vector<std::int16_t>>(),
            (std::vector<std::int16_t>{1, -1}));
}

TEST(Types, ADictionaryBecomesAStruct) {
  const auto options =
      received<dict<Options>>(sent(Dictionary{{"sizes", std::vector<std::int16_t>{3}},
                                              {"unknown", Dictionary{{"deep", 1.5}}},
                                              {"resident", true},
                                              {"payload", 7u},
                                              {"title", "t"}}));
  EXPECT_EQ(options.title, "t");
  EXPECT_EQ(options.resident, true);
  EXPECT_EQ(options.image_x, std::nullopt);
  EXPECT_EQ(options.payload.value().get<std::uint32_t>(), 7u);
  EXPECT_EQ(options.sizes, std::vector<std::int16_t>{3});
}

TEST(Types, WhatADictionaryLacksIsSaid) {
  EXPECT_EQ(text_of_error<dict<Options>>(sent(Dictionary{{"title", "t"}})),
            "a dictionary lacks \"sizes\", of type \"an\"");
  EXPECT_EQ(text_of_error<dict<Options>>(sent(Dictionary{{"title", 5u}})),
            "\"title\" holds \"u\" and \"s\" is wanted");
  EXPECT_EQ(text_of_error<dict<Options>>(sent(Dictionary{{"resident", "yes"}})),
            "\"resident\" holds \"s\" and \"b\" is wanted");
}

TEST(Types, DictionariesNestAndKeepWhatIsUnknown) {
  Nested nested{.first_part = Inner{3}, .either = "text", .rest = {}};
  nested.rest["Colour"] = Colour::dark_green;
  const message what = sent(dict<Nested>(nested));
  const auto entries = received<Dictionary>(what);
  EXPECT_EQ(entries.at("FirstPart").get<dict<Inner>>(), Inner{3});
  EXPECT_EQ(entries.at("Either").get<std::string>(), "text");
  auto back = received<dict<Nested>>(what);
  EXPECT_EQ(back.first_part.value().low, 3);
  EXPECT_EQ(std::get<std::string>(back.either), "text");
  EXPECT_EQ(back.rest.at("Colour").get<Colour>(), Colour::dark_green);
  // What was received is sent on.
  EXPECT_EQ(received<dict<Nested>>(sent(back)).rest.at("Colour").get<std::string>(), "dark-green");
}

TEST(Types, AVariantOfKnownTypesIsChosenByItsSignature) {
  using Choice = std::variant<std::int32_t, std::string, dict<Inner>, std::vector<Colour>>;
  EXPECT_EQ(received<variant>(sent(Choice(5))).get<std::int32_t>(), 5);
  EXPECT_EQ(std::get<std::string>(received<Choice>(sent(variant("x")))), "x");
  EXPECT_EQ(std::get<2>(received<Choice>(sent(Choice(Inner{9})))), Inner{9});
  EXPECT_EQ(text_of_error<Choice>(sent(variant(1.5))),
            "a variant holds \"d\", which is none of \"i\", \"s\", \"a{sv}\", \"as\"");
  using Several = std::vector<std::variant<std::uint8_t, std::string>>;
  const Several several{std::uint8_t{1}, "two", std::uint8_t{3}};
  EXPECT_EQ(received<Several>(sent(several)), several);
}

TEST(Types, EnumerationsMayBeText) {
  EXPECT_EQ(received<std::string>(sent(Colour::dark_green)), "dark-green");
  EXPECT_EQ(received<Colour>(sent(std::string("red"))), Colour::red);
  EXPECT_EQ(text_of_error<Colour>(sent(std::string("blue"))),
            R"("blue" is none of "red", "dark-green")");
  EXPECT_THROW(std::ignore = sent(Colour::unnamed), error);
  const std::map<Colour, Even> both = {{Colour::red, Even(2)}, {Colour::dark_green, Even(4)}};
  EXPECT_EQ((received<std::map<Colour, Even>>(sent(both))), both);
}

TEST(Types, AClassTravelsAsAnother) {
  using Pair = std::pair<Even, std::chrono::microseconds>;
  const Pair pair(Even(8), std::chrono::seconds(1));
  EXPECT_EQ(received<Pair>(sent(pair)), pair);
  EXPECT_EQ((received<std::tuple<std::int32_t, std::int64_t>>(sent(pair))),
            (std::tuple<std::int32_t, std::int64_t>(8, 1'000'000)));
  EXPECT_EQ(text_of_error<Even>(sent(std::int32_t{3})), "odd");
}

TEST(Types, ArraysOfFixedLengthRefuseAnother) {
  using Three = std::array<std::uint32_t, 3>;
  EXPECT_EQ(received<Three>(sent(Three{1, 2, 3})), (Three{1, 2, 3}));
  EXPECT_EQ(text_of_error<Three>(sent(std::vector<std::uint32_t>{1, 2})),
            "an array has another number of elements than 3");
  EXPECT_EQ(text_of_error<Three>(sent(std::vector<std::uint32_t>{1, 2, 3, 4})),
            "an array has another number of elements than 3");
}

TEST(Types, DictionariesMayKeepTheirOrder) {
  using Ordered = std::vector<std::pair<std::string, std::uint8_t>>;
  const Ordered ordered = {{"z", 1}, {"a", 2}, {"z", 3}};
  EXPECT_EQ(received<Ordered>(sent(ordered)), ordered);
  EXPECT_EQ((received<std::map<std::string, std::uint8_t>>(sent(ordered)).at("z")), 3);
}

TEST(Types, BytesAreOwnedOrBorrowed) {
  const std::vector<std::byte> bytes = {std::byte{1}, std::byte{255}, std::byte{0}};
  const message what = sent(std::tuple(std::uint8_t{7}, std::span<const std::byte>(bytes), 5u));
  using Owned = std::tuple<std::uint8_t, std::vector<std::byte>, std::uint32_t>;
  EXPECT_EQ(received<Owned>(what), Owned(7, bytes, 5));
  const auto [before, view, after] =
      received<std::tuple<std::uint8_t, std::span<const std::uint8_t>, std::uint32_t>>(what);
  EXPECT_EQ(view.size(), 3u);
  EXPECT_EQ(view[1], 255);
  EXPECT_GE(view.data(), what.bytes().data());
  EXPECT_EQ(after, 5u);
  EXPECT_EQ(received<std::vector<std::uint8_t>>(sent(std::vector<std::uint8_t>())).size(), 0u);
}

TEST(Types, ListsOfDescriptorsAndSignaturesComeBack) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  std::vector<unique_fd> fds;
  fds.emplace_back(ends[0]);
  fds.emplace_back(ends[1]);
  const auto back = received<std::vector<unique_fd>>(sent(fds));
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(::write(back[1].get(), "x", 1), 1);
  char c = 0;
  EXPECT_EQ(::read(back[0].get(), &c, 1), 1);
  EXPECT_EQ(received<signature>(sent(signature("a{sv}u"))), signature("a{sv}u"));
  EXPECT_THROW(signature("a"s), error);
}

}  // namespace
}  // namespace headway
