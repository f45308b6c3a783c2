// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "tool/fact_sheet.h"
#include "tool/names.h"
#include "tool/output.h"
#include "tool/peer_book.h"
#include "tool/resolve.h"
#include "tool/verb_bus.h"
#include "tool/verbs.h"

namespace headway::tool {
namespace {

constexpr std::array words{
    VerbWord{"PEER", WordKind::service, VerbWord::Count::optional,
             "a name it has, as much of it as only one has, or a number for \":1.NUMBER\""},
};
constexpr std::array examples{
    VerbExample{"headway status login1", "who is logind, and what does it hold?"},
    VerbExample{"headway status :1.42", "who is that?"},
    VerbExample{"headway status --system", "the bus itself"},
};

constexpr std::string_view bus_path = "/org/freedesktop/DBus";

message stats_call(std::string_view method) {
  return message_builder::method_call(bus_name, bus_path, "org.freedesktop.DBus.Debug.Stats",
                                      method)
      .build();
}
message stats_call(std::string_view method, std::string_view name) {
  return message_builder::method_call(bus_name, bus_path, "org.freedesktop.DBus.Debug.Stats",
                                      method)
      .string(name)
      .build();
}

/// "PeakMatchRules" as people write: "peak match rules".
std::string words_of(std::string_view key) {
  std::string text;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const bool is_upper = key[i] >= 'A' && key[i] <= 'Z';
    // Not within "FDs".
    const bool begins = is_upper && i > 0 && !(key[i - 1] >= 'A' && key[i - 1] <= 'Z');
    if (begins) text += ' ';
    text += is_upper ? static_cast<char>(key[i] - 'A' + 'a') : key[i];
  }
  return text;
}

/// All numbers of a reply of statistics; what is not told, and why.
void add_stats(FactSheet& sheet, const result<message>& reply) {
  if (!reply) {
    sheet.add("statistics", fmt::format("not told: {}", reply.error().text()));
    return;
  }
  auto values = reply->body();
  if (values.type_signature() != "a{sv}") return;
  for (values.enter(); !values.at_end(); values.leave()) {
    values.enter();
    const std::string_view key = values.string();
    values.enter();
    // The serial is that of the bus's next message, and the pool one of dbus-daemon's memory.
    const bool is_wanted = key != "Serial" && !key.starts_with("ListMemPool");
    if (values.type() == 'u' && is_wanted) sheet.add(words_of(key), values.uint32());
    values.leave();
  }
}

struct Rights {
  std::vector<std::string> groups;
  std::string label;
};

/// What list_names() leaves out.
Rights rights_of(const result<message>& reply) {
  Rights rights;
  if (!reply) return rights;
  auto values = reply->body();
  for (values.enter(); !values.at_end(); values.leave()) {
    values.enter();
    const std::string_view key = values.string();
    values.enter();
    if (key == "UnixGroupIDs" && values.type_signature() == "au") {
      for (values.enter(); !values.at_end();) {
        rights.groups.push_back(std::to_string(values.uint32()));
      }
      values.leave();
    } else if (key == "LinuxSecurityLabel" && values.type_signature() == "ay") {
      rights.label = as_text(values.bytes());
      while (rights.label.ends_with('\0')) rights.label.pop_back();
    }
    values.leave();
  }
  return rights;
}

/// The names that the peer waits for: behind the first in their queues.
std::vector<std::string> awaited_names(const Bus& bus, std::string_view unique_name) {
  std::vector<std::string> names = well_known_names(bus).value_or(std::vector<std::string>());
  std::vector<message> calls;
  for (const std::string& name : names) {
    calls.push_back(bus_call("ListQueuedOwners").string(name).build());
  }
  const auto replies = bus.call_all(calls);
  std::vector<std::string> awaited;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!replies[i]) continue;
    auto queue = replies[i]->body();
    queue.enter();
    for (bool is_owner = true; !queue.at_end(); is_owner = false) {
      if (queue.string() == unique_name && !is_owner) awaited.push_back(names[i]);
    }
  }
  return awaited;
}

std::vector<std::string> names_of(const Bus& bus, std::string_view unique_name) {
  std::vector<std::string> owned;
  const auto names = list_names(bus);
  if (!names) return owned;
  for (const NameEntry& entry : *names) {
    if (entry.owner == unique_name && !entry.is_unique()) owned.push_back(entry.name);
  }
  return owned;
}

/// Of everybody's match rules, those of one.
std::vector<std::string> rules_of(const result<message>& reply, std::string_view unique_name) {
  std::vector<std::string> rules;
  if (!reply || reply->signature() != "a{sas}") return rules;
  auto values = reply->body();
  for (values.enter(); !values.at_end(); values.leave()) {
    values.enter();
    const bool is_its = values.string() == unique_name;
    for (values.enter(); !values.at_end();) {
      const std::string_view rule = values.string();
      if (is_its) rules.emplace_back(rule);
    }
    values.leave();
  }
  return rules;
}

void add_process(FactSheet& sheet, const NameEntry& entry) {
  if (entry.pid) sheet.add("pid", static_cast<std::uint64_t>(*entry.pid));
  sheet.add("process", entry.process.name);
  sheet.add("executable", entry.process.executable);
  sheet.add("command", entry.process.command);
  sheet.add("unit", entry.process.unit);
  if (entry.uid)
    sheet.add("uid", *entry.uid, fmt::format("{} ({})", *entry.uid, user_name(*entry.uid)));
}

Outcome<int> show_peer(const Bus& bus, const Output& output, std::string_view name) {
  const NameEntry entry = look_up_name(bus, name);
  if (entry.owner.empty()) {
    return std::unexpected(
        Failure{exit_not_found,
                fmt::format("nobody on {} has the name {} now; `headway ls --running` lists "
                            "who is there",
                            bus.which.name, name)});
  }
  const auto told =
      bus.call_all({bus_call("GetConnectionCredentials").string(entry.owner).build(),
                    stats_call("GetConnectionStats", entry.owner), stats_call("GetAllMatchRules")});
  FactSheet sheet(output);
  sheet.add("unique name", entry.owner);
  sheet.add("names", names_of(bus, entry.owner));
  sheet.add("waits for", awaited_names(bus, entry.owner));
  add_process(sheet, entry);
  const Rights rights = rights_of(told[0]);
  sheet.add("groups", fmt::format("{}", fmt::join(rights.groups, " ")));
  sheet.add("security label", rights.label);
  add_stats(sheet, told[1]);
  sheet.add("rules", rules_of(told[2], entry.owner));
  sheet.print();
  return exit_done;
}

/// Texts of a property of the bus; none if it does not have it.
std::vector<std::string> property_of_bus(const Bus& bus, std::string_view name) {
  const auto reply = bus.call(
      message_builder::method_call(bus_name, bus_path, "org.freedesktop.DBus.Properties", "Get")
          .string(bus_name)
          .string(name)
          .build());
  std::vector<std::string> texts;
  if (!reply || reply->signature() != "v") return texts;
  auto value = reply->body();
  value.enter();
  if (value.type_signature() != "as") return texts;
  for (value.enter(); !value.at_end();) texts.emplace_back(value.string());
  return texts;
}

Outcome<int> show_bus(const Bus& bus, const Output& output) {
  const auto names = TRY(list_names(bus));
  const auto count = [&](auto is_counted) {
    return static_cast<std::uint64_t>(std::ranges::count_if(names, is_counted));
  };
  FactSheet sheet(output);
  sheet.add("bus", bus.which.name);
  sheet.add("address", bus.which.address);
  sheet.add("id", TRY(bus.ask_bus("GetId")).body().string());
  add_process(sheet, look_up_name(bus, bus_name));
  sheet.add("connections", count([](const NameEntry& entry) { return entry.is_unique(); }));
  sheet.add("names", count([](const NameEntry& entry) {
              return !entry.is_unique() && !entry.owner.empty();
            }));
  sheet.add("activatable names",
            count([](const NameEntry& entry) { return entry.is_activatable; }));
  sheet.add("features", property_of_bus(bus, "Features"));
  sheet.add("interfaces", property_of_bus(bus, "Interfaces"));
  add_stats(sheet, bus.call_all({stats_call("GetStats")}).front());
  sheet.print();
  return exit_done;
}

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char letter) { return letter >= '0' && letter <= '9'; });
}

Outcome<int> run(const Invocation& how) {
  const Output output(how);
  const std::string_view text = how.word(0);
  if (text.empty() || text == bus_name) return show_bus(TRY(open(how)), output);
  if (is_number(text)) return show_peer(TRY(open(how)), output, fmt::format(":1.{}", text));
  const Service service = TRY(resolve_service(how, output, text));
  return show_peer(service.bus, output, service.name);
}

}  // namespace

constinit const Verb verb_status{
    .name = "status",
    .summary = "say who a peer is and what it holds, or what the bus is",
    .description =
        R"(Says of a peer which names it has and waits for, which process of which user, systemd
unit and security label it is, how much it has sent and received, what of that waits, and for
which signals it asks. Without a peer, it is about the bus itself.

Statistics and rules are told to those whom the configuration of the bus lets ask
org.freedesktop.DBus.Debug.Stats, on a system bus root alone. What incoming and outgoing count
is the bus's own affair: with dbus-daemon and headwayd incoming is what the peer sends.

With --json this is one object, whose keys are the words of the first column with _ between
them.)",
    .words = words,
    .examples = examples,
    .run = run,
};

}  // namespace headway::tool
