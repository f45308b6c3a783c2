// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "wire/body.h"
#include "wire/message.h"
#include "wire/message_testing.h"

namespace headway::wire {
namespace {

using Octets = std::vector<std::uint8_t>;

class Validate : public testing::TestWithParam<ByteOrder> {
 protected:
  /// What is wrong with a body, or nothing.
  std::optional<Fault> fault(std::string_view signature, const Octets& body) {
    const auto result = validate_body(GetParam(), signature, body);
    return result ? std::nullopt : std::optional(result.error());
  }
  template <class Write>
  std::optional<Fault> fault_of(std::string_view signature, Write write) {
    return fault(signature, body_of(GetParam(), write));
  }
  std::optional<Fault> fault_of_string(std::string_view text) {
    return fault_of("s", [text](BodyWriter& writer) { writer.string(text); });
  }
};

constexpr auto valid = std::nullopt;

INSTANTIATE_TEST_SUITE_P(Order, Validate, both_orders, order_name);

TEST_P(Validate, NoSignatureMeansNoBody) {  // WIRE-004, WIRE-048
  EXPECT_EQ(fault("", {}), valid);
  EXPECT_EQ(fault("", {0}), Fault::body_length);
}

TEST_P(Validate, ABodyIsNeitherShorterNorLongerThanItsTypes) {  // WIRE-048
  const Octets body = body_of(GetParam(), [](BodyWriter& writer) {
    writer.uint16(1);
    writer.string("text");
    writer.signature("as");
    writer.close_array(writer.open_array('s'));
    writer.bytes(Octets{1, 2, 3});
    writer.begin_struct();
    writer.uint64(2);
  });
  const std::string_view signature = "qsvay(t)";
  ASSERT_EQ(fault(signature, body), valid);
  for (std::size_t size = 0; size < body.size(); ++size) {
    EXPECT_EQ(fault(signature, Octets(body.begin(), body.begin() + static_cast<long>(size))),
              Fault::truncated);
  }
  Octets longer = body;
  longer.push_back(0);
  EXPECT_EQ(fault(signature, longer), Fault::body_length);
}

TEST_P(Validate, EveryPaddingByteIsZero) {  // WIRE-015
  const Octets body = body_of(GetParam(), [](BodyWriter& writer) {
    for (int i = 0; i < 4; ++i) {
      writer.byte(1);
      if (i == 0) writer.uint16(2);
      if (i == 1) writer.uint32(3);
      if (i == 2) writer.uint64(4);
      if (i == 3) writer.close_array(writer.open_array('t'));
    }
  });
  ASSERT_EQ(fault("yqyuytyat", body), valid);
  ASSERT_EQ(body.size(), 32u);
  for (const std::size_t at : {1u, 5u, 6u, 7u, 13u, 14u, 15u, 25u, 26u, 27u}) {
    Octets wrong = body;
    wrong[at] = 0x80;
    EXPECT_EQ(fault("yqyuytyat", wrong), Fault::padding) << at;
  }
}

TEST_P(Validate, BooleansAreZeroOrOne) {  // WIRE-016
  const auto write = [](std::uint32_t value) {
    return [value](BodyWriter& writer) { writer.uint32(value); };
  };
  EXPECT_EQ(fault_of("b", write(0)), valid);
  EXPECT_EQ(fault_of("b", write(1)), valid);
  EXPECT_EQ(fault_of("b", write(2)), Fault::boolean);
  EXPECT_EQ(fault_of("b", write(0x01000000)), Fault::boolean);
}

TEST_P(Validate, BooleansInArraysAreVisited) {  // WIRE-016
  for (const std::uint32_t bad : {2u, 0x100u, 0x01000000u}) {
    for (int at = 0; at < 9; ++at) {
      const auto write = [=](BodyWriter& writer) {
        const BodyWriter::Array array = writer.open_array('b');
        for (int i = 0; i < 9; ++i) writer.uint32(i == at ? bad : 1);
        writer.close_array(array);
      };
      EXPECT_EQ(fault_of("ab", write), Fault::boolean);
    }
  }
}

TEST_P(Validate, AnyDoubleIsGood) {  // WIRE-017
  EXPECT_EQ(fault("d", Octets(8, 0xFF)), valid);
}

TEST_P(Validate, StringsOfAnyLengthEndWithTheirOnlyNul) {  // WIRE-018
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string text(size, 'x');
    EXPECT_EQ(fault_of_string(text), valid);

    Octets unterminated = body_of(GetParam(), [&text](BodyWriter& writer) { writer.string(text); });
    unterminated.back() = 'x';
    EXPECT_EQ(fault("s", unterminated), Fault::string);

    for (std::size_t at = 0; at < size; ++at) {
      std::string wrong = text;
      wrong[at] = '\0';
      EXPECT_EQ(fault_of_string(wrong), Fault::string) << size << ' ' << at;
      wrong[at] = '\x80';
      EXPECT_EQ(fault_of_string(wrong), Fault::string) << size << ' ' << at;
    }
  }
}

TEST_P(Validate, StringsAreStrictUtf8) {  // WIRE-019
  for (const char* good : {"\xC2\x80", "gr\xC3\xBC\xC3\x9F dich wer das liest", "\xEF\xBF\xBF",
                           "\xEF\xB7\x90", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(fault_of_string(good), valid) << good;
  }
  for (const char* bad : {"\xC0\x80", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF",
                          "\xC3", "a long text that ends badly \xE2\x82"}) {
    EXPECT_EQ(fault_of_string(bad), Fault::string) << bad;
  }
}

TEST_P(Validate, AnUtf8StringWithANulInsideIsInvalid) {  // WIRE-018
  EXPECT_EQ(fault_of_string(std::string_view("\xC3\xBC\0x", 4)), Fault::string);
}

TEST_P(Validate, ObjectPathsObeyTheirGrammar) {  // WIRE-020
  for (const char* path : {"", "a", "/a/", "//", "/a-b"}) {
    EXPECT_EQ(fault_of("o", [path](BodyWriter& writer) { writer.string(path); }),
              Fault::object_path)
        << path;
  }
  EXPECT_EQ(fault_of("o", [](BodyWriter& writer) { writer.string("/"); }), valid);
}

TEST_P(Validate, SignatureValuesAreSignatures) {  // WIRE-021
  EXPECT_EQ(fault_of("g", [](BodyWriter& writer) { writer.signature(""); }), valid);
  EXPECT_EQ(fault_of("g", [](BodyWriter& writer) { writer.signature("sa{sv}"); }), valid);
  EXPECT_EQ(fault_of("g", [](BodyWriter& writer) { writer.signature("a"); }), Fault::signature);
  EXPECT_EQ(fault("g", {1, 'y', 'y'}), Fault::string);
  EXPECT_EQ(fault("g", {255, 'y', 0}), Fault::truncated);
}

TEST_P(Validate, ArrayElementsEndWhereTheArrayDoes) {  // WIRE-022
  const auto strings = [](std::uint32_t bytes) {
    return [bytes](BodyWriter& writer) {
      writer.uint32(bytes);
      writer.string("abc");
      writer.string("def");
    };
  };
  EXPECT_EQ(fault_of("as", strings(16)), valid);
  EXPECT_EQ(fault_of("ass", strings(8)), valid);
  EXPECT_EQ(fault_of("as", strings(15)), Fault::truncated);
  EXPECT_EQ(fault_of("as", strings(17)), Fault::truncated);
  EXPECT_EQ(fault_of("ass", strings(9)), Fault::truncated);
  EXPECT_EQ(fault_of("as", strings(8)), Fault::body_length);
}

TEST_P(Validate, AnInnerArrayStaysInsideTheOuterOne) {  // WIRE-022
  const auto write = [](BodyWriter& writer) {
    writer.uint32(4);
    writer.uint32(4);  // the inner array's length, all that the outer one has room for
    writer.uint32(7);
  };
  EXPECT_EQ(fault_of("aau", write), Fault::truncated);
  EXPECT_EQ(fault_of("aas", write), Fault::truncated);
}

TEST_P(Validate, ArraysEndAt64Mebibytes) {  // WIRE-023, WIRE-040
  const auto length = [](std::uint32_t bytes) {
    return [bytes](BodyWriter& writer) { writer.uint32(bytes); };
  };
  EXPECT_EQ(fault_of("ay", length(array_bytes_max)), Fault::truncated);
  EXPECT_EQ(fault_of("ay", length(array_bytes_max + 1)), Fault::array_length);
  EXPECT_EQ(fault_of("as", length(0xFFFFFFFF)), Fault::array_length);

  Octets body = body_of(GetParam(), length(array_bytes_max));
  body.resize(body.size() + array_bytes_max);
  EXPECT_EQ(fault("ay", body), valid);
}

TEST_P(Validate, ArraysOfNumbersHoldWholeNumbers) {  // WIRE-024, CVE-2022-42011
  for (const std::string_view type : {"n", "q", "b", "i", "u", "h", "x", "t", "d"}) {
    Octets body = body_of(GetParam(), [type](BodyWriter& writer) {
      const BodyWriter::Array array = writer.open_array(type[0]);
      writer.byte(0);
      writer.byte(0);
      writer.byte(0);
      writer.close_array(array);
    });
    EXPECT_EQ(fault("a" + std::string(type), body), Fault::array_length) << type;
  }
}

TEST_P(Validate, BytesInArraysAreFreeInNumberAndValue) {  // WIRE-029
  for (const std::size_t size : {0u, 1u, 3u, 8u, 1000u}) {
    EXPECT_EQ(fault_of("ay", [size](BodyWriter& writer) { writer.bytes(Octets(size, 0xFF)); }),
              valid);
  }
}

TEST_P(Validate, StructsAndEntriesStandOnEight) {  // WIRE-025
  const auto write = [](BodyWriter& writer) {
    writer.byte(1);
    writer.begin_struct();
    writer.byte(2);
    const BodyWriter::Array dict = writer.open_array('{');
    for (int i = 0; i < 2; ++i) {
      writer.begin_struct();
      writer.byte(3);
      writer.byte(4);
    }
    writer.close_array(dict);
    writer.byte(5);
  };
  EXPECT_EQ(fault_of("y(ya{yy})y", write), valid);
  EXPECT_EQ(body_of(GetParam(), write).size(), 27u);
}

TEST_P(Validate, VariantsHoldExactlyOneCompleteType) {  // WIRE-005, WIRE-026
  for (const char* bad : {"", "yy", "a", "()", "{yy}", "(a{ii)}", "r"}) {
    const auto write = [bad](BodyWriter& writer) {
      writer.signature(bad);
      writer.begin_struct();
      writer.uint64(0);
    };
    EXPECT_EQ(fault_of("v", write), Fault::variant) << bad;
  }
  const auto write = [](BodyWriter& writer) {
    writer.signature("(yv)");
    writer.begin_struct();
    writer.byte(1);
    writer.signature("at");
    writer.close_array(writer.open_array('t'));
  };
  EXPECT_EQ(fault_of("v", write), valid);
}

TEST_P(Validate, IndicesOfDescriptorsAreNotLookedAt) {  // WIRE-027
  EXPECT_EQ(fault_of("h", [](BodyWriter& writer) { writer.uint32(0xFFFFFFFF); }), valid);
}

Octets variants(int depth) {
  Octets body;
  for (int i = 1; i < depth; ++i) body.insert(body.end(), {1, 'v', 0});
  body.insert(body.end(), {1, 'y', 0, 7});
  return body;
}

TEST_P(Validate, ValuesNestSixtyFourContainers) {  // WIRE-010
  EXPECT_EQ(fault("v", variants(64)), valid);
  EXPECT_EQ(fault("v", variants(65)), Fault::depth);
  EXPECT_EQ(fault("v", variants(100'000)), Fault::depth);
}

TEST_P(Validate, EveryKindOfContainerCounts) {  // WIRE-010
  // 32 arrays, 31 structs and the variant in them are 64; one more level is a struct around it all.
  const auto write = [](int structs) {
    return [structs](BodyWriter& writer) {
      std::vector<BodyWriter::Array> arrays;
      for (int i = 0; i < structs; ++i) writer.begin_struct();
      for (int i = 0; i < 32; ++i) arrays.push_back(writer.open_array(i < 31 ? 'a' : 'v'));
      writer.signature("y");
      writer.byte(1);
      for (; !arrays.empty(); arrays.pop_back()) writer.close_array(arrays.back());
    };
  };
  const std::string arrays = std::string(32, 'a') + "v";
  const auto signature = [&arrays](std::size_t structs) {
    return std::string(structs, '(') + arrays + std::string(structs, ')');
  };
  EXPECT_EQ(fault_of(signature(31), write(31)), valid);
  EXPECT_EQ(fault_of(signature(32), write(32)), Fault::depth);
}

/// Four bytes each, but of a type that takes 240 to walk over: it is measured once.
TEST_P(Validate, ManyEmptyArraysOfALongTypeAreRead) {
  const std::string element = "(" + std::string(240, 'y') + ")";
  const auto write = [](BodyWriter& writer) {
    writer.uint32(4'000'000);
    for (int i = 0; i < 1'000'000; ++i) writer.uint32(0);
  };
  EXPECT_EQ(fault_of("aaa" + element, write), valid);
}

}  // namespace
}  // namespace headway::wire
