// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
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
#include "tool/monitor_options.h"
#include "tool/open_bus.h"
#include "tool/programs.h"

namespace headway::tool {
namespace {

using Done = std::expected<void, std::string>;  // the error is a text for stderr

// What is written at once while messages come faster than they are printed.
constexpr std::size_t batch_bytes = std::size_t{1} << 16;

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

/// Prints messages as they come, in as few writes as that takes.
class Printer {
 public:
  explicit Printer(MonitorOptions::Form form) : form_(form) {
    if (form_ == MonitorOptions::Form::profile) text_ = profile_head();
    if (form_ == MonitorOptions::Form::pcap) text_ = pcap_head();
  }

  void take(const message& what) {
    const WallTime now = std::chrono::system_clock::now();
    switch (form_) {
      case MonitorOptions::Form::text:
        append_header(text_, what, now);
        return append_body(text_, what);
      case MonitorOptions::Form::profile:
        return append_profile(text_, what, now);
      case MonitorOptions::Form::binary:
        text_ += as_text(what.bytes());
        return;
      case MonitorOptions::Form::pcap:
        return append_pcap(text_, what, now);
    }
  }

  /// The connection has ended. Where messages are written as they are there is nothing to write.
  void take_end() {
    const WallTime now = std::chrono::system_clock::now();
    if (form_ == MonitorOptions::Form::text) append_end(text_, now);
    if (form_ == MonitorOptions::Form::profile) append_profile_end(text_, now);
  }

  [[nodiscard]] bool is_full() const { return text_.size() >= batch_bytes; }

  Done write() {
    for (std::string_view rest = text_; !rest.empty();) {
      const ssize_t wrote = ::write(STDOUT_FILENO, rest.data(), rest.size());
      if (wrote >= 0) {
        rest.remove_prefix(static_cast<std::size_t>(wrote));
      } else if (errno != EINTR) {
        return std::unexpected(fmt::format("cannot write to stdout: {}", std::strerror(errno)));
      }
    }
    text_.clear();
    return {};
  }

 private:
  MonitorOptions::Form form_;
  std::string text_;  // not written yet
};

/// Sleeps until the bus says something. An error if nobody reads our output any more: then there is
/// nothing to wait for.
Done wait_for(const connection& bus) {
  std::array what{pollfd{bus.fd(), POLLIN, 0}, pollfd{STDOUT_FILENO, 0, 0}};
  ::poll(what.data(), what.size(), -1);
  if ((what[1].revents & (POLLERR | POLLHUP)) != 0) {
    return std::unexpected("nobody reads stdout any more");
  }
  return {};
}

Done monitor(const connection& bus, MonitorOptions::Form form) {
  Printer printer(form);
  try {
    for (;;) {
      while (const auto message = bus.next_message(std::chrono::nanoseconds::zero())) {
        printer.take(*message);
        if (printer.is_full()) TRY_VOID(printer.write());
      }
      TRY_VOID(printer.write());
      TRY_VOID(wait_for(bus));
    }
  } catch (const error& e) {
    if (!e.is(error_name::disconnected)) throw;
  }
  printer.take_end();
  return printer.write();
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
