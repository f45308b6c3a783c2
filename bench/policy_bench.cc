// SPDX-License-Identifier: MIT
// bench-policy: what one check costs. Each message takes two, and loading 300 services' policy may
// make no row of the side-by-side benchmark more than 5 % dearer.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "broker/policy.h"
#include "broker/policy_testing.h"

namespace {

using namespace headway;
using namespace headway::broker;
using broker::testing::Section;
using Context = PolicySection::Context;

const std::string bus = "org.freedesktop.DBus";

std::string service(int number) { return "org.example.Service" + std::to_string(number); }

/// What a package with a system service installs: six rules.
void add_service(std::vector<Section>& sections, int number) {
  const std::string name = service(number);
  const std::string to = "send_destination=" + name + " send_interface=";
  sections.push_back({Context::user, 0, {"allow own=" + name, "allow send_destination=" + name}});
  sections.push_back({Context::defaults,
                      0,
                      {"allow " + to + name, "allow " + to + bus + ".Properties",
                       "deny " + to + name + " send_member=Forbidden",
                       number % 5 == 0 ? "allow send_interface=" + name + ".Agent"
                                       : "allow " + to + bus + ".Introspectable"}});
}

/// system.conf with `services` of them: POL-057.
PolicyRules system_policy(int services) {
  const std::string to_bus = "allow send_destination=" + bus + " send_interface=" + bus;
  std::vector<Section> sections = {
      {Context::defaults,
       0,
       {"allow user=*", "deny own=*", "deny send_type=method_call", "allow send_type=signal",
        "allow send_requested_reply=true send_type=method_return",
        "allow send_requested_reply=true send_type=error", "allow receive_type=method_call",
        "allow receive_type=method_return", "allow receive_type=error", "allow receive_type=signal",
        to_bus, to_bus + ".Introspectable", to_bus + ".Properties"}}};
  for (int i = 0; i < services; ++i) add_service(sections, i);
  return broker::testing::rules(sections);
}

/// One service with a rule per member, as org.freedesktop.login1 and systemd have.
PolicyRules many_members() {
  std::vector<Section> sections = {{Context::defaults, 0, {"deny send_type=method_call"}}};
  for (int i = 0; i < 100; ++i) {
    sections[0].rules.push_back("allow send_destination=" + service(7) + " send_interface=" +
                                service(7) + " send_member=Member" + std::to_string(i));
  }
  return broker::testing::rules(sections);
}

wire::Message call(const std::string& interface, const char* member) {
  wire::Message message;
  message.path = "/org/example/object";
  message.interface = interface;
  message.member = member;
  message.destination = ":1.42";
  return message;
}

void check_send(benchmark::State& state, PolicyRules rules, const wire::Message& message,
                const std::string& receiver, bool expected) {
  Policy policy(std::move(rules));
  const auto set = policy.for_identity(broker::testing::somebody);
  std::vector<PolicyKey> keys;
  policy.keys_of(receiver, keys);
  const Delivery delivery{.message = message, .requested_reply = true};

  if (set->may_send(delivery, keys).allowed != expected) state.SkipWithError("wrong verdict");
  for (auto _ : state) benchmark::DoNotOptimize(set->may_send(delivery, keys));
}

/// A call to a service that lets everybody use its interface; none, or 300 services' 1,800 rules.
/// Budget: 20 ns on a machine of its own (measured 9 and 29 of CPU time on a shared one).
void BM_CallToService(benchmark::State& state) {
  const std::string name = service(7);
  const wire::Message message = call(name, "Member");
  check_send(state, system_policy(static_cast<int>(state.range(0))), message, name,
             state.range(0) != 0);
}
BENCHMARK(BM_CallToService)->Arg(0)->Arg(300);

/// A call to the bus itself. Budget: 20 ns.
void BM_CallToBus(benchmark::State& state) {
  const wire::Message message = call(bus, "GetNameOwner");
  check_send(state, system_policy(static_cast<int>(state.range(0))), message, bus, true);
}
BENCHMARK(BM_CallToBus)->Arg(0)->Arg(300);

/// A requested reply to a client without names: no interface, no member. Budget: 10 ns.
void BM_Reply(benchmark::State& state) {
  wire::Message message;
  message.type = wire::MessageType::method_return;
  message.reply_serial = 9;
  check_send(state, system_policy(300), message, ":1.7", true);
}
BENCHMARK(BM_Reply);

/// A call to a service with a rule for each of 100 members. Budget: 30 ns.
void BM_CallToServiceWithManyMembers(benchmark::State& state) {
  const std::string name = service(7);
  const wire::Message message = call(name, "Member31");
  check_send(state, many_members(), message, name, true);
}
BENCHMARK(BM_CallToServiceWithManyMembers);

/// The session bus: one rule. Budget: 5 ns.
void BM_SessionCall(benchmark::State& state) {
  const std::string name = service(7);
  const wire::Message message = call(name, "Member");
  check_send(state, broker::testing::defaults({"allow send_destination=* eavesdrop=true"}), message,
             name, true);
}
BENCHMARK(BM_SessionCall);

/// The receiver's side of a call. Budget: 5 ns.
void BM_Receive(benchmark::State& state) {
  Policy policy(system_policy(300));
  const auto set = policy.for_identity(broker::testing::somebody);
  const std::string name = service(7);
  const wire::Message message = call(name, "Member");
  const Delivery delivery{.message = message};
  for (auto _ : state) benchmark::DoNotOptimize(set->may_receive(delivery, {}));
}
BENCHMARK(BM_Receive);

/// Compiling the set of one more kind of user, as the first of them connects. Budget: 1 ms.
void BM_CompileSet(benchmark::State& state) {
  const PolicyRules rules = system_policy(300);
  for (auto _ : state) {
    state.PauseTiming();
    Policy policy(rules);
    state.ResumeTiming();
    benchmark::DoNotOptimize(policy.for_identity(broker::testing::somebody));
  }
}
BENCHMARK(BM_CompileSet);

/// Every later one gets the same set. Budget: 200 ns.
void BM_FindSet(benchmark::State& state) {
  Policy policy(system_policy(300));
  const Identity who{.uid = 1000, .groups = {4, 20, 24, 25, 27, 29, 44, 46, 1000}};
  for (auto _ : state) benchmark::DoNotOptimize(policy.for_identity(who));
}
BENCHMARK(BM_FindSet);

/// What a name means to policy, found out when it is acquired. Budget: 200 ns.
void BM_KeysOfName(benchmark::State& state) {
  const Policy policy(system_policy(300));
  const std::string name = service(7);
  std::vector<PolicyKey> keys;
  for (auto _ : state) {
    keys.clear();
    policy.keys_of(name, keys);
    benchmark::DoNotOptimize(keys.data());
  }
}
BENCHMARK(BM_KeysOfName);

}  // namespace

BENCHMARK_MAIN();
