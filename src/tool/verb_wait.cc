// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "tool/arguments.h"
#include "tool/names.h"
#include "tool/output.h"
#include "tool/properties.h"
#include "tool/resolve.h"
#include "tool/value_print.h"
#include "tool/verbs.h"
#include "wire/names.h"

namespace headway::tool {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array options{
    VerbOption{"--gone", "-g", "", WordKind::text, "until nobody owns the name"},
    VerbOption{"--signal", "-s", "NAME", WordKind::signal,
               "until it sends this signal, and print what that carries"},
    VerbOption{"--property", "-p", "NAME[=VALUE]", WordKind::property,
               "until this property has the value; without one, until it changes"},
};
constexpr std::array words{
    VerbWord{"SERVICE", WordKind::service, VerbWord::Count::one,
             "its name; with a dot in it, the whole of it"},
    VerbWord{"PATH", WordKind::path, VerbWord::Count::optional, "the object"},
};
constexpr std::array examples{
    VerbExample{"headway wait -t 10s org.example.Lamp", "until it is there, ten seconds at most"},
    VerbExample{"headway wait --gone org.example.Lamp", "until it has ended"},
    VerbExample{"headway wait --signal=JobRemoved systemd", "the next job that is done"},
    VerbExample{"headway wait -p ActiveState=active systemd "
                "/org/freedesktop/systemd1/unit/cron_2eservice",
                "until that unit is active"},
};

/// The name as it stands if it is a whole one, as nobody need own it yet.
Outcome<Service> find_service(const Invocation& how, const Output& output) {
  const std::string_view text = how.word(0);
  if (!wire::is_bus_name(text)) return resolve_service(how, output, text);
  std::optional<Failure> unreachable;
  std::optional<Service> found;
  for (const BusChoice& which : choose_buses(how)) {
    auto bus = open(which, how);
    if (!bus && !unreachable) unreachable = bus.error();
    if (!bus) continue;
    const auto names = TRY(well_known_names(*bus));
    const bool is_here = std::ranges::find(names, text) != names.end();
    if (!found || is_here) found = Service{std::move(*bus), std::string(text)};
    if (is_here) break;
  }
  if (!found) return std::unexpected(*unreachable);
  output.note(fmt::format("{} on {}", found->name, found->bus.which.name));
  return std::move(*found);
}

/// Takes messages until one of them ends the wait.
class Waiting {
 public:
  Waiting(const Service& service, const Invocation& how)
      : bus_(service.bus), limit_(how.timeout()) {
    if (limit_) deadline_ = Clock::now() + *limit_;
  }

  /// `is_end` says whether it is over; `what` is waited for, in words.
  Outcome<void> until(const std::function<Outcome<bool>(const message&)>& is_end,
                      std::string_view what) const {
    for (;;) {
      std::optional<std::chrono::nanoseconds> left;
      if (deadline_) left = std::max<std::chrono::nanoseconds>(*deadline_ - Clock::now(), {});
      const auto next = bus_.peer.next_message(left);
      if (!next) {
        return std::unexpected(Failure{
            exit_timeout, fmt::format("{} within {} s; --timeout sets how long to wait", what,
                                      std::chrono::duration<double>(*limit_).count())});
      }
      const bool is_over = TRY(is_end(*next));
      if (is_over) return {};
    }
  }

 private:
  const Bus& bus_;
  std::optional<std::chrono::nanoseconds> limit_;
  std::optional<Clock::time_point> deadline_;
};

bool is_signal(const message& what, std::string_view interface, std::string_view member) {
  return what.type() == message_type::signal && what.interface() == interface &&
         what.member() == member;
}

/// Empty if nobody owns it. Asked so that what comes meanwhile is still there to be waited for.
Outcome<std::string> owner_of(const Service& service) {
  auto call = service.bus.peer.name_owner(service.name);
  if (service.bus.timeout) call = std::move(call).within(*service.bus.timeout);
  auto owner = std::move(call).as_result().wait();
  if (owner) return std::move(*owner);
  if (owner.error().is(error_name::name_has_no_owner)) return std::string();
  return std::unexpected(failure_of(owner.error()));
}

Outcome<int> wait_for_owner(const Service& service, const Waiting& waiting, const Output& output,
                            bool is_gone_wanted) {
  TRY_VOID(service.bus.listen(
      fmt::format("type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='{}'",
                  service.name)));
  std::string owner = TRY(owner_of(service));
  if (owner.empty() != is_gone_wanted) {
    const auto is_end = [&](const message& what) -> Outcome<bool> {
      if (!is_signal(what, "org.freedesktop.DBus", "NameOwnerChanged")) return false;
      message_reader values = what.body();
      if (values.string() != service.name) return false;
      values.skip();
      owner = values.string();
      return owner.empty() == is_gone_wanted;
    };
    TRY_VOID(waiting.until(
        is_end, fmt::format("{} did not {}", service.name, is_gone_wanted ? "go" : "come")));
  }
  if (output.is_json()) {
    JsonText json;
    json.open_object().member("name", service.name).member_if("owner", owner).close_object();
    output.line(json);
  }
  return exit_done;
}

void print_signal(const message& what, const Output& output) {
  if (output.is_json()) {
    JsonText json;
    json.open_object().member("path", what.path()).member("interface", what.interface());
    json.member("signal", what.member()).member("type", what.signature()).key("data");
    json.open_array();
    message_reader values = what.body();
    while (!values.at_end()) append_json(json, values);
    json.close_array().close_object();
    return output.line(json);
  }
  message_reader values = what.body();
  while (!values.at_end()) print(stdout, text_of_value(values, output));
}

Outcome<int> wait_for_signal(const Service& service, const Waiting& waiting, const Output& output,
                             std::string_view path, std::string_view text) {
  const MemberText wanted(text);
  if (!wire::is_member_name(wanted.name)) {
    return std::unexpected(
        Failure{exit_usage, fmt::format("--signal={}: that is no name of a signal", text)});
  }
  std::string rule =
      fmt::format("type='signal',sender='{}',member='{}'", service.name, wanted.name);
  if (!path.empty()) rule += fmt::format(",path='{}'", path);
  TRY_VOID(service.bus.listen(rule));
  output.note("listening for " + rule);
  std::optional<message> found;
  const auto is_end = [&](const message& what) -> Outcome<bool> {
    const bool is_it = what.type() == message_type::signal && what.member() == wanted.name &&
                       wanted.is_of(what.interface()) && (path.empty() || what.path() == path);
    if (is_it) found = what;
    return is_it;
  };
  TRY_VOID(waiting.until(is_end, fmt::format("{} did not send {}", service.name, text)));
  print_signal(*found, output);
  return exit_done;
}

/// Waits for one property, of which it knows the value that is wanted, if one is.
class PropertyWait {
 public:
  PropertyWait(const Service& service, Member which)
      : service_(service), which_(std::move(which)) {}

  [[nodiscard]] std::string rule() const {
    return fmt::format(
        "type='signal',sender='{}',path='{}',interface='org.freedesktop.DBus.Properties',"
        "member='PropertiesChanged',arg0='{}'",
        service_.name, which_.path, which_.interface);
  }

  /// Asks for the value, and whether it is the one.
  Outcome<bool> ask(std::optional<std::string_view> wanted) {
    const message reply = TRY(get_property(service_, which_));
    message_reader value = reply.body();
    value.enter();
    if (wanted && !wanted_) {
      wanted_ = TRY(json_of_argument(value.type_signature(), which_.name, *wanted));
    }
    return take(value);
  }

  /// A signal may say the value, or only that there is another one.
  Outcome<bool> look_at(const message& what) {
    if (!is_signal(what, "org.freedesktop.DBus.Properties", "PropertiesChanged") ||
        what.signature() != "sa{sv}as" || what.path() != which_.path) {
      return false;
    }
    message_reader values = what.body();
    if (values.string() != which_.interface) return false;
    for (values.enter(); !values.at_end(); values.leave()) {
      values.enter();
      if (values.string() != which_.name) continue;
      values.enter();
      return take(values);
    }
    values.leave();
    for (values.enter(); !values.at_end();) {
      if (values.string() != which_.name) continue;
      const bool is_it = TRY(ask(std::nullopt));
      return is_it || !wanted_;
    }
    return false;
  }

  [[nodiscard]] const Member& which() const { return which_; }
  /// The last one that was seen.
  [[nodiscard]] message_reader value() const { return *last_; }

 private:
  /// Whether it is the value that is wanted; any is, if none is.
  bool take(const message_reader& value) {
    last_ = value;
    return !wanted_ || json_of_value(value) == *wanted_;
  }

  const Service& service_;
  Member which_;
  std::optional<std::string> wanted_;  // as JSON
  std::optional<message_reader> last_;
};

Outcome<int> wait_for_property(const Service& service, const Waiting& waiting, const Output& output,
                               std::string_view path, std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  std::optional<std::string_view> wanted;
  if (equals != std::string_view::npos) wanted = text.substr(equals + 1);
  PropertyWait property(service, TRY(find_property(service, output, path, name)));
  TRY_VOID(service.bus.listen(property.rule()));
  const bool is_so_already = TRY(property.ask(wanted));
  if (!wanted || !is_so_already) {
    const auto is_end = [&](const message& what) { return property.look_at(what); };
    TRY_VOID(waiting.until(is_end, fmt::format("{} did not become so", text)));
  }
  message_reader value = property.value();
  if (output.is_json()) {
    output.line(json_of_property(property.which(), value));
  } else {
    print(stdout, text_of_value(value, output));
  }
  return exit_done;
}

Outcome<int> run(const Invocation& how) {
  const Output output(how);
  const auto signal = how.value("--signal");
  const auto property = how.value("--property");
  if ((how.has("--gone") ? 1 : 0) + (signal ? 1 : 0) + (property ? 1 : 0) > 1) {
    return std::unexpected(
        Failure{exit_usage, "--gone, --signal and --property are different things to wait for"});
  }
  const std::string_view path = how.word(1);
  if (!path.empty() && (!wire::is_object_path(path) || (!signal && !property))) {
    return std::unexpected(Failure{
        exit_usage, fmt::format("\"{}\" is no object path, or it is a name alone that is waited "
                                "for; see: headway help wait",
                                path)});
  }
  const Service service = TRY(find_service(how, output));
  const Waiting waiting(service, how);
  if (signal) return wait_for_signal(service, waiting, output, path, *signal);
  if (property) return wait_for_property(service, waiting, output, path, *property);
  return wait_for_owner(service, waiting, output, how.has("--gone"));
}

}  // namespace

constinit const Verb verb_wait{
    .name = "wait",
    .summary = "wait for a service, a signal or the value of a property",
    .description =
        R"(Waits until somebody owns the name of a service, or nobody does any more; until it sends
a signal; or until a property of it has a value. For as long as that takes, or --timeout
says. What is so already is not waited for.

With --json the end is an object: name and owner; or path, interface, signal, type, data (an
array of what it carries); or path, interface, property, type, data.)",
    .options = options,
    .words = words,
    .examples = examples,
    .run = run,
};

}  // namespace headway::tool
