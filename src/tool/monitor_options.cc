// SPDX-License-Identifier: MIT
#include "tool/monitor_options.h"

#include "tool/command_line.h"

namespace headway::tool {
namespace {

std::unexpected<MonitorProblem> misused(std::string text) {
  return std::unexpected(MonitorProblem{.text = std::move(text)});
}

std::optional<MonitorOptions::Form> take_form(CommandLine& line) {
  if (line.take_if("--monitor")) return MonitorOptions::Form::text;
  if (line.take_if("--profile")) return MonitorOptions::Form::profile;
  if (line.take_if("--binary")) return MonitorOptions::Form::binary;
  if (line.take_if("--pcap")) return MonitorOptions::Form::pcap;
  return std::nullopt;
}

}  // namespace

std::expected<MonitorOptions, MonitorProblem> parse_monitor(Arguments arguments) {
  CommandLine line(arguments);
  MonitorOptions options;
  int buses = 0;
  while (!line.empty()) {
    if (line.take_if("--")) continue;
    if (line.take_if("--help")) return std::unexpected(MonitorProblem{.is_help = true});
    if (const auto form = take_form(line)) {
      options.form = *form;
    } else if (line.take_if("--session")) {
      ++buses;
    } else if (line.take_if("--system")) {
      ++buses;
      options.of = MonitorOptions::Of::system;
    } else if (line.take_if("--address")) {
      if (line.empty()) return misused("--address needs an address");
      ++buses;
      options.of = MonitorOptions::Of::address;
      options.address = line.take();
    } else if (line.peek().starts_with('-')) {
      return misused("unknown option " + std::string(line.peek()));
    } else {
      options.rules.emplace_back(line.take());
    }
  }
  if (buses > 1) return misused("I only support monitoring one bus at a time!");
  return options;
}

}  // namespace headway::tool
