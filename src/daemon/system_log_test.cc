// SPDX-License-Identifier: MIT
#include "daemon/system_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace headway::daemon {
namespace {

using broker::LogKind;
using Outcome = SystemLog::Outcome;

constexpr Time start{std::chrono::seconds(1000)};

/// A socket that stands for the journal or for syslog.
class Receiver {
 public:
  explicit Receiver(std::string path)
      : path_(std::move(path)),
        socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              0);
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;
  ~Receiver() { ::unlink(path_.c_str()); }

  /// What has come since the last time: the text of each entry.
  std::vector<std::string> take() {
    std::vector<std::string> texts;
    std::array<char, 65536> bytes{};
    ssize_t size = 0;
    while ((size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0)) > 0) {
      const std::string datagram(bytes.data(), static_cast<std::size_t>(size));
      texts.push_back(text_of(datagram));
    }
    return texts;
  }

 private:
  static std::string text_of(const std::string& datagram) {
    constexpr std::string_view message = "MESSAGE=";
    if (datagram.starts_with(message)) {
      return datagram.substr(message.size(), datagram.find('\n') - message.size());
    }
    return datagram.substr(datagram.find(": ") + 2);
  }

  std::string path_;
  Fd socket_;
};

class SystemLogTest : public testing::Test {
 protected:
  SystemLogTest() : directory_(::mkdtemp(directory_template_.data())) {}
  ~SystemLogTest() override {
    journal_.reset();
    syslog_.reset();
    ::rmdir(directory_.c_str());
  }

  void listen_as_journal() { journal_.emplace(directory_ + "/journal"); }
  void listen_as_syslog() { syslog_.emplace(directory_ + "/syslog"); }

  Outcome write(std::string text, Time now = start) {
    return log_.write({.kind = LogKind::configuration_doubtful, .text = text, .fields = {}}, {},
                      now);
  }

  /// Writes numbers until the receiver takes no more; how many it took.
  std::size_t fill() {
    std::size_t count = 0;
    while (write(std::to_string(count)) != Outcome::kept) ++count;
    return count;
  }

 private:
  std::string directory_template_ = testing::TempDir() + "logXXXXXX";
  std::string directory_;

 protected:
  std::optional<Receiver> journal_;
  std::optional<Receiver> syslog_;
  SystemLog log_{SystemLog::Paths{directory_ + "/journal", directory_ + "/syslog"}};
};

TEST_F(SystemLogTest, PrefersTheJournal) {
  listen_as_journal();
  listen_as_syslog();
  EXPECT_EQ(write("a"), Outcome::by_journal);
  EXPECT_THAT(journal_->take(), testing::ElementsAre("a"));
  EXPECT_THAT(syslog_->take(), testing::IsEmpty());
}

TEST_F(SystemLogTest, TakesSyslogWhereThereIsNoJournal) {
  listen_as_syslog();
  EXPECT_EQ(write("a"), Outcome::by_syslog);
  EXPECT_THAT(syslog_->take(), testing::ElementsAre("a"));
}

TEST_F(SystemLogTest, FindsTheJournalAgainAfterItRestarted) {
  listen_as_journal();
  listen_as_syslog();
  journal_.reset();
  EXPECT_EQ(write("between"), Outcome::by_syslog);
  listen_as_journal();
  EXPECT_EQ(write("after"), Outcome::by_journal);
  EXPECT_THAT(journal_->take(), testing::ElementsAre("after"));
}

TEST_F(SystemLogTest, CountsWhatNobodyReceivesAndTellsTheNextWhoDoes) {
  EXPECT_EQ(write("a"), Outcome::lost);
  EXPECT_EQ(write("b"), Outcome::lost);
  EXPECT_EQ(log_.next_deadline(), std::nullopt);
  listen_as_syslog();
  EXPECT_EQ(write("c"), Outcome::by_syslog);
  EXPECT_EQ(write("d"), Outcome::by_syslog);
  EXPECT_THAT(syslog_->take(), testing::ElementsAre("2 entries could not be written", "c", "d"));
}

TEST_F(SystemLogTest, KeepsWhatAFullJournalDoesNotTakeAndSendsItLaterInOrder) {
  listen_as_journal();
  const std::size_t taken = fill();
  EXPECT_EQ(write("last"), Outcome::kept);
  EXPECT_EQ(log_.next_deadline(), start + SystemLog::retry_first);
  EXPECT_EQ(journal_->take().size(), taken);

  log_.advance(start);  // too early
  EXPECT_THAT(journal_->take(), testing::IsEmpty());
  log_.advance(start + SystemLog::retry_first);
  EXPECT_THAT(journal_->take(), testing::ElementsAre(std::to_string(taken), "last"));
  EXPECT_EQ(log_.next_deadline(), std::nullopt);
  EXPECT_EQ(write("now"), Outcome::by_journal);
}

TEST_F(SystemLogTest, AsksAStuckJournalMoreAndMoreRarely) {
  listen_as_journal();
  fill();
  Time now = start;
  Duration waited{};
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(log_.next_deadline());
    waited = *log_.next_deadline() - now;
    now = *log_.next_deadline();
    log_.advance(now);
  }
  EXPECT_EQ(waited, SystemLog::retry_last);
}

TEST_F(SystemLogTest, KeepsABoundedNumberAndCountsTheRest) {
  listen_as_journal();
  fill();  // and one is kept
  for (std::size_t i = 1; i < SystemLog::kept_max; ++i) EXPECT_EQ(write("x"), Outcome::kept);
  EXPECT_EQ(write("y"), Outcome::lost);
  for (Time now = start; log_.next_deadline(); now = *log_.next_deadline()) {
    journal_->take();
    log_.advance(now);
  }
  journal_->take();
  EXPECT_EQ(write("z"), Outcome::by_journal);
  EXPECT_THAT(journal_->take(), testing::ElementsAre("1 entries could not be written", "z"));
}

}  // namespace
}  // namespace headway::daemon
