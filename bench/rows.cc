// SPDX-License-Identifier: MIT
#include "rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>
#include <vector>

#include "connection.h"
#include "load.h"
#include "message.h"

namespace bench {
namespace {

constexpr double kMiB = 1024.0 * 1024.0;

/// Counts a call and its reply as two messages relayed.
Work work_of_pairs(PairLoad::Shape shape, const Target& target) {
  auto load = std::make_shared<PairLoad>(target.socket_path, target.floor, shape);
  return [load](std::uint64_t count, Meter& meter) {
    meter.start();
    const std::uint64_t made = load->run((count + 1) / 2);
    meter.stop();
    return static_cast<double>(2 * made);
  };
}

template <unsigned pairs, unsigned window, bool with_fd = false>
Work prepare_pairs(const Target& target) {
  return work_of_pairs({.pairs = pairs, .window = window, .with_fd = with_fd}, target);
}

/// Every pair on a thread of its own, as programs are: each message wakes somebody up.
template <unsigned pairs>
Work prepare_threads(const Target& target) {
  auto loads = std::make_shared<std::vector<std::unique_ptr<PairLoad>>>();
  for (unsigned i = 0; i < pairs; ++i) {
    const PairLoad::Shape shape{.first = i};
    loads->push_back(std::make_unique<PairLoad>(target.socket_path, target.floor, shape));
  }
  return [loads](std::uint64_t count, Meter& meter) {
    std::vector<std::future<std::uint64_t>> parts;
    const std::uint64_t calls = (count + 1) / 2 / pairs + 1;
    std::uint64_t made = 0;
    meter.start();
    for (const auto& load : *loads) {
      parts.push_back(std::async(std::launch::async, [&, calls] { return load->run(calls); }));
    }
    for (auto& part : parts) made += part.get();
    meter.stop();
    return static_cast<double>(2 * made);
  };
}

Work prepare_large(const Target& target) {
  const PairLoad::Shape shape{.window = 4, .body_bytes = 1 << 20};
  auto load = std::make_shared<PairLoad>(target.socket_path, target.floor, shape);
  return [load](std::uint64_t count, Meter& meter) {
    const std::uint64_t before = load->bytes_sent();
    meter.start();
    load->run(count);
    meter.stop();
    return static_cast<double>(load->bytes_sent() - before) / kMiB;
  };
}

Work work_of(std::shared_ptr<FanLoad> load) {
  return [load = std::move(load)](std::uint64_t count, Meter& meter) {
    meter.start();
    const std::uint64_t delivered = load->run(count);
    meter.stop();
    return static_cast<double>(delivered);
  };
}

template <unsigned subscribers, unsigned burst>
Work prepare_fan(const Target& target) {
  return work_of(std::make_shared<FanLoad>(target.socket_path, target.floor, subscribers, burst));
}

template <unsigned others>
Work prepare_crowd(const Target& target) {
  constexpr unsigned burst = 16;
  const FanLoad::Crowd crowd{.others = target.small ? others / 10 : others};
  return work_of(std::make_shared<FanLoad>(target.socket_path, crowd, burst));
}

/// Clients that all watch the same names, and somebody who takes and drops these.
template <unsigned clients>
Work prepare_watchers(const Target& target) {
  constexpr unsigned burst = 4;
  const FanLoad::Watchers watchers{.clients = target.small ? clients / 10 : clients};
  return work_of(std::make_shared<FanLoad>(target.socket_path, watchers, burst));
}

/// Rules of mixed shapes, 1,000 to a connection; a new connection starts the next thousand.
Work prepare_add_match(const Target& target) {
  std::vector<Message> messages;
  for (unsigned i = 0; i < 1000; ++i) messages.push_back(driver_call("AddMatch", other_rule(i)));
  auto shared = std::make_shared<std::vector<Message>>(std::move(messages));
  return [shared, path = target.socket_path](std::uint64_t count, Meter& meter) {
    std::uint64_t done = 0;
    while (done < count) {
      Connection connection = Connection::to_bus(path);
      meter.start();
      for (Message& message : *shared) connection.call(message);
      meter.stop();
      done += shared->size();
    }
    return static_cast<double>(done);
  };
}

/// Half of the clients open as sd-bus does and half as libdbus does.
Work prepare_connect(const Target& target) {
  return [path = target.socket_path](std::uint64_t count, Meter& meter) {
    using Opening = Connection::Opening;
    meter.start();
    for (std::uint64_t i = 0; i < count; ++i) {
      Connection::to_bus(path, i % 2 == 0 ? Opening::at_once : Opening::line_by_line);
    }
    meter.stop();
    return static_cast<double>(count);
  };
}

/// RequestName and ReleaseName in turn, over 64 names; each counts as one.
Work prepare_names(const Target& target) {
  struct State {
    Connection connection;
    std::vector<Message> messages;
    std::size_t next = 0;
  };
  auto state = std::make_shared<State>(State{Connection::to_bus(target.socket_path), {}});
  for (unsigned i = 0; i < 64; ++i) {
    const std::string name = fmt::format("org.headway.bench.{}.Name{}", i % 3 ? "a" : "b.c", i * 7);
    state->messages.push_back(request_name(name, i % 8));
    state->messages.push_back(driver_call("ReleaseName", name));
  }
  return [state](std::uint64_t count, Meter& meter) {
    meter.start();
    for (std::uint64_t i = 0; i < count; ++i) {
      state->connection.call(state->messages[state->next]);
      state->next = (state->next + 1) % state->messages.size();
    }
    meter.stop();
    return static_cast<double>(count);
  };
}

// The curves: each row is a point, whose place is target.n.

unsigned n_of(const Target& target) { return static_cast<unsigned>(target.n); }

Work prepare_peers(const Target& target) {
  return work_of_pairs({.pairs = std::max(n_of(target) / 2, 1U)}, target);
}

Work prepare_owned(const Target& target) {
  return work_of_pairs({.pairs = 2, .window = 8, .names = n_of(target)}, target);
}

/// As many in flight as make a MiB, but no more than 16.
Work prepare_sizes(const Target& target) {
  const unsigned window = std::clamp((1U << 20) / n_of(target), 1U, 16U);
  return work_of_pairs({.window = window, .body_bytes = target.n}, target);
}

Work prepare_subscribers(const Target& target) {
  constexpr unsigned burst = 6;
  return work_of(std::make_shared<FanLoad>(target.socket_path, target.floor, n_of(target), burst));
}

Work prepare_rules(const Target& target) {
  constexpr unsigned burst = 16;
  const FanLoad::Crowd crowd{.others = n_of(target)};
  return work_of(std::make_shared<FanLoad>(target.socket_path, crowd, burst));
}

constexpr auto kRows = std::to_array<Row>({
    {"ping", true, true, 1000, prepare_pairs<1, 1>},
    {"ping-unpinned", false, true, 1000, prepare_pairs<1, 1>},
    {"pipeline", true, true, 10000, prepare_pairs<1, 64>},
    {"pipeline-unpinned", false, true, 10000, prepare_pairs<1, 64>},
    {"pipeline-policy", true, true, 10000, prepare_pairs<1, 64>},
    {"pairs-16", true, true, 10000, prepare_pairs<16, 16>},
    {"pairs-16-unpinned", false, true, 10000, prepare_pairs<16, 16>},
    {"pairs-200", true, true, 4000, prepare_threads<200>},
    {"fan-10", true, true, 10000, prepare_fan<10, 12>},
    {"fan-500", true, true, 20000, prepare_fan<500, 6>},
    {"large", true, true, 20, prepare_large},
    {"watchers", true, false, 4000, prepare_watchers<1000>},
    {"signal", true, false, 500, prepare_crowd<0>},
    {"signal-20000", true, false, 100, prepare_crowd<20000>},
    {"add-match", true, false, 1000, prepare_add_match},
    {"connect", true, false, 500, prepare_connect},
    {"names", true, false, 1000, prepare_names},
    {"fd", true, false, 1000, prepare_pairs<1, 1, true>},
    {"curve-peers", true, true, 1000, prepare_peers},
    {"curve-rules", true, false, 100, prepare_rules},
    {"curve-names", true, false, 1000, prepare_owned},
    {"curve-size", true, true, 8, prepare_sizes},
    {"curve-subscribers", true, true, 6000, prepare_subscribers},
    {"curve-policy", true, true, 10000, prepare_pairs<1, 64>},
});

}  // namespace

std::span<const Row> rows() { return kRows; }

}  // namespace bench
