// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "headway/introspection.h"
#include "tool/monitor_loop.h"
#include "tool/names.h"
#include "tool/object_tree.h"
#include "tool/output.h"
#include "tool/peer_book.h"
#include "tool/properties.h"
#include "tool/resolve.h"
#include "tool/verb_bus.h"
#include "tool/verbs.h"
#include "tool/watch_words.h"

namespace headway::tool {
namespace {

using namespace std::chrono_literals;

constexpr std::array options{
    VerbOption{"--duration", "-d", "DURATION", WordKind::duration, "end after that long"},
};
constexpr std::array words{
    VerbWord{"SERVICE", WordKind::service, VerbWord::Count::optional,
             "what this service says; its name, or as much of it as only one service has"},
    VerbWord{"PATH", WordKind::path, VerbWord::Count::optional, "of this object or one below it"},
    VerbWord{"INTERFACE", WordKind::interface, VerbWord::Count::optional,
             "its signals and its properties"},
};
constexpr std::array examples{
    VerbExample{"headway watch", "what happens on the session bus, or else on the system bus"},
    VerbExample{"headway watch login1", "who logs in and out"},
    VerbExample{"headway watch --json UPower / org.freedesktop.UPower.Device",
                "changes of batteries, for a program"},
};

// As many objects of a service are asked for the values of their properties before they change.
constexpr std::size_t objects_max = 200;
// A service that is slow to tell them is watched without.
constexpr auto patience = 2s;

class Watch final : public MessageSink {
 public:
  /// Asks over another connection than it listens on, where nothing may be taken out of turn.
  Watch(Bus listening, Bus asking, const WatchScope& scope, const Output& output, std::string& out)
      : listening_(std::move(listening)),
        service_{std::move(asking), scope.service},
        scope_(scope),
        words_(scope, output,
               [this](auto sender, auto path, auto interface, auto property) {
                 return ask(sender, path, interface, property);
               }),
        out_(out) {
    service_.bus.timeout = service_.bus.timeout.value_or(patience);
  }

  Outcome<void> start() {
    for (const std::string& rule : scope_.rules()) TRY_VOID(listening_.listen(rule));
    if (!scope_.service.empty()) {
      meet(look_up_name(service_.bus, scope_.service));
      learn();
      return {};
    }
    for (const NameEntry& entry : TRY(list_names(service_.bus))) meet(entry);
    return {};
  }

  void take(const message& what, WallTime when) override {
    peers_.follow(what);
    out_ += words_.tell(what, peers_.label_of(what.sender()), when);
    if (what.sender() == bus_name && what.member() == "NameOwnerChanged" &&
        !service_.name.empty()) {
      change_owner();
    }
  }

 private:
  void meet(const NameEntry& entry) {
    if (entry.owner.empty() || !is_unique_name(entry.owner)) return;
    peers_.at(entry.owner).executable = entry.process.name;
    if (!entry.is_unique()) peers_.own(entry.name, entry.owner);
  }

  void change_owner() {
    const std::string owner(peers_.owner_of(service_.name));
    if (owner == owner_) return;
    words_.forget(owner_);
    learn();
  }

  /// Which values properties have before they change. Does not start anybody.
  void learn() {
    owner_ = is_unique_name(service_.name) ? service_.name : peers_.owner_of(service_.name);
    if (owner_.empty()) return;
    introspection::walk objects(scope_.path.empty() ? "/" : scope_.path, objects_max);
    while (objects.has_next()) {
      auto object = service_.ask(objects.next());
      if (!object && object.error().is(error_name::no_reply)) return;
      if (object) learn(objects.next(), *object);
      objects.take(std::move(object));
    }
  }

  void learn(const std::string& path, const introspection::node& object) {
    std::vector<message> calls;
    std::vector<std::string_view> interfaces;
    for (const auto& interface : object.interfaces) {
      const bool is_wanted = scope_.interface.empty() || scope_.interface == interface.name;
      if (!is_wanted || interface.properties.empty()) continue;
      interfaces.push_back(interface.name);
      calls.push_back(properties_call(service_, path, "GetAll", interface.name).build());
    }
    const auto replies = service_.bus.call_all(calls);
    for (std::size_t i = 0; i < replies.size(); ++i) {
      if (!replies[i] || replies[i]->signature() != "a{sv}") continue;
      auto values = replies[i]->body();
      words_.learn(owner_, path, interfaces[i], values);
    }
  }

  [[nodiscard]] std::optional<message> ask(std::string_view sender, std::string_view path,
                                           std::string_view interface,
                                           std::string_view property) const {
    const Service who{service_.bus, std::string(sender)};
    auto reply =
        who.bus.call(properties_call(who, path, "Get", interface).string(property).build());
    if (!reply) return std::nullopt;
    return std::move(*reply);
  }

  Bus listening_;
  Service service_;  // without a name if all are watched
  WatchScope scope_;
  WatchWords words_;
  PeerBook peers_;
  std::string owner_;
  std::string& out_;
};

Outcome<int> run(const Invocation& how) {
  const Output output(how);
  WatchScope scope{
      .service = {}, .path = std::string(how.word(1)), .interface = std::string(how.word(2))};
  std::optional<Bus> bus;
  if (how.word(0).empty()) {
    bus = TRY(open(how));
  } else {
    Service service = TRY(resolve_service(how, output, how.word(0)));
    scope.service = std::move(service.name);
    bus = std::move(service.bus);
  }
  output.note("on " + bus->which.name);
  BatchWriter writer(STDOUT_FILENO);
  const Bus listening = TRY(open(bus->which, how));
  Watch watch(listening, std::move(*bus), scope, output, writer.text());
  TRY_VOID(watch.start());
  std::optional<std::chrono::steady_clock::time_point> deadline;
  if (const auto duration = how.duration("--duration")) {
    deadline = std::chrono::steady_clock::now() + *duration;
  }
  return exit_of(run_monitor(listening.peer, watch, writer, deadline), "to stdout", [&] {
    return Failure{exit_unreachable,
                   fmt::format("{} has ended the connection", listening.which.name)};
  });
}

}  // namespace

constinit const Verb verb_watch{
    .name = "watch",
    .summary = "say in words what changes on a bus",
    .description =
        R"(Says what services tell everybody: which property of which object has which value
now, and had before if that is known; which objects and names appear and vanish; and signals as
they are. This needs no right that other programs do not have; what peers say to each other is
for `headway monitor`.

Values from before are asked for when it begins, of a service that is named and runs; nothing is
started for it. Of a property that is only said to have changed it asks for the value.

With --json each change is an object: time_usec, kind, sender, path, and by its kind
property: interface, property, value, before; both as {"type": TYPE, "data": VALUE};
signal: interface, member, body; appeared and vanished: interfaces;
owner: name, owner, before; without owner nobody has the name any more.)",
    .options = options,
    .words = words,
    .examples = examples,
    .run = run,
};

}  // namespace headway::tool
