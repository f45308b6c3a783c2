// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <string_view>

#include "world.h"

namespace {

constexpr std::string_view usage =
    "sim [--seed N] [--worlds N] [--events N] [--plant FAULT]\n"
    "Lives through worlds seeded N, N+1, ... and stops at the first in which the bus does wrong.\n"
    "FAULT is planted between the bus and its peers, to see it found: drop, duplicate, "
    "misdeliver,\n"
    "reorder, forge-sender, keep-peer. Then the exit status is 0 if it was found.\n";

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t worlds = 1000;
  std::uint64_t events = 400;
  headway::sim::Plant plant = headway::sim::Plant::none;
};

bool read_number(const char* text, std::uint64_t& number) {
  const std::string_view view(text);
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), number);
  return error == std::errc{} && end == view.data() + view.size();
}

bool read(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name(argv[i]);
    if (i + 1 == argc) return false;
    if (name == "--plant") {
      const auto plant = headway::sim::plant_named(argv[i + 1]);
      if (!plant) return false;
      options.plant = *plant;
    } else if (name == "--seed") {
      if (!read_number(argv[i + 1], options.seed)) return false;
    } else if (name == "--worlds") {
      if (!read_number(argv[i + 1], options.worlds)) return false;
    } else if (name == "--events") {
      if (!read_number(argv[i + 1], options.events)) return false;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read(argc, argv, options)) {
    std::fputs(usage.data(), stderr);
    return 2;
  }
  const bool planted = options.plant != headway::sim::Plant::none;
  for (std::uint64_t world = 0; world < options.worlds; ++world) {
    const std::uint64_t seed = options.seed + world;
    const auto failure = headway::sim::World(seed, options.plant).live(options.events);
    if (!failure) continue;
    fmt::print("{} in world {} (sim --seed {} --worlds 1 --events {}):\n{}\n",
               planted ? "The planted fault was found" : "The bus did wrong", seed, seed,
               options.events, *failure);
    return planted ? 0 : 1;
  }
  fmt::print("{} worlds of {} events from seed {}: {}\n", options.worlds, options.events,
             options.seed, planted ? "the planted fault was NOT found" : "all well");
  return planted ? 1 : 0;
}
