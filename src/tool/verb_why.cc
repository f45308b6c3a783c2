// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "tool/names.h"
#include "tool/output.h"
#include "tool/peer_book.h"
#include "tool/refusal_text.h"
#include "tool/verb_bus.h"
#include "tool/verbs.h"

namespace headway::tool {
namespace {

constexpr std::array options{
    VerbOption{"--last", "-n", "N", WordKind::number, "that many refusals, the latest; usually 10"},
    VerbOption{"--sender", "-s", "NAME", WordKind::service,
               "would a message of this peer go through? Usually: of this program"},
    VerbOption{"--to", "-d", "NAME", WordKind::service, "to this peer"},
    VerbOption{"--path", "-p", "PATH", WordKind::path, "about this object"},
    VerbOption{"--interface", "-i", "INTERFACE", WordKind::interface, "of this interface"},
    VerbOption{"--member", "-m", "MEMBER", WordKind::member, "this method or signal"},
    VerbOption{"--type", "", "TYPE", WordKind::choice, "a message of this type; usually a call",
               "call return error signal"},
    VerbOption{"--own", "-o", "NAME", WordKind::service, "or: might the sender have this name?"},
};
constexpr std::array exits{
    VerbExit{exit_refused, "or the message would be refused"},
};
constexpr std::array examples{
    VerbExample{"headway why --system", "what the system bus refused lately"},
    VerbExample{"headway why --system -s :1.42 --to org.freedesktop.login1 "
                "-i org.freedesktop.login1.Manager -m Reboot",
                "might it reboot?"},
    VerbExample{"headway why --own org.example.Clock", "may I have that name?"},
};

constexpr std::uint64_t last_usually = 10;

message_builder bus1_call(std::string_view method) {
  return message_builder::method_call(bus_name, "/org/freedesktop/DBus", "org.headway.Bus1",
                                      method);
}

Outcome<message> ask(const Bus& bus, const message& what) {
  auto reply = bus.call_all({what}).front();
  if (reply) return std::move(*reply);
  const error& e = reply.error();
  if (e.is(error_name::unknown_method) || e.is(error_name::unknown_interface)) {
    return std::unexpected(Failure{
        exit_refused, fmt::format("{} is no headwayd, and cannot say why; perhaps its log does",
                                  bus.which.name)});
  }
  if (e.is(error_name::access_denied)) {
    return std::unexpected(
        Failure{exit_refused,
                fmt::format("{} does not tell you: {}. Ask as root, or allow org.headway.Bus1 "
                            "as /usr/share/dbus-1/system.d/org.headway.Bus1.conf does",
                            bus.which.name, e.text())});
  }
  return std::unexpected(failure_of(e));
}

std::vector<Refusal> refusals_in(const message& reply) {
  std::vector<Refusal> refusals;
  if (reply.signature() != "aa{sv}") return refusals;
  auto values = reply.body();
  for (values.enter(); !values.at_end();) refusals.push_back(read_refusal(values));
  return refusals;
}

/// When something was on the monotonic clock, which began at an hour that nobody knows.
WallTime wall_time_of(std::uint64_t monotonic_usec) {
  const auto age = std::chrono::steady_clock::now().time_since_epoch() -
                   std::chrono::microseconds(monotonic_usec);
  return std::chrono::system_clock::now() - std::chrono::duration_cast<WallTime::duration>(age);
}

Outcome<int> list(const Bus& bus, const Output& output, std::uint64_t last) {
  const auto refusals = refusals_in(TRY(ask(bus, bus1_call("ListRefusals").uint64(0).build())));
  const std::size_t first = refusals.size() - std::min<std::size_t>(refusals.size(), last);
  for (std::size_t i = first; i < refusals.size(); ++i) {
    if (output.is_json()) {
      output.line(refusals[i].json);
    } else {
      // On another machine the clock is another one.
      const bool is_timed = bus.which.is_here;
      const auto when =
          is_timed ? std::optional(wall_time_of(refusals[i].monotonic_usec)) : std::nullopt;
      print(stdout, text_of(refusals[i], when, output));
    }
  }
  if (refusals.empty() && !output.is_json()) {
    output.line(fmt::format("{} has refused nothing that you may know of", bus.which.name));
  }
  return exit_done;
}

std::string_view type_in_full(std::string_view word) {
  if (word == "call") return "method_call";
  return word == "return" ? "method_return" : word;
}

/// The question as Explain takes it; empty if nothing is asked.
std::vector<std::pair<std::string_view, std::string_view>> question_of(const Invocation& how) {
  struct Entry {
    std::string_view option;
    std::string_view key;
  };
  constexpr std::array entries{
      Entry{"--sender", "sender"}, Entry{"--to", "destination"},      Entry{"--path", "path"},
      Entry{"--member", "member"}, Entry{"--interface", "interface"}, Entry{"--own", "name"},
  };
  std::vector<std::pair<std::string_view, std::string_view>> question;
  for (const auto& [option, key] : entries) {
    if (const auto value = how.value(option)) question.emplace_back(key, *value);
  }
  if (const auto type = how.value("--type")) {
    question.emplace_back("message_type", type_in_full(*type));
  }
  return question;
}

Outcome<int> explain(const Bus& bus, const Output& output, const Invocation& how) {
  if (how.has("--own") == how.has("--to")) {
    return std::unexpected(
        Failure{exit_usage, "a question is about either --to whom something is sent or --own"});
  }
  auto call = bus1_call("Explain");
  call.open_array("{sv}");
  for (const auto& [key, value] : question_of(how)) {
    call.open_dict_entry().string(key).open_variant("s").string(value).close().close();
  }
  const auto verdicts = refusals_in(TRY(ask(bus, call.close().build())));
  bool is_allowed = true;
  for (const Refusal& verdict : verdicts) {
    is_allowed = is_allowed && verdict.allowed.value_or(false);
    if (output.is_json()) {
      output.line(verdict.json);
    } else {
      print(stdout, text_of(verdict, std::nullopt, output));
    }
  }
  return is_allowed ? exit_done : exit_refused;
}

Outcome<int> run(const Invocation& how) {
  const Output output(how);
  const Bus bus = TRY(open(how));
  if (!question_of(how).empty()) return explain(bus, output, how);
  return list(bus, output, how.number("--last").value_or(last_usually));
}

}  // namespace

constinit const Verb verb_why{
    .name = "why",
    .summary = "say why the bus refused something, or would",
    .description =
        R"(Lists what a headwayd bus refused lately, and why: by which rule in which line of
which file, and which rules that one overrode, or at which limit. It remembers 256 refusals;
root and the user of the bus are told all of them, others those of their own programs.

With --to or --own it says instead what policy would do with a message, or a name, that nobody
has sent or asked for yet. Security modules and limits are not asked for that. Root may ask
about anybody, others about their own programs.

With --json each refusal or verdict is an object with the keys of docs/refusals.md.)",
    .options = options,
    .examples = examples,
    .exits = exits,
    .run = run,
};

}  // namespace headway::tool
