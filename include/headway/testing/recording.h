// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "headway/message.h"

namespace headway::testing {

class bus;

/// What was said on a connection, to be kept in a file and given again by replay.
///
///     auto tape = b.record(client);                        // on a test's bus
///
///     headway::testing::recording tape;                    // on a real one, as a monitor
///     monitor.become_monitor({}).wait();
///     while (auto next = monitor.next_message(10s)) tape.add(*next, now() - start);
///     tape.save("thermostat.rec");
///
/// The file is text: a line for people, with the time in seconds, and one for the program, with the
/// bytes of the message in hex, for each message; lines beginning with '#' are comments.
/// Descriptors are not recorded, only that there were some.
class recording {
 public:
  struct entry {
    std::chrono::nanoseconds at;  // since its begin
    message what;
  };

  /// A message that travelled: it has a serial.
  void add(const message& what, std::chrono::nanoseconds at);
  [[nodiscard]] const std::vector<entry>& entries() const noexcept { return entries_; }

  [[nodiscard]] std::string to_text() const;
  /// Throws headway::error, saying in which line, for what is no recording.
  [[nodiscard]] static recording parse(std::string_view text);
  /// Throw headway::error for a file that cannot be written or read.
  void save(const std::string& path) const;
  [[nodiscard]] static recording load(const std::string& path);

 private:
  std::vector<entry> entries_;
};

/// One line: "Set(1, \"on\")" is a call, with who and what before it. Long values are cut.
[[nodiscard]] std::string describe(const message& what);

/// The services of a recording, come back: whoever answered calls in it is on the bus again, with
/// the well-known names by which it was called, and does what it did then. A call is answered if
/// it was recorded, with the same arguments, each as often as it was made then; the answer takes as
/// long as it took, and the signals that the service sent in between are sent again. Any other call
/// is a difference: it gets the error org.headway.Testing.Error.NotRecorded, which says what
/// was recorded instead.
///
///     headway::testing::replay past(b, recording::load("thermostat.rec"));
///     ... run the program under test ...
///     EXPECT_TRUE(past.differences().empty()) << past.differences().front();
class replay {
 public:
  /// `on` outlives it.
  replay(bus& on, const recording& what);
  replay(const replay&) = delete;
  replay& operator=(const replay&) = delete;
  ~replay();

  /// Calls that were not recorded, in the order they came.
  [[nodiscard]] const std::vector<std::string>& differences() const noexcept;
  /// Recorded calls that were not made.
  [[nodiscard]] std::vector<std::string> missing() const;
  /// What the service that was ":1.7" then is called now; empty: there is none.
  [[nodiscard]] std::string name_of(std::string_view recorded) const;

 private:
  struct Service;
  std::vector<std::unique_ptr<Service>> services_;
  std::unique_ptr<std::vector<std::string>> differences_;
};

}  // namespace headway::testing
