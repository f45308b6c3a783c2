// SPDX-License-Identifier: MIT
// bench-match: what match rules cost. One signal amid 20,000 rules that do not match may cost the
// bus 2 us more than without them, and an AddMatch 4 us in all.
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <vector>

#include "broker/matches.h"

namespace {

using namespace headway;
using namespace headway::broker;
using wire::MatchRule;
using Kind = MatchRule::ArgumentKind;

PeerId peer(std::uint32_t slot) { return {.slot = slot, .generation = 1}; }

/// Rule number `i` in one of five shapes that clients use. Each names something of its own and
/// otherwise what the signal below says, so that no probe is saved.
MatchRule rule(std::uint32_t i) {
  const std::string number = std::to_string(i);
  MatchRule rule{.type = wire::MessageType::signal};
  switch (i % 5) {
    case 0:
      rule.sender = ":1.7";
      rule.interface = "org.example.Interface";
      rule.member = "Changed";
      rule.path = "/org/example/object" + number;
      break;
    case 1:
      rule.interface = "org.example.Interface";
      rule.member = "Changed";
      rule.arguments = {{0, Kind::text, "org.example.name" + number}};
      break;
    case 2:
      rule.sender = "org.example.owner" + number;
      rule.path_namespace = "/org/example";
      break;
    case 3:
      rule.interface = "org.example.Interface";
      rule.path = "/org/example/object/7";
      rule.arguments = {{0, Kind::path, "/org/example/" + number + "/"}};
      break;
    default:
      rule.member = "Changed";
      rule.path_namespace = "/org/example/object";
      rule.arguments = {{0, Kind::name_space, "org.other" + number}};
  }
  return rule;
}

void fill(MatchTable& table, std::uint32_t rules) {
  for (std::uint32_t i = 0; i < rules; ++i) table.add(peer(i % 1000), rule(i));
}

struct Sent {
  wire::Message message;
  std::array<std::string_view, 2> sender_names = {":1.7", "org.example.sender"};
  std::vector<std::uint8_t> body;

  Sent() {
    message.type = wire::MessageType::signal;
    message.interface = "org.example.Interface";
    message.member = "Changed";
    message.path = "/org/example/object/7";
    message.signature = "s";
    wire::BodyWriter(body).string("org.example.changed.property");
  }
};

void find(benchmark::State& state, const MatchTable& table, std::size_t expected) {
  const Sent sent;
  std::vector<PeerId> found;
  for (auto _ : state) {
    found.clear();
    wire::Arguments arguments(sent.message.order, sent.message.signature, sent.body);
    table.find({sent.message, sent.sender_names, {}, arguments}, found);
    benchmark::DoNotOptimize(found.data());
  }
  if (found.size() != expected) state.SkipWithError("wrong number of matches");
}

/// Budget: 1.5 us amid 20,000 rules, and no more amid 100,000.
void BM_FindNone(benchmark::State& state) {
  MatchTable table;
  fill(table, static_cast<std::uint32_t>(state.range(0)));
  find(state, table, 0);
}
BENCHMARK(BM_FindNone)->Arg(5)->Arg(20'000)->Arg(100'000);

/// Subscribers with one rule each, amid 20,000 rules of others. Budget: 5 ns each, beyond 1.5 us.
void BM_FindSubscribers(benchmark::State& state) {
  MatchTable table;
  fill(table, 20'000);
  const auto subscribers = static_cast<std::uint32_t>(state.range(0));
  for (std::uint32_t i = 0; i < subscribers; ++i) {
    table.add(peer(i), {.type = wire::MessageType::signal, .member = "Changed"});
  }
  find(state, table, subscribers);
}
BENCHMARK(BM_FindSubscribers)->Arg(10)->Arg(500);

/// A rule nobody else has comes and goes. Budget: 1.5 us.
void BM_AddAndRemove(benchmark::State& state) {
  MatchTable table;
  fill(table, static_cast<std::uint32_t>(state.range(0)));
  const MatchRule added = rule(1'000'000);
  for (auto _ : state) {
    table.add(peer(5), added);
    benchmark::DoNotOptimize(table.remove(peer(5), added));
  }
}
BENCHMARK(BM_AddAndRemove)->Arg(0)->Arg(20'000)->Arg(100'000);

/// A peer with 50,000 rules that all say the same, amid as many peers that say it too, removes the
/// latest. Budget: 1.5 us.
void BM_AddAndRemoveCommonRule(benchmark::State& state) {
  MatchTable table;
  for (std::uint32_t i = 0; i < 50'000; ++i) {
    table.add(peer(1), rule(0));
    table.add(peer(i), rule(0));
  }
  for (auto _ : state) {
    table.add(peer(1), rule(0));
    benchmark::DoNotOptimize(table.remove(peer(1), rule(0)));
  }
}
BENCHMARK(BM_AddAndRemoveCommonRule);

/// A peer with many rules goes. Budget: 1 us a rule.
void BM_RemoveAll(benchmark::State& state) {
  MatchTable table;
  fill(table, 20'000);
  const auto rules = static_cast<std::uint32_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    for (std::uint32_t i = 0; i < rules; ++i) table.add(peer(5'000), rule(i));
    state.ResumeTiming();
    table.remove_all(peer(5'000));
  }
  state.SetItemsProcessed(state.iterations() * rules);
}
BENCHMARK(BM_RemoveAll)->Arg(10)->Arg(50'000);

}  // namespace

BENCHMARK_MAIN();
