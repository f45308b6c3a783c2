// SPDX-License-Identifier: MIT
#include "launch/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "io/socket.h"

namespace headway::launch {
namespace {

class JournalOutput : public testing::Test {
 protected:
  JournalOutput() : path_(::mkdtemp(directory_.data()) + std::string("/stdout")) {}
  ~JournalOutput() override {
    ::unlink(path_.c_str());
    ::rmdir(directory_.c_str());
  }

  /// What the next who has connected has sent so far.
  static std::string next(const Fd& listener) {
    const auto peer = io::accept(listener.get());
    if (!peer) return "nobody";
    std::array<char, 256> bytes{};
    const ssize_t size = ::recv(peer->get(), bytes.data(), bytes.size(), 0);
    return {bytes.data(), static_cast<std::size_t>(size > 0 ? size : 0)};
  }

  std::string directory_ = testing::TempDir() + "outputXXXXXX";
  std::string path_;
};

TEST_F(JournalOutput, TellsTheJournalWhoWritesAndHowSeriousItIs) {
  const auto listener = io::listen_unix(path_);
  const Output output = journal_output("org.example.A", path_);
  ASSERT_TRUE(output.out && output.err);
  EXPECT_EQ(next(*listener), "org.example.A\n\n6\n1\n0\n0\n0\n");
  EXPECT_EQ(next(*listener), "org.example.A\n\n4\n1\n0\n0\n0\n");
  EXPECT_EQ(::fcntl(output.out.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(JournalOutput, IsNothingWhereNobodyListens) {
  const Output output = journal_output("org.example.A", path_);
  EXPECT_FALSE(output.out || output.err);
}

TEST_F(JournalOutput, DoesNotWaitForAJournalThatAcceptsNobody) {
  const auto listener = io::listen_unix(path_);
  ASSERT_EQ(::listen(listener->get(), 0), 0);
  Output kept = journal_output("org.example.A", path_);
  for (int i = 0; i < 10; ++i) {
    const Output output = journal_output("org.example.A", path_);
    if (!output.out) return;
  }
  FAIL() << "a full backlog takes more and more";
}

}  // namespace
}  // namespace headway::launch
