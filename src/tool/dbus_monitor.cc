// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "headway/connection.h"
#include "headway/message.h"
#include "tool/message_text.h"
#include "tool/monitor_loop.h"
#include "tool/monitor_options.h"
#include "tool/open_bus.h"
#include "tool/pcap.h"
#include "tool/programs.h"

namespace headway::tool {
namespace {

using Done = std::expected<void, std::string>;  // the error is a text for stderr

result<connection> connect(const MonitorOptions& options) {
  switch (options.of) {
    case MonitorOptions::Of::session:
      return open_bus(bus::session);
    case MonitorOptions::Of::system:
      return open_bus(bus::system);
    case MonitorOptions::Of::address:
      return open_bus(options.address);
  }
  std::unreachable();
}

std::string name_of(const MonitorOptions& options) {
  if (options.of == MonitorOptions::Of::session) return "session bus";
  if (options.of == MonitorOptions::Of::system) return "system bus";
  return options.address;
}

Done add_match(const connection& to, std::string_view rule) {
  if (const auto done = to.add_match(rule).as_result().wait(); !done) {
    return std::unexpected(
        fmt::format("Failed to setup match \"{}\": {}", rule, done.error().text()));
  }
  return {};
}

/// As before there were monitors: a peer that asks for what is meant for others. A bus older still
/// does not know that key.
Done eavesdrop(const connection& on, std::vector<std::string> rules) {
  if (rules.empty()) rules.emplace_back();
  for (const std::string& rule : rules) {
    const Done done = add_match(on, "eavesdrop=true" + (rule.empty() ? "" : "," + rule));
    if (!done && !add_match(on, rule)) return done;
  }
  return {};
}

Done watch(const Program& self, const connection& bus, const std::vector<std::string>& rules) {
  const auto done = bus.become_monitor(rules).as_result().wait();
  if (done) return {};
  complain(self, fmt::format("unable to enable new-style monitoring: {}: \"{}\". Falling back to "
                             "eavesdropping.",
                             done.error().name(), done.error().text()));
  return eavesdrop(bus, rules);
}

/// Prints messages as they come.
class Printer final : public MessageSink {
 public:
  Printer(MonitorOptions::Form form, std::string& text) : form_(form), text_(text) {
    if (form_ == MonitorOptions::Form::profile) text_ = profile_head();
    if (form_ == MonitorOptions::Form::pcap) text_ = pcap_head();
  }

  void take(const message& what, WallTime when) override {
    switch (form_) {
      case MonitorOptions::Form::text:
        append_header(text_, what, when);
        return append_body(text_, what);
      case MonitorOptions::Form::profile:
        return append_profile(text_, what, when);
      case MonitorOptions::Form::binary:
        text_ += as_text(what.bytes());
        return;
      case MonitorOptions::Form::pcap:
        return append_pcap(text_, what, when);
    }
  }

  /// The connection has ended. Where messages are written as they are there is nothing to write.
  void take_end() {
    const WallTime now = std::chrono::system_clock::now();
    if (form_ == MonitorOptions::Form::text) append_end(text_, now);
    if (form_ == MonitorOptions::Form::profile) append_profile_end(text_, now);
  }

 private:
  MonitorOptions::Form form_;
  std::string& text_;
};

Done monitor(const connection& bus, MonitorOptions::Form form) {
  BatchWriter stdout_writer(STDOUT_FILENO);
  Printer printer(form, stdout_writer.text());
  const MonitorEnd end = run_monitor(bus, printer, stdout_writer);
  if (end == MonitorEnd::unread) return std::unexpected("nobody reads stdout any more");
  if (end == MonitorEnd::disconnected) printer.take_end();
  if (end != MonitorEnd::unwritable && stdout_writer.write()) return {};
  return std::unexpected(fmt::format("cannot write to stdout: {}", std::strerror(errno)));
}

Done connect_and_monitor(const Program& self, const MonitorOptions& options) {
  const auto bus = connect(options);
  if (!bus) {
    return std::unexpected(
        fmt::format("Failed to open connection to {}: {}", name_of(options), bus.error().text()));
  }
  TRY_VOID(watch(self, *bus, options.rules));
  return monitor(*bus, options.form);
}

int run(const Program& self, Arguments arguments) {
  const auto options = parse_monitor(arguments);
  if (!options) {
    if (options.error().is_help) {
      print(stderr, usage_of(self));
      return EXIT_SUCCESS;
    }
    complain(self, options.error().text);
    print(stderr, synopsis_of(self));
    return EXIT_FAILURE;
  }
  try {
    const Done done = connect_and_monitor(self, *options);
    if (!done) complain(self, done.error());
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const error& e) {
    complain(self, e.what());
    return EXIT_FAILURE;
  }
}

}  // namespace

constinit const Program dbus_monitor{
    .name = "dbus-monitor",
    .summary = "print the messages that go through a bus",
    .usage = R"([OPTION...] [RULE...]

Prints the messages that match one of the match rules; without rules, all of them.

  --session            of the session bus, as usual
  --system             of the system bus
  --address ADDRESS    of the bus there
  --monitor            with everything in them, as usual
  --profile            one line each
  --binary             as bytes, just as they are
  --pcap               as a file for programs that analyse network traffic
  --help
)",
    .run = run,
};

}  // namespace headway::tool
