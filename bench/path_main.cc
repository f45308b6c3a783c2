// SPDX-License-Identifier: MIT
// bench-path ROW ROUNDS: the way of a message through the broker process without a kernel, that
// many rounds of it; prints how many messages were relayed. instructions.py counts what they cost.
#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "broker/policy_testing.h"
#include "message.h"
#include "path.h"

namespace {

using bench::Message;
using bench::Path;

constexpr unsigned in_flight = 64;

/// Messages back to back, with serials from 1; replies answer the serials from 1.
std::vector<std::uint8_t> burst(const std::vector<Message>& messages, unsigned count) {
  constexpr std::size_t serial_at = 8;
  std::string all;
  for (unsigned i = 0; i < count; ++i) {
    const Message& message = messages[i % messages.size()];
    const std::size_t start = all.size();
    all += message.bytes;
    bench::patch_u32(all.data() + start + serial_at, i + 1);
    if (message.reply_serial_at != 0) {
      bench::patch_u32(all.data() + start + message.reply_serial_at, i + 1);
    }
  }
  return {all.begin(), all.end()};
}

void send(Path& path, std::uint32_t peer, const Message& message) {
  path.turn(peer, burst({message}, 1));
}

std::uint32_t enter(Path& path) {
  const std::uint32_t peer = path.join();
  send(path, peer, bench::driver_call("Hello"));
  return peer;
}

std::string unique_name(std::uint32_t peer) { return fmt::format(":1.{}", peer); }

/// Calls and replies of `pairs` pairs; two messages relayed for each call.
std::uint64_t calls(Path& path, unsigned pairs, std::uint64_t rounds) {
  struct Pair {
    std::uint32_t client;
    std::uint32_t service;
    std::vector<std::uint8_t> calls;
    std::vector<std::uint8_t> replies;
  };
  const unsigned each = in_flight / pairs;
  std::vector<Pair> all;
  for (unsigned i = 0; i < pairs; ++i) {
    const std::uint32_t client = enter(path), service = enter(path);
    const std::string name = fmt::format("org.headway.bench.Service{}", i);
    send(path, service, bench::request_name(name, 0));
    all.push_back({client, service, burst(bench::calls(unique_name(service), name, i), each),
                   burst(bench::replies(unique_name(client), i), each)});
  }
  for (std::uint64_t round = 0; round < rounds; ++round) {
    for (const Pair& pair : all) {
      if (path.turn(pair.client, pair.calls) != each) throw std::runtime_error("calls are lost");
    }
    for (const Pair& pair : all) {
      if (path.turn(pair.service, pair.replies) != each) {
        throw std::runtime_error("replies are lost");
      }
    }
  }
  return rounds * each * pairs * 2;
}

/// Calls of which none has a header that another had lately.
std::uint64_t new_calls(Path& path, std::uint64_t rounds) {
  constexpr unsigned bursts = 64;
  const std::uint32_t client = enter(path), service = enter(path);
  std::vector<std::vector<std::uint8_t>> calls;
  for (unsigned i = 0; i < bursts; ++i) {
    std::vector<Message> messages;
    for (unsigned j = 0; j < in_flight; ++j) {
      messages.push_back(bench::Builder(bench::Type::call)
                             .path(fmt::format("{}/sensor{}", bench::kPathRoot, i * in_flight + j))
                             .destination(unique_name(service))
                             .interface(bench::kInterface)
                             .member("SetTarget")
                             .signature("su")
                             .finish(bench::Body{}.string("celsius").u32(j)));
    }
    calls.push_back(burst(messages, in_flight));
  }
  const auto replies = burst(bench::replies(unique_name(client), 1), in_flight);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    if (path.turn(client, calls[round % bursts]) != in_flight ||
        path.turn(service, replies) != in_flight) {
      throw std::runtime_error("messages are lost");
    }
  }
  return rounds * in_flight * 2;
}

/// Signals to subscribers; one message relayed for each of them.
std::uint64_t fan(Path& path, unsigned subscribers, std::uint64_t rounds) {
  constexpr unsigned signals = 8;
  const std::uint32_t sender = enter(path);
  for (unsigned i = 0; i < subscribers; ++i) {
    const std::uint32_t peer = enter(path);
    send(path, peer, bench::driver_call("AddMatch", bench::signal_rule(i, unique_name(sender))));
  }
  const auto bytes = burst(bench::signals(1), signals);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    if (path.turn(sender, bytes) != std::uint64_t{signals} * subscribers) {
      throw std::runtime_error("signals are lost");
    }
  }
  return rounds * signals * subscribers;
}

/// AddMatch of rules that clients add; one unit for a call with its reply.
std::uint64_t add_match(Path& path, std::uint64_t rounds) {
  constexpr unsigned rules = 200, at_once = 40;
  std::vector<std::vector<std::uint8_t>> turns;
  for (const std::string_view method : {"AddMatch", "RemoveMatch"}) {
    for (unsigned first = 0; first < rules; first += at_once) {
      std::vector<Message> messages;
      for (unsigned i = first; i < first + at_once; ++i) {
        messages.push_back(bench::driver_call(method, bench::other_rule(i)));
      }
      turns.push_back(burst(messages, at_once));
    }
  }
  const std::uint32_t peer = enter(path);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    for (const auto& bytes : turns) {
      if (path.turn(peer, bytes) != at_once) throw std::runtime_error("replies are lost");
    }
  }
  return rounds * rules * 2;
}

headway::broker::PolicyRules open_policy() {
  return headway::broker::testing::defaults(
      {"allow user=*", "allow own=*", "allow send_destination=*", "allow receive_sender=*"});
}

/// What packages with a system service install, 300 of them with six rules each.
headway::broker::PolicyRules system_policy() {
  using Context = headway::broker::PolicySection::Context;
  std::vector<headway::broker::testing::Section> sections = {
      {Context::defaults,
       0,
       {"allow user=*", "allow own=*", "allow send_destination=*", "allow receive_sender=*"}}};
  for (unsigned i = 0; i < 300; ++i) {
    const std::string name = fmt::format("org.headway.bench.Service{}", i);
    const std::string to = "send_destination=" + name;
    sections.push_back({Context::user, Path::uid, {"allow own=" + name, "allow " + to}});
    sections.push_back(
        {Context::defaults,
         0,
         {"deny " + to, "allow " + to + " send_interface=org.freedesktop.DBus.Introspectable",
          "allow " + to + " send_interface=org.freedesktop.DBus.Properties",
          "allow " + to + " send_interface=" + name + ".Manager"}});
  }
  return headway::broker::testing::rules(sections);
}

struct Row {
  const char* name;
  std::function<std::uint64_t(std::uint64_t rounds)> run;
};

const std::vector<Row> rows = {
    {"call",
     [](std::uint64_t rounds) {
       Path path(open_policy());
       return calls(path, 1, rounds);
     }},
    {"call-policy",
     [](std::uint64_t rounds) {
       Path path(system_policy());
       return calls(path, 1, rounds);
     }},
    {"call-16",
     [](std::uint64_t rounds) {
       Path path(open_policy());
       return calls(path, 16, rounds);
     }},
    {"call-new",
     [](std::uint64_t rounds) {
       Path path(open_policy());
       return new_calls(path, rounds);
     }},
    {"match",
     [](std::uint64_t rounds) {
       Path path(open_policy());
       return add_match(path, rounds);
     }},
    {"fan-10",
     [](std::uint64_t rounds) {
       Path path(open_policy());
       return fan(path, 10, rounds);
     }},
    {"fan-500",
     [](std::uint64_t rounds) {
       Path path(open_policy());
       return fan(path, 500, rounds);
     }},
};

int run(const char* name, std::string_view rounds_text) {
  std::uint64_t rounds = 0;
  std::from_chars(rounds_text.data(), rounds_text.data() + rounds_text.size(), rounds);
  for (const Row& row : rows) {
    if (std::strcmp(row.name, name) != 0) continue;
    fmt::print("{}\n", row.run(rounds));
    return 0;
  }
  throw std::runtime_error(fmt::format("there is no row {}", name));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 3) throw std::runtime_error("usage: bench-path ROW ROUNDS");
    return run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench-path: {}\n", error.what());
    return 1;
  }
}
