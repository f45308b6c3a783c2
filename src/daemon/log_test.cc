// SPDX-License-Identifier: MIT
#include "daemon/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include "base/fd.h"

namespace headway::daemon {
namespace {

using broker::LogKind;

TEST(LogTargets, AreWhatTheOptionsSayAndElseTheConfigurationTool004) {
  using enum CommandLine::Syslog;
  constexpr LogTargets on_stderr{.to_stderr = true, .to_system = false};
  constexpr LogTargets on_both{.to_stderr = true, .to_system = true};
  constexpr LogTargets on_system{.to_stderr = false, .to_system = true};
  EXPECT_EQ(log_targets(as_configured, false), on_stderr);
  EXPECT_EQ(log_targets(as_configured, true), on_both);
  for (const bool configured : {false, true}) {
    EXPECT_EQ(log_targets(both, configured), on_both);
    EXPECT_EQ(log_targets(only, configured), on_system);
    EXPECT_EQ(log_targets(none, configured), on_stderr);
  }
}

/// stderr is a pipe of the test's own.
class LogTest : public testing::Test {
 protected:
  LogTest() : stderr_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    reader_ = Fd(ends[0]);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
  }
  ~LogTest() override {
    ::dup2(stderr_.get(), STDERR_FILENO);
    ::unsetenv("JOURNAL_STREAM");
  }

  std::string written() {
    std::string text;
    std::array<char, 65536> bytes{};
    ssize_t size = 0;
    while ((size = ::read(reader_.get(), bytes.data(), bytes.size())) > 0) {
      text.append(bytes.data(), static_cast<std::size_t>(size));
    }
    return text;
  }

  static Log make(LogTargets targets) {
    return {{.prefix = "[system] ", .bus_type = "system", .bus_id = {}, .pid = 1},
            targets,
            SystemLog({.journal = "/nonexistent/journal", .syslog = "/nonexistent/syslog"})};
  }

  static void set_journal_stream(unsigned long inode_offset) {
    struct stat here{};
    ::fstat(STDERR_FILENO, &here);
    ::setenv("JOURNAL_STREAM",
             fmt::format("{}:{}", here.st_dev, here.st_ino + inode_offset).c_str(), 1);
  }

 private:
  Fd stderr_;
  Fd reader_;
};

TEST_F(LogTest, WritesLinesBehindThePrefix) {
  Log log = make({.to_stderr = true, .to_system = false});
  log.write(LogKind::configuration_reloaded, "a", {});
  log.write(LogKind::configuration_reloaded, "b", {});
  EXPECT_EQ(written(), "[system] a\n[system] b\n");
}

TEST_F(LogTest, IsSilentOnStderrWhenToldTo) {
  Log log = make({.to_stderr = false, .to_system = true});
  log.write(LogKind::configuration_reloaded, "a", {});
  EXPECT_EQ(written(), "");
}

TEST_F(LogTest, WritesToStderrWhatTheJournalDoesNotHaveThoughStderrLeadsThere) {
  set_journal_stream(0);
  Log log = make({.to_stderr = true, .to_system = true});
  log.write(LogKind::configuration_reloaded, "a", {});
  EXPECT_EQ(written(), "[system] a\n");
}

TEST_F(LogTest, WaitsForNoReaderAndCountsWhatIsLost) {
  Log log = make({.to_stderr = true, .to_system = false});
  const std::string line(LogFilter::text_bytes_max - 10, 'x');
  for (int i = 0; i < LogFilter::burst_entries; ++i) {
    log.write(LogKind::configuration_reloaded, line + std::to_string(i), {});
  }
  EXPECT_FALSE(written().empty());
  log.write(LogKind::start_failed, "after", {});
  const std::string text = written();
  EXPECT_NE(text.find(" entries could not be written\n[system] after\n"), std::string::npos)
      << text;
}

TEST_F(LogTest, KnowsStderrThatLeadsToTheJournal) {
  EXPECT_FALSE(is_stderr_in_journal());
  set_journal_stream(0);
  EXPECT_TRUE(is_stderr_in_journal());
  set_journal_stream(1);
  EXPECT_FALSE(is_stderr_in_journal());
}

}  // namespace
}  // namespace headway::daemon
