// SPDX-License-Identifier: MIT
#include "daemon/command_line.h"

#include <fmt/format.h>

#include <charconv>

#include "base/result.h"
#include "config/bus_config.h"

namespace headway::daemon {
namespace {

using Failure = std::unexpected<std::string>;
using Done = std::expected<void, std::string>;

constexpr int fd_as_argument = -1;  // "--print-address", perhaps followed by a number

std::expected<int, std::string> parse_fd(std::string_view option, std::string_view text) {
  int fd = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), fd);
  if (error != std::errc() || end != text.data() + text.size() || fd < 0) {
    return Failure(fmt::format("Invalid file descriptor: \"{}\" ({})", text, option));
  }
  return fd;
}

/// Goes through the arguments one by one; what an option still wants is in `open_`.
class Parser {
 public:
  Done take(std::string_view argument) {
    if (argument.starts_with('-')) return take_option(argument);
    const std::string_view option = std::exchange(open_, {});
    if (option.empty()) return Failure(fmt::format("Unexpected argument \"{}\"", argument));
    return take_value(option, argument);
  }

  std::expected<CommandLine, std::string> finish() && {
    if (open_ == "--config-file" || open_ == "--address") {
      return Failure(fmt::format("{} needs a value", open_));
    }
    // Without a number they mean standard output.
    if (line_.print_address_to == fd_as_argument) line_.print_address_to = 1;
    if (line_.print_pid_to == fd_as_argument) line_.print_pid_to = 1;
    const bool needs_config = line_.action == CommandLine::Action::run;
    if (needs_config && line_.config_file.empty()) {
      return Failure("One of --system, --session and --config-file must be given");
    }
    return std::move(line_);
  }

 private:
  Done take_option(std::string_view argument) {
    open_ = {};
    const std::size_t equals = argument.find('=');
    const std::string_view option = argument.substr(0, equals);
    if (equals != std::string_view::npos) {
      return take_value(option, argument.substr(equals + 1));
    }
    if (option == "--help" || option == "-h" || option == "-?")
      return act(CommandLine::Action::help);
    if (option == "--version") return act(CommandLine::Action::version);
    if (option == "--introspect") return act(CommandLine::Action::introspect);
    if (option == "--system") return use_config(config::system_config_file);
    if (option == "--session") return use_config(config::session_config_file);
    if (option == "--fork") return use_fork(true);
    if (option == "--nofork") return use_fork(false);
    if (option == "--syslog") return use_syslog(CommandLine::Syslog::both);
    if (option == "--syslog-only") return use_syslog(CommandLine::Syslog::only);
    if (option == "--nosyslog") return use_syslog(CommandLine::Syslog::none);
    if (option == "--nopidfile") return set(line_.writes_pidfile, false);
    if (option == "--systemd-activation") return set(line_.systemd_activation, true);
    if (option == "--print-address")
      return print_to(line_.print_address_to, fd_as_argument, option);
    if (option == "--print-pid") return print_to(line_.print_pid_to, fd_as_argument, option);
    if (option == "--config-file" || option == "--address") {
      open_ = option;
      return {};
    }
    return Failure(fmt::format("Unknown option {}", argument));
  }

  Done take_value(std::string_view option, std::string_view value) {
    if (option == "--config-file") return use_config(value);
    if (option == "--address") {
      line_.address = std::string(value);
      return {};
    }
    if (option == "--print-address" || option == "--print-pid") {
      auto& fd = option == "--print-pid" ? line_.print_pid_to : line_.print_address_to;
      if (fd == fd_as_argument) fd.reset();  // it is this one's number
      const int number = TRY(parse_fd(option, value));
      return print_to(fd, number, option);
    }
    return Failure(fmt::format("Unknown option {}={}", option, value));
  }

  Done act(CommandLine::Action action) { return set(line_.action, action); }

  Done use_config(std::string_view file) {
    if (!line_.config_file.empty()) {
      return Failure("Only one of --system, --session and --config-file may be given");
    }
    if (file.empty()) return Failure("--config-file needs a value");
    line_.config_file = file;
    return {};
  }

  Done use_fork(bool fork) {
    if (line_.fork && *line_.fork != fork) {
      return Failure("--fork and --nofork contradict each other");
    }
    line_.fork = fork;
    return {};
  }

  Done use_syslog(CommandLine::Syslog syslog) {
    if (line_.syslog != CommandLine::Syslog::as_configured && line_.syslog != syslog) {
      return Failure("--syslog, --syslog-only and --nosyslog contradict one another");
    }
    line_.syslog = syslog;
    return {};
  }

  Done print_to(std::optional<int>& where, int fd, std::string_view option) {
    if (where) return Failure(fmt::format("{} may be given only once", option));
    where = fd;
    if (fd == fd_as_argument) open_ = option;
    return {};
  }

  template <class T>
  Done set(T& where, T value) {
    where = value;
    return {};
  }

  CommandLine line_;
  std::string_view open_;  // an option whose value may be the next argument
};

}  // namespace

std::expected<CommandLine, std::string> parse_command_line(std::span<const char* const> arguments) {
  Parser parser;
  for (const char* const argument : arguments) TRY_VOID(parser.take(argument));
  return std::move(parser).finish();
}

std::string_view usage() {
  return R"(usage: headwayd --session | --system | --config-file=FILE [OPTION...]

  --address=ADDRESS        listen here instead of where the configuration says
  --print-address[=FD]     print the address to listen on, by default to stdout
  --print-pid[=FD]         print the process id likewise
  --fork, --nofork         go to the background, or stay, whatever the configuration says
  --syslog, --syslog-only, --nosyslog
                           log to syslog as well, only there, or not at all
  --nopidfile              write no pid file
  --systemd-activation     start services through systemd
  --introspect             print what the bus offers, as XML
  --version, --help
)";
}

}  // namespace headway::daemon
