// SPDX-License-Identifier: MIT
#include "tool/send_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "base/result.h"
#include "tool/command_line.h"
#include "wire/names.h"

namespace headway::tool {
namespace {

using Done = std::expected<void, SendProblem>;

std::unexpected<SendProblem> misused(std::string text = {}) {
  return std::unexpected(SendProblem{.text = std::move(text), .is_usage = true});
}
std::unexpected<SendProblem> wrong(std::string text) {
  return std::unexpected(SendProblem{.text = std::move(text)});
}

class Parser {
 public:
  explicit Parser(Arguments arguments) : line_(arguments) {}

  std::expected<SendOptions, SendProblem> parse() && {
    while (!line_.empty() && !named_) TRY_VOID(take());
    if (!named_) return misused();
    TRY_VOID(check());
    options_.contents = line_.rest();
    return std::move(options_);
  }

 private:
  /// The next argument: up to the message's name options may stand anywhere.
  Done take() {
    if (line_.take_if("--help")) {
      return std::unexpected(SendProblem{.is_usage = true, .is_help = true});
    }
    if (line_.peek().starts_with('-')) return take_option();
    if (!pathed_) {
      pathed_ = true;
      options_.path = line_.take();
    } else {
      named_ = true;
      name_ = line_.take();
    }
    return {};
  }

  Done take_option() {
    if (line_.take_if("--system")) return use_well_known(SendOptions::To::system);
    if (line_.take_if("--session")) return use_well_known(SendOptions::To::session);
    if (line_.take_if("--print-reply")) return print(SendOptions::Print::reply);
    if (line_.take_if("--print-reply=literal")) return print(SendOptions::Print::literally);
    if (const auto bus = line_.take_value("--bus")) return use(SendOptions::To::bus, *bus);
    if (const auto peer = line_.take_value("--peer")) return use(SendOptions::To::peer, *peer);
    if (const auto peer = line_.take_value("--address")) return use(SendOptions::To::peer, *peer);
    if (const auto name = line_.take_value("--sender")) {
      return take_name("--sender", options_.sender, *name);
    }
    if (const auto name = line_.take_value("--dest")) {
      return take_name("--dest", options_.destination, *name);
    }
    if (const auto time = line_.take_value("--reply-timeout")) return take_timeout(*time);
    if (const auto type = line_.take_value("--type")) return take_type(*type);
    return misused(fmt::format("option {} is unknown or has no such value", line_.peek()));
  }

  Done use_well_known(SendOptions::To to) {
    options_.to = to;
    well_known_ = true;
    return {};
  }

  Done use(SendOptions::To to, std::string_view address) {
    if (address.empty()) return misused("--bus and --peer need an address");
    options_.to = to;
    options_.address = address;
    return {};
  }

  Done print(SendOptions::Print how) {
    options_.print = how;
    return {};
  }

  static Done take_name(std::string_view option, std::string& to, std::string_view name) {
    if (!wire::is_bus_name(name)) {
      return misused(fmt::format("invalid value ({}) of \"{}\"", name, option));
    }
    to = name;
    return {};
  }

  Done take_timeout(std::string_view text) {
    const long milliseconds = std::strtol(std::string(text).c_str(), nullptr, 10);
    if (milliseconds <= 0) {
      return misused(fmt::format("invalid value ({}) of \"--reply-timeout\"", text));
    }
    constexpr long longest = std::numeric_limits<int>::max();
    options_.reply_timeout = std::chrono::milliseconds(std::min(milliseconds, longest));
    return {};
  }

  Done take_type(std::string_view text) {
    if (text == "signal") {
      type_ = message_type::signal;
    } else if (text == "method_call") {
      type_ = message_type::method_call;
    } else {
      return wrong(fmt::format("Message type \"{}\" is not supported", text));
    }
    return {};
  }

  Done check() {
    if (well_known_ && !options_.address.empty()) {
      return misused("--bus and --peer may not be used with --system or --session");
    }
    if (options_.to == SendOptions::To::peer && !options_.sender.empty()) {
      return misused("--peer may not be used with --sender: names are owned on a bus");
    }
    const bool replies = options_.print != SendOptions::Print::nothing;
    options_.type = type_.value_or(replies ? message_type::method_call : message_type::signal);
    if (replies && options_.type == message_type::signal) {
      return misused("--print-reply is of no use with a signal: nobody replies to it");
    }
    if (!wire::is_object_path(options_.path)) {
      return wrong(fmt::format("Object path was not valid: '{}'", options_.path));
    }
    return check_name();
  }

  Done check_name() {
    const std::size_t dot = name_.rfind('.');
    if (dot == std::string_view::npos) {
      return wrong(fmt::format("Must use org.mydomain.Interface.{} notation, no dot in \"{}\"",
                               options_.type == message_type::signal ? "Signal" : "Method", name_));
    }
    options_.interface = name_.substr(0, dot);
    options_.member = name_.substr(dot + 1);
    if (!wire::is_interface_name(options_.interface)) {
      return wrong(fmt::format("Interface name was not valid: '{}'", options_.interface));
    }
    if (!wire::is_member_name(options_.member)) {
      return wrong(fmt::format("Member name was not valid: '{}'", options_.member));
    }
    return {};
  }

  CommandLine line_;
  SendOptions options_;
  std::optional<message_type> type_;
  std::string_view name_;  // of the message, with its interface
  bool pathed_ = false;
  bool named_ = false;
  bool well_known_ = false;
};

}  // namespace

std::expected<SendOptions, SendProblem> parse_send(Arguments arguments) {
  return Parser(arguments).parse();
}

}  // namespace headway::tool
