// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headway/connection.h"
#include "headway/loop.h"
#include "headway/task.h"
#include "headway/testing/faults.h"
#include "headway/testing/recording.h"

/// For unit tests of programs that use D-Bus: link headway::testing. See docs/testing.md.
namespace headway::testing {

/// What a test's bus allows.
enum class rules : std::uint8_t {
  open,        // everything, to everybody
  system_bus,  // what a system bus allows before services say more: no names, no method calls
  none,        // the configuration given says everything
};

struct bus_options {
  rules base = rules::open;
  /// A configuration as headwayd reads it, whose policies and limits come on top: for instance that
  /// of the service under test, `<busconfig><include>...</include></busconfig>`.
  std::string config = {};
  /// Accounts that it may name, besides those of this machine.
  std::map<std::string, std::uint32_t> users = {};
  std::map<std::string, std::uint32_t> groups = {};
};

/// Who a connection is to the bus. Users are numbers that need not exist.
struct peer_options {
  std::uint32_t uid = 1000;  // the bus's own
  std::vector<std::uint32_t> groups = {};
  std::string label = {};  // of the security module
  connection_options connection = {};
};

/// Nothing that this thread waits for can happen any more, whatever time passes.
class stuck : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// A message bus inside a test: headwayd's own, without a process, a file or a clock.
///
///     headway::testing::bus b;
///     auto service = b.connect();
///     auto client = b.connect();
///     auto thermo = service.serve<Thermostat1>("/org/example/Thermostat");
///     ...
///     EXPECT_EQ(client.proxy<Thermostat1>(service.unique_name(), "/org/example/Thermostat")
///                   ->set_target(20, "C").wait(), 19.0);
///
/// Its connections are served by its loop. All of it belongs to one thread, in which nothing is a
/// matter of chance: the same test makes the same run.
///
/// Who waits lets the others work: while a blocking call of one connection waits, the other
/// connections of the loop get their messages and run their handlers, as other processes would. The
/// one that waits runs nothing, as everywhere. (So two that block for each other end as they would
/// in two processes: by their timeouts.)
///
/// Time is the bus's own: it stands still while anything can happen, and moves by advance() or,
/// when somebody sleeps, straight to what is due next: a timeout, a timer, a deadline of the bus.
/// Nobody ever sleeps really. If nothing at all is due, `stuck` is thrown, never slept for ever.
class bus {
 public:
  using duration = std::chrono::nanoseconds;

  /// Throws std::invalid_argument, saying where, if the configuration cannot be used.
  explicit bus(const bus_options& options = {});
  bus(const bus&) = delete;
  bus& operator=(const bus&) = delete;
  /// Destroys the tasks on its loop and closes its connections.
  ~bus();

  /// A connection, attached to the loop. detach() it to take messages by next_message() instead.
  /// Throws headway::error if the bus refuses it.
  [[nodiscard]] connection connect(const peer_options& who = {});

  /// For programs that want a loop; now(), timers and sleep() go by the bus's time.
  [[nodiscard]] event_loop& loop() noexcept;
  template <class T>
  T run(task<T> work) {
    return loop().run(std::move(work));
  }
  [[nodiscard]] event_loop::time_point now() const;
  /// Lets this much time pass; all that is due on the way happens at its time.
  void advance(duration time);
  /// Lets everything happen that needs no time.
  void settle();

  /// Who owns the name that others want to call is started: `start` is called from the loop, and
  /// has 25 seconds of the bus's time (service_start_timeout) to get the name.
  void on_start(std::string_view name, std::function<void()> start);

  /// Ends a connection, as if its process had died.
  void disconnect(const connection& peer);
  /// The bus writes nothing more to it, as if its process had stopped: what is sent to it fills
  /// its queue. `resume` ends that.
  void stop_reading(const connection& peer);
  void resume_reading(const connection& peer);

  /// A fault, done to messages of the kind `applies` says: see faults.h.
  [[nodiscard]] injection when(predicate applies);
  /// Faults by chance, the same for the same seed. Put the seed into what a failing test says.
  void chaos(std::uint64_t seed, const chaos_options& options = {});

  /// What that connection sends and gets from now on; see recording.h.
  [[nodiscard]] std::shared_ptr<const recording> record(const connection& peer);

  /// What the bus has to say to its administrator, refusals above all.
  [[nodiscard]] std::vector<std::string> log() const;

 private:
  std::shared_ptr<World> world_;
};

}  // namespace headway::testing
