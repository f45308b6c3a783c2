// SPDX-License-Identifier: MIT
// bench-bus --socket=PATH --pid=PID --row=ID [--floor] [--hub-ms=400] [--core=N] [--small]
//           [--n=N] [--go=FD] [--rest-ms=0]
// Runs one row against one hub and prints one line of JSON: what a unit cost the hub. run.py starts
// the hubs and sets the figures beside each other.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>

#include "connection.h"
#include "rows.h"
#include "scenes.h"

namespace {

using bench::Figures;
using bench::Hub;
using bench::Meter;
using bench::Row;
using bench::Scene;
using bench::Target;
using bench::Work;

constexpr double kWallMaxNs = 3e9;

struct Options {
  Target target;
  std::string row;
  int pid = 0;
  int core = 0;
  int hub_ms = 400;
};

std::optional<std::string_view> value_of(std::string_view argument, std::string_view option) {
  if (!argument.starts_with(option)) return std::nullopt;
  return argument.substr(option.size());
}

int number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw std::runtime_error(fmt::format("not a number: {}", text));
  }
  return value;
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (const auto path = value_of(argument, "--socket=")) {
      options.target.socket_path = *path;
    } else if (const auto pid = value_of(argument, "--pid=")) {
      options.pid = number(*pid);
    } else if (const auto row = value_of(argument, "--row=")) {
      options.row = *row;
    } else if (const auto core = value_of(argument, "--core=")) {
      options.core = number(*core);
    } else if (const auto hub_ms = value_of(argument, "--hub-ms=")) {
      options.hub_ms = number(*hub_ms);
    } else if (const auto n = value_of(argument, "--n=")) {
      options.target.n = static_cast<std::uint64_t>(number(*n));
    } else if (const auto go_fd = value_of(argument, "--go=")) {
      options.target.go_fd = number(*go_fd);
    } else if (const auto rest_ms = value_of(argument, "--rest-ms=")) {
      options.target.rest_ms = number(*rest_ms);
    } else if (argument == "--floor") {
      options.target.floor = true;
    } else if (argument == "--small") {
      options.target.small = true;
    } else {
      throw std::runtime_error(fmt::format("unknown argument {}", argument));
    }
  }
  return options;
}

void raise_fd_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// Warms up, doubling the work until the hub has done enough of it to tell how much a full
/// measurement is; then measures once.
Figures measure(const Row& row, const Work& work, const Hub& hub, double hub_ns_wanted,
                int rest_ms) {
  const bench::MemoryWatch memory(hub, rest_ms);
  Meter meter(hub);
  std::uint64_t count = row.opening;
  double units = work(count, meter);
  const auto cpu = [&] { return static_cast<double>(std::max<std::uint64_t>(meter.cpu_ns(), 1)); };
  const auto wall = [&] { return static_cast<double>(meter.wall_ns()); };
  while (cpu() < hub_ns_wanted / 8 && wall() < kWallMaxNs / 8) {
    meter.reset();
    count *= 2;
    units = work(count, meter);
  }
  const double times = std::min(hub_ns_wanted / cpu(), kWallMaxNs / wall());
  count = std::max(row.opening, static_cast<std::uint64_t>(units * times));
  meter.reset();
  units = work(count, meter);
  return memory.add_to({{"units", units},
                        {"cpu_us", cpu() / units / 1e3},
                        {"wall_us", wall() / units / 1e3},
                        {"hub_ms", cpu() / 1e6}});
}

/// Connects once, so that the hub is known to answer, and finds its processes.
void meet(Hub& hub, const Target& target) {
  if (!target.floor) bench::Connection::to_bus(target.socket_path);
  hub.find_processes();
}

void check_floor(const Target& target, bool on_floor) {
  if (target.floor && !on_floor) throw std::runtime_error("means nothing without D-Bus");
}

Figures play(const Scene& scene, const Target& target, Hub& hub) {
  check_floor(target, scene.on_floor);
  if (!scene.before_hub) meet(hub, target);
  return scene.play(target, hub);
}

Figures run_row(const Row& row, const Options& options, Hub& hub) {
  check_floor(options.target, row.on_floor);
  meet(hub, options.target);
  if (row.pinned) hub.pin(options.core);
  return measure(row, row.prepare(options.target), hub, options.hub_ms * 1e6,
                 options.target.rest_ms);
}

Figures run(const Options& options) {
  raise_fd_limit();
  Hub hub(options.pid);
  const auto scenes = bench::scenes();
  const auto scene = std::ranges::find(scenes, std::string_view(options.row), &Scene::id);
  if (scene != scenes.end()) return play(*scene, options.target, hub);
  const auto rows = bench::rows();
  const auto row = std::ranges::find(rows, std::string_view(options.row), &Row::id);
  if (row == rows.end()) throw std::runtime_error("no such row");
  return run_row(*row, options, hub);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = parse(argc, argv);
    const Figures figures = run(options);
    fmt::print("{{\"row\": \"{}\"", options.row);
    for (const auto& [name, value] : figures) fmt::print(", \"{}\": {:.4f}", name, value);
    fmt::print("}}\n");
    return 0;
  } catch (const std::exception& error) {
    std::string text = bench::readable(error.what());
    std::ranges::replace(text, '"', '\'');
    std::ranges::replace(text, '\\', '/');
    fmt::print("{{\"error\": \"{}\"}}\n", text);
    return 1;
  }
}
