// SPDX-License-Identifier: MIT
// bench-bus --socket=PATH --pid=PID --row=ID [--floor] [--hub-ms=400] [--core=N] [--small]
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

namespace {

using bench::Hub;
using bench::Meter;
using bench::Row;
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
void measure(const Row& row, const Work& work, const Hub& hub, double hub_ns_wanted) {
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
  fmt::print(
      "{{\"row\": \"{}\", \"units\": {:.0f}, \"cpu_us\": {:.4f}, \"wall_us\": {:.4f}, "
      "\"hub_ms\": {:.1f}}}\n",
      row.id, units, cpu() / units / 1e3, wall() / units / 1e3, cpu() / 1e6);
}

void run(const Options& options) {
  raise_fd_limit();
  Hub hub(options.pid);
  if (!options.target.floor) bench::Connection::to_bus(options.target.socket_path);  // it answers
  hub.find_processes();
  if (options.row == "memory") {
    fmt::print("{{\"row\": \"memory\", \"kib\": {:.2f}}}\n",
               bench::memory_per_connection_kib(options.target, hub));
    return;
  }
  const auto rows = bench::rows();
  const auto row = std::ranges::find(rows, std::string_view(options.row), &Row::id);
  if (row == rows.end()) throw std::runtime_error("no such row");
  if (options.target.floor && !row->on_floor)
    throw std::runtime_error("means nothing without D-Bus");
  if (row->pinned) hub.pin(options.core);
  const Work work = row->prepare(options.target);
  measure(*row, work, hub, options.hub_ms * 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(parse(argc, argv));
    return 0;
  } catch (const std::exception& error) {
    std::string text = bench::readable(error.what());
    std::ranges::replace(text, '"', '\'');
    std::ranges::replace(text, '\\', '/');
    fmt::print("{{\"error\": \"{}\"}}\n", text);
    return 1;
  }
}
