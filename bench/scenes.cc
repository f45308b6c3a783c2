// SPDX-License-Identifier: MIT
#include "scenes.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "background.h"
#include "clock.h"
#include "connection.h"
#include "latency.h"
#include "load.h"
#include "message.h"

namespace bench {
namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kFloodPatienceNs = 6000 * kMs;
constexpr unsigned kFloodGroup = 100;  // of the floor: none that a pair uses

double ms(std::uint64_t ns) { return static_cast<double>(ns) / 1e6; }

double cost_us(const Meter& meter, std::uint64_t messages) {
  return static_cast<double>(meter.cpu_ns()) / static_cast<double>(messages) / 1e3;
}

/// Growth of the hub per idle connection that holds one match rule.
Figures play_memory(const Target& target, Hub& hub) {
  std::vector<Connection> held;
  const auto hold = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      Connection& connection = held.emplace_back(Connection::to_bus(target.socket_path));
      Message add_match =
          driver_call("AddMatch", other_rule(static_cast<unsigned>(held.size() * 7)));
      connection.call(add_match);
    }
  };
  const std::size_t before = target.small ? 50 : 200;
  const std::size_t counted = target.small ? 200 : 2000;
  hold(before);
  const std::uint64_t began_kib = hub.pss_kib();
  hold(counted);
  const double grown_kib = static_cast<double>(hub.pss_kib()) - static_cast<double>(began_kib);
  return {{"kib", grown_kib / static_cast<double>(counted)}};
}

/// A load that does the same every few milliseconds, whatever the hub: a bus at work, not a race.
Background every_ms(unsigned period_ms, Background::Step step) {
  return Background(Background::Rank::equal, [period_ms, step = std::move(step)] {
    const std::uint64_t messages = step();
    usleep(period_ms * 1000);
    return messages;
  });
}

/// A client that comes, does what clients do first, and goes.
std::uint64_t visit(const std::string& socket_path, unsigned i) {
  Connection connection = Connection::to_bus(socket_path);
  Message add_match = driver_call("AddMatch", other_rule(i));
  Message request = request_name(i % 2 == 0 ? "org.headway.bench.Guest" : "org.headway.bench.B", 4);
  connection.call(add_match);
  connection.call(request);
  return 3;
}

/// One pair that calls one at a time, amid pairs with calls in flight, signals to 20 subscribers,
/// bodies of 1 MiB, and clients that come and go; all of it at a pace that every hub can keep.
Figures play_mixed(const Target& target, Hub& hub) {
  const auto pairs_like = [&](PairLoad::Shape shape) {
    return std::make_shared<PairLoad>(target.socket_path, target.floor, shape);
  };
  PairLoad probe(target.socket_path, target.floor, {});
  const auto pairs = pairs_like({.pairs = 8, .window = 2, .first = 1});
  const auto large = pairs_like({.first = 9, .body_bytes = 1 << 20});
  const auto fan = std::make_shared<FanLoad>(target.socket_path, target.floor, 20, 6);
  const MemoryWatch memory(hub, target.rest_ms);
  Meter meter(hub);
  meter.start();
  Background calling = every_ms(2, [pairs] { return 2 * pairs->run(32); });
  Background storing = every_ms(20, [large] { return 2 * large->run(1); });
  Background publishing = every_ms(2, [fan] { return fan->run(1); });
  std::optional<Background> visiting;
  if (!target.floor) {
    visiting.emplace(Background::Rank::equal, [path = target.socket_path, i = 0U]() mutable {
      const std::uint64_t messages = visit(path, i++);
      usleep(5000);
      return messages;
    });
  }
  const std::vector<RoundTrip> trips = round_trips(probe, target.small ? 50 * kMs : 2000 * kMs);
  std::uint64_t messages = calling.stop() + storing.stop() + publishing.stop() + 2 * trips.size();
  if (visiting) messages += visiting->stop();
  meter.stop();
  return memory.add_to({{"p50_us", percentile_us(trips, 0.5)},
                        {"p99_us", percentile_us(trips, 0.99)},
                        {"p999_us", percentile_us(trips, 0.999)},
                        {"cpu_us", cost_us(meter, messages)}});
}

/// Writes signals that nobody wants as fast as the hub takes them, so that no hub has to keep them.
class Flood {
 public:
  explicit Flood(const Target& target)
      : connection_(target.floor ? Connection::to_floor(target.socket_path, 'P', kFloodGroup)
                                 : Connection::to_bus(target.socket_path)) {
    constexpr unsigned rounds = 20;
    for (unsigned i = 0; i < rounds; ++i) {
      for (const Message& message : signals(i)) bytes_ += message.bytes, ++messages_;
    }
  }

  std::uint64_t step() {
    std::string_view left = bytes_;
    while (!left.empty()) {
      const ssize_t sent = send(connection_.fd(), left.data(), left.size(), MSG_NOSIGNAL);
      if (sent < 0) throw std::runtime_error("the hub does not read from a client that floods it");
      left.remove_prefix(static_cast<std::size_t>(sent));
    }
    return messages_;
  }

  /// Whether there is something of it that the hub has not read yet.
  [[nodiscard]] bool waits() const {
    int unread = 0;
    return ioctl(connection_.fd(), SIOCOUTQ, &unread) == 0 && unread > 0;
  }

 private:
  Connection connection_;
  std::string bytes_;
  std::uint64_t messages_ = 0;
};

/// A pair's calls while a flood goes on, for that long: how many, and those of them that began
/// while the hub had some of the flood to read. Goes on until there are enough of these.
struct Amid {
  std::vector<RoundTrip> met;
  std::uint64_t calls = 0;
};

Amid calls_amid(const Flood& flood, PairLoad& pair, std::uint64_t wall_ns, std::size_t met_min) {
  Amid seen;
  const std::uint64_t began_ns = now_ns();
  for (std::uint64_t now = began_ns; now < began_ns + wall_ns || seen.met.size() < met_min;) {
    if (now > began_ns + kFloodPatienceNs) {
      throw std::runtime_error("the flood found no core to run on: leave the machine alone");
    }
    const bool meets = flood.waits();
    const RoundTrip trip = round_trip(pair);
    if (meets) seen.met.push_back(trip);
    ++seen.calls;
    now = trip.ended_ns;
  }
  return seen;
}

/// What a well-behaved pair sees of a client that floods the bus.
Figures play_flood(const Target& target, Hub& hub) {
  const std::uint64_t phase_ns = target.small ? 30 * kMs : 1000 * kMs;
  const std::size_t met_min = target.small ? 20 : 500;
  PairLoad victim(target.socket_path, target.floor, {});
  const auto flood = std::make_shared<Flood>(target);
  const MemoryWatch memory(hub, target.rest_ms);
  round_trips(victim, phase_ns / 10);
  const std::vector<RoundTrip> quiet = round_trips(victim, phase_ns);
  Meter meter(hub);
  meter.start();
  // A smoke test must find its flood however busy the machine is.
  const auto rank = target.small ? Background::Rank::equal : Background::Rank::last;
  Background flooding(rank, [flood] { return flood->step(); });
  const Amid amid = calls_amid(*flood, victim, phase_ns, met_min);
  const std::uint64_t signals = flooding.stop();
  meter.stop();
  return memory.add_to({{"p50_us", percentile_us(amid.met, 0.5)},
                        {"p99_us", percentile_us(amid.met, 0.99)},
                        {"p999_us", percentile_us(amid.met, 0.999)},
                        {"quiet_p99_us", percentile_us(quiet, 0.99)},
                        {"met_percent", 100 * static_cast<double>(amid.met.size()) /
                                            static_cast<double>(amid.calls)},
                        {"flood_per_ms", static_cast<double>(signals) / ms(meter.wall_ns())},
                        {"cpu_us", cost_us(meter, signals + 2 * amid.calls)}});
}

/// The longest call of a pair while the hub reads its configuration anew, and the longest between.
Figures play_reload(const Target& target, Hub& hub) {
  const unsigned reloads = target.small ? 2 : 10;
  constexpr useconds_t rest_us = 50'000;
  auto pair = std::make_shared<PairLoad>(target.socket_path, target.floor, PairLoad::Shape{});
  Connection control = Connection::to_bus(target.socket_path);
  Message reload = driver_call("ReloadConfig");
  const MemoryWatch memory(hub, target.rest_ms);
  std::vector<RoundTrip> trips;  // of the thread until it has been stopped
  std::vector<RoundTrip> reloading;
  Background calling(Background::Rank::equal, [&trips, pair] {
    trips.push_back(round_trip(*pair));
    return 2;
  });
  for (unsigned i = 0; i < reloads; ++i) {
    usleep(rest_us);
    const std::uint64_t began_ns = now_ns();
    control.call(reload);
    reloading.push_back({.began_ns = began_ns, .ended_ns = now_ns()});
  }
  usleep(rest_us);
  calling.stop();
  std::uint64_t stall_ns = 0;
  std::uint64_t between_ns = 0;
  for (const RoundTrip& trip : trips) {
    const bool during = std::ranges::any_of(reloading, [&](const RoundTrip& other) {
      return trip.began_ns < other.ended_ns && other.began_ns < trip.ended_ns;
    });
    std::uint64_t& longest = during ? stall_ns : between_ns;
    longest = std::max(longest, trip.took_ns());
  }
  return memory.add_to({{"stall_ms", ms(stall_ns)},
                        {"between_ms", ms(between_ns)},
                        {"reload_ms", percentile_us(reloading, 0.5) / 1e3}});
}

/// From the moment the hub is let go until it has answered a client's Hello.
Figures play_start(const Target& target, Hub& hub) {
  constexpr std::uint64_t patience_ns = 10'000 * kMs;
  constexpr useconds_t between_tries_us = 200;
  hub.find_processes();
  const std::uint64_t shell_cpu_ns = hub.cpu_ns();
  const std::uint64_t began_ns = now_ns();
  if (write(target.go_fd, "\n", 1) != 1) throw std::runtime_error("the hub was not waiting");
  for (bool answered = false; !answered;) {
    try {
      Connection::to_bus(target.socket_path);
      answered = true;
    } catch (const std::runtime_error&) {
      if (now_ns() - began_ns > patience_ns) throw;
      usleep(between_tries_us);
    }
  }
  const std::uint64_t took_ns = now_ns() - began_ns;
  hub.find_processes();
  const std::uint64_t cpu_ns = hub.cpu_ns() - shell_cpu_ns;
  return {{"wall_ms", ms(took_ns)},
          {"cpu_ms", ms(cpu_ns)},
          {"pss_kib", static_cast<double>(hub.pss_kib())}};
}

constexpr auto kScenes = std::to_array<Scene>({
    {"memory", false, false, play_memory},
    {"mixed", true, false, play_mixed},
    {"flood", true, false, play_flood},
    {"reload", false, false, play_reload},
    {"start", false, true, play_start},
});

}  // namespace

std::span<const Scene> scenes() { return kScenes; }

}  // namespace bench
