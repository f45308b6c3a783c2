// SPDX-License-Identifier: MIT
// bench-lsm: what a security module adds to one delivery, where the kernel need not be asked. A
// call and its reply take two such checks; a round trip through the bus takes some 20 us.
#include <benchmark/benchmark.h>

#include "lsm/lsm_testing.h"
#include "lsm/modules.h"

namespace {

using namespace headway;
using namespace headway::lsm;
using lsm::testing::BuiltMessage;

/// One check by `modules`, with labels as long as those of a real policy.
void check(benchmark::State& state, Modules& modules, const std::string& label) {
  const broker::Credentials sender = lsm::testing::credentials(label, 1);
  const broker::Credentials receiver = lsm::testing::credentials(label + "1", 2);
  const BuiltMessage message(lsm::testing::call_fields());
  for (auto _ : state) {
    benchmark::DoNotOptimize(modules.may_send({.message = message.get(),
                                               .sender = sender,
                                               .sender_name = ":1.1",
                                               .receiver = &receiver}));
  }
}

/// A pair of contexts that was seen before, among `range(0)` others. Budget: 100 ns.
void BM_SelinuxKnownPair(benchmark::State& state) {
  const std::string label = "system_u:system_r:NetworkManager_t:s0-s0:c0.c1023";
  auto kernel = std::make_unique<lsm::testing::FakeSelinux>();
  kernel->rules[{label, label + "1"}].allowed = 1;
  for (int i = 0; i < state.range(0); ++i) {
    kernel->rules[{label, label + "1" + std::to_string(i)}].allowed = 1;
  }
  lsm::testing::RecordingSink sink;
  Modules modules({std::move(kernel), nullptr}, {}, sink);
  const BuiltMessage message(lsm::testing::call_fields());
  const broker::Credentials sender = lsm::testing::credentials(label, 1);
  for (int i = 0; i < state.range(0); ++i) {
    const auto other = lsm::testing::credentials(label + "1" + std::to_string(i), 2);
    benchmark::DoNotOptimize(modules.may_send(
        {.message = message.get(), .sender = sender, .sender_name = ":1.1", .receiver = &other}));
  }
  check(state, modules, label);
}
BENCHMARK(BM_SelinuxKnownPair)->Arg(0)->Arg(1000);

/// Neither side is confined. Budget: 30 ns.
void BM_ApparmorUnconfined(benchmark::State& state) {
  lsm::testing::RecordingSink sink;
  Modules modules({nullptr, std::make_unique<lsm::testing::FakeApparmor>()}, {}, sink);
  const broker::Credentials peer = lsm::testing::credentials("unconfined", 1);
  const BuiltMessage message(lsm::testing::call_fields());
  for (auto _ : state) {
    benchmark::DoNotOptimize(modules.may_send(
        {.message = message.get(), .sender = peer, .sender_name = ":1.1", .receiver = &peer}));
  }
}
BENCHMARK(BM_ApparmorUnconfined);

}  // namespace

BENCHMARK_MAIN();
