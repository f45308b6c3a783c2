// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "client/core.h"
#include "client/surroundings.h"
#include "headway/loop.h"
#include "headway/testing/bus.h"
#include "testing/hub.h"

namespace headway::testing {

/// What a test's bus is made of: the hub, the loop of its connections, and the time that they all
/// go by. Whoever sleeps, the loop or one connection, sleeps in wait(), which lets all others work
/// and then moves the time.
class World final : public client::Surroundings, public std::enable_shared_from_this<World> {
 public:
  explicit World(const bus_options& options);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() override;

  [[nodiscard]] connection connect(const peer_options& who);
  /// The loop ends, and with it the connections; the time stays readable for who still has one.
  void end();

  [[nodiscard]] event_loop& loop() { return *loop_; }
  [[nodiscard]] Hub& hub() { return hub_; }
  /// Throws std::invalid_argument if it is of another bus.
  [[nodiscard]] broker::PeerId peer_of(const connection& which) const;

  void settle();
  void advance(Duration time);
  void on_start(std::string_view name, std::function<void()> start);

  // client::Surroundings
  Time now() override { return time_; }
  void wait(int socket, bool to_write, std::optional<Time> deadline) override;
  [[nodiscard]] bool may_sleep_in_read() const override { return false; }

 private:
  /// Wakes the loop for services that the bus wants started.
  class Starter;
  /// What the loop sleeps in.
  struct LoopSide final : client::Surroundings {
    explicit LoopSide(World& of) : world(of) {}
    Time now() override { return world.time_; }
    void wait(int fd, bool, std::optional<Time> deadline) override {
      world.sleep_of_loop(fd, deadline);
    }
    [[nodiscard]] bool may_sleep_in_read() const override { return false; }
    World& world;
  };

  [[nodiscard]] bool others_work();
  void sleep_of_loop(int fd, std::optional<Time> deadline);
  [[nodiscard]] bool turn_loop();
  void let_pass(std::optional<Time> until);

  Time time_{std::chrono::hours(1)};
  Hub hub_;
  std::map<const client::Core*, broker::PeerId> peers_;
  std::unique_ptr<Starter> starter_;

  LoopSide loop_side_{*this};
  bool loop_may_sleep_ = true;    // else its sleep is only taken note of
  bool loop_is_idle_ = false;     // in the present turn it wanted to sleep
  std::optional<Time> loop_due_;  // until then
  std::unique_ptr<event_loop> loop_;
};

}  // namespace headway::testing
