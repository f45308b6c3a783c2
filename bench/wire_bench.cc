// SPDX-License-Identifier: MIT
// bench-wire: what reading and stamping one message costs. A pipelined call through the bus has a
// budget of 165 ns in all, three times the floor; the codec may take half of that.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "wire/body.h"
#include "wire/build.h"
#include "wire/message.h"
#include "wire/names.h"

namespace {

using namespace headway;
using namespace headway::wire;

std::vector<std::uint8_t> call(std::string_view signature, const std::vector<std::uint8_t>& body,
                               ByteOrder order = native_order) {
  std::vector<std::uint8_t> out;
  build_message({.serial = 7,
                 .path = "/org/headway/bench/sensor7",
                 .interface = "org.headway.bench.Sensor",
                 .member = "SetTarget",
                 .destination = ":1.42",
                 .signature = signature,
                 .order = order},
                body, out);
  return out;
}

std::vector<std::uint8_t> small_body(ByteOrder order = native_order) {
  std::vector<std::uint8_t> body;
  BodyWriter writer(body, order);
  writer.string("hello w");
  writer.uint32(7);
  return body;
}

void parse(benchmark::State& state, const std::vector<std::uint8_t>& message) {
  for (auto _ : state) {
    auto parsed = parse_message(message);
    if (!parsed) return state.SkipWithError(describe(parsed.error()));
    benchmark::DoNotOptimize(parsed->serial);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(message.size()));
}

/// A method call with path, interface, member, destination and 16 bytes of `su`. Budget: 70 ns.
void BM_ParseCall(benchmark::State& state) { parse(state, call("su", small_body())); }
BENCHMARK(BM_ParseCall);

/// The same, in the byte order that is not this machine's. Budget: 85 ns.
void BM_ParseSwappedCall(benchmark::State& state) {
  constexpr ByteOrder swapped =
      native_order == ByteOrder::little ? ByteOrder::big : ByteOrder::little;
  parse(state, call("su", small_body(swapped), swapped));
}
BENCHMARK(BM_ParseSwappedCall);

/// A reply without a body, 40 bytes. Budget: 25 ns.
void BM_ParseReply(benchmark::State& state) {
  std::vector<std::uint8_t> message;
  build_message(
      {.type = MessageType::method_return, .serial = 9, .reply_serial = 7, .destination = ":1.42"},
      {}, message);
  parse(state, message);
}
BENCHMARK(BM_ParseReply);

/// 1 MiB of `ay`, whose bytes are not visited. Budget: as for a small call.
void BM_ParseMebibyte(benchmark::State& state) {
  std::vector<std::uint8_t> body;
  BodyWriter(body).bytes(std::vector<std::uint8_t>(1 << 20, 'x'));
  parse(state, call("ay", body));
}
BENCHMARK(BM_ParseMebibyte);

/// 1 MiB of one string. Budget: 80 us (13 GB/s).
void BM_ParseLongString(benchmark::State& state) {
  std::vector<std::uint8_t> body;
  BodyWriter(body).string(std::string(1 << 20, 'x'));
  parse(state, call("s", body));
}
BENCHMARK(BM_ParseLongString);

/// PropertiesChanged with 16 properties of type string and number. Budget: 45 ns a property.
void BM_ParseProperties(benchmark::State& state) {
  std::vector<std::uint8_t> body;
  BodyWriter writer(body);
  writer.string("org.headway.bench.Sensor");
  const BodyWriter::Array dict = writer.open_array('{');
  for (int i = 0; i < 16; ++i) {
    writer.begin_struct();
    writer.string("SomeProperty");
    writer.signature(i % 2 == 0 ? "s" : "u");
    if (i % 2 == 0) writer.string("some value of it");
    if (i % 2 != 0) writer.uint32(42);
  }
  writer.close_array(dict);
  writer.close_array(writer.open_array('s'));
  parse(state, call("sa{sv}as", body));
}
BENCHMARK(BM_ParseProperties);

void stamp(benchmark::State& state, const std::vector<std::uint8_t>& bytes) {
  const auto message = parse_message(bytes);
  if (!message) return state.SkipWithError(describe(message.error()));
  const SenderField sender(":1.4711");
  std::vector<std::uint8_t> head;
  for (auto _ : state) {
    benchmark::DoNotOptimize(stamp_header(*message, sender, head));
    benchmark::ClobberMemory();
  }
}

/// The header as it is forwarded. Budget: 15 ns.
void BM_Stamp(benchmark::State& state) { stamp(state, call("su", small_body())); }
BENCHMARK(BM_Stamp);

/// The same when the client wrote a SENDER of its own. Budget: 160 ns; few clients do.
void BM_StampFiltered(benchmark::State& state) {
  std::vector<std::uint8_t> message;
  build_message({.serial = 7,
                 .path = "/org/headway/bench/sensor7",
                 .interface = "org.headway.bench.Sensor",
                 .member = "SetTarget",
                 .destination = ":1.42",
                 .sender = ":1.43"},
                {}, message);
  stamp(state, message);
}
BENCHMARK(BM_StampFiltered);

/// Three arguments for match rules. Budget: 25 ns.
void BM_Arguments(benchmark::State& state) {
  std::vector<std::uint8_t> body;
  BodyWriter writer(body);
  writer.string("org.headway.Name");
  writer.string("");
  writer.string(":1.42");
  for (auto _ : state) {
    Arguments arguments(native_order, "sss", body);
    benchmark::DoNotOptimize(arguments.at(2).value.data());
  }
}
BENCHMARK(BM_Arguments);

/// An interface name of 24 bytes. Budget: 8 ns.
void BM_InterfaceName(benchmark::State& state) {
  const std::string name = "org.headway.bench.Sensor";
  for (auto _ : state) benchmark::DoNotOptimize(is_interface_name(name));
}
BENCHMARK(BM_InterfaceName);

}  // namespace

BENCHMARK_MAIN();
