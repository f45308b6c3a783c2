// SPDX-License-Identifier: MIT
#include "tool/pcap.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace headway::tool {
namespace {

using namespace std::chrono_literals;

constexpr WallTime noon{1'700'000'000s + 42us};

message_builder something() { return message_builder::signal("/p", "a.b", "C"); }

std::string file_of(std::initializer_list<message> messages) {
  std::string text = pcap_head();
  for (const message& what : messages) append_pcap(text, what, noon);
  return text;
}

struct Contents {
  std::vector<PcapReader::Record> records;
  std::string problem;
};

Contents read(const std::string& text) {
  // fmemopen() refuses a file of no bytes.
  std::string bytes = text.empty() ? "" : text;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      bytes.empty() ? std::fopen("/dev/null", "r") : ::fmemopen(bytes.data(), bytes.size(), "r"),
      &std::fclose);
  Contents contents;
  auto reader = PcapReader::open(file.get());
  if (!reader) return {.problem = reader.error()};
  for (;;) {
    auto record = reader->next();
    if (!record) {
      contents.problem = record.error();
      return contents;
    }
    if (!*record) return contents;
    contents.records.push_back(std::move(**record));
  }
}

/// The same file as a machine of the other byte order writes it.
std::string swapped(std::string text) {
  const auto swap = [&](std::size_t at, std::size_t size) {
    std::reverse(text.begin() + static_cast<std::ptrdiff_t>(at),
                 text.begin() + static_cast<std::ptrdiff_t>(at + size));
  };
  for (const std::size_t word : {0u, 8u, 12u, 16u, 20u}) swap(word, 4);
  swap(4, 2);
  swap(6, 2);
  for (std::size_t at = 24; at < text.size();) {
    std::uint32_t size = 0;
    std::memcpy(&size, text.data() + at + 8, sizeof size);
    for (const std::size_t word : {0u, 4u, 8u, 12u}) swap(at + word, 4);
    at += 16 + size;
  }
  return text;
}

TEST(Pcap, IsAHeadAndRecordsOfWholeMessages) {  // TOOL-023
  const message what = something().build();
  std::string record;
  append_pcap(record, what, noon);
  std::array<std::uint32_t, 4> words{};
  ASSERT_EQ(record.size(), sizeof words + what.bytes().size());
  std::memcpy(words.data(), record.data(), sizeof words);

  EXPECT_EQ(pcap_head().size(), 24);
  EXPECT_EQ(words, (std::array<std::uint32_t, 4>{1'700'000'000, 42,
                                                 static_cast<std::uint32_t>(what.bytes().size()),
                                                 static_cast<std::uint32_t>(what.bytes().size())}));
  EXPECT_EQ(record.substr(sizeof words), as_text(what.bytes()));
}

TEST(Pcap, IsReadBackInEitherByteOrder) {
  const message one = something().string("x").build();
  const message two = something().fd(STDIN_FILENO).build();
  const std::string file = file_of({one, two});

  for (const std::string& text : {file, swapped(file)}) {
    const Contents contents = read(text);
    EXPECT_EQ(contents.problem, "");
    ASSERT_EQ(contents.records.size(), 2);
    EXPECT_EQ(contents.records[0].when, noon);
    EXPECT_EQ(as_text(contents.records[0].what.bytes()), as_text(one.bytes()));
    EXPECT_EQ(contents.records[1].what.body().fd(), -1);
  }
}

TEST(Pcap, MayHaveNanoseconds) {
  std::string text = file_of({something().build()});
  const std::uint32_t magic = 0xa1b23c4d;
  std::memcpy(text.data(), &magic, sizeof magic);
  const Contents contents = read(text);
  ASSERT_EQ(contents.records.size(), 1);
  EXPECT_EQ(contents.records[0].when, WallTime(1'700'000'000s + 42ns));
}

TEST(Pcap, CutAnywhereKeepsWhatCameBeforeAndSaysSo) {
  const message what = something().string("x").build();
  const std::string file = file_of({what, what});
  const std::size_t second = 24 + 16 + what.bytes().size();
  for (std::size_t size = 0; size < file.size(); ++size) {
    const Contents contents = read(file.substr(0, size));
    EXPECT_EQ(contents.records.size(), size < second ? 0 : 1);
    EXPECT_EQ(contents.problem.empty(), size == 24 || size == second) << size;
  }
}

TEST(Pcap, OfSomethingElseIsRefusedWithTheReason) {
  std::string of_ethernet = file_of({something().build()});
  of_ethernet[20] = 1;
  EXPECT_EQ(read(of_ethernet).problem, "it has no D-Bus messages (link type 231) but link type 1");
  EXPECT_EQ(read(std::string(100, 'x')).problem, "it is no pcap file");
  EXPECT_NE(read("\n\r\r\n" + std::string(100, '\0')).problem.find("editcap"), std::string::npos);

  std::string broken = file_of({something().build()});
  broken[24 + 16] = 'x';  // neither byte order
  EXPECT_EQ(read(broken).problem.substr(0, 18), "message 1 is none:");
  std::string cut = file_of({something().build()});
  cut[24 + 12] = 127;
  EXPECT_NE(read(cut).problem.find("were kept"), std::string::npos);
  std::string huge = file_of({something().build()});
  huge[24 + 11] = 127;
  EXPECT_NE(read(huge).problem.find("would have"), std::string::npos);
}

}  // namespace
}  // namespace headway::tool
