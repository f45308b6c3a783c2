// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "tool/monitor_filter.h"
#include "tool/monitor_line.h"
#include "tool/monitor_loop.h"
#include "tool/monitored_bus.h"
#include "tool/output.h"
#include "tool/pcap.h"
#include "tool/traffic.h"
#include "tool/verbs.h"

namespace headway::tool {
namespace {

constexpr std::array options{
    VerbOption{"--name", "-n", "NAME", WordKind::service,
               "from or to who has this name, answers too, whoever has it at the time"},
    VerbOption{"--interface", "-i", "INTERFACE", WordKind::interface, "of this interface"},
    VerbOption{"--member", "-m", "MEMBER", WordKind::text, "of this method or signal"},
    VerbOption{"--path", "-p", "PATH", WordKind::path, "of this object"},
    VerbOption{"--path-namespace", "", "PATH", WordKind::path, "of this object or one below it"},
    VerbOption{"--type", "", "TYPE", WordKind::choice, "of this type", "call return error signal"},
    VerbOption{"--executable", "-e", "PROGRAM", WordKind::text,
               "from this program: its path, or the last part of it"},
    VerbOption{"--pid", "", "PID", WordKind::number, "from this process"},
    VerbOption{"--uid", "", "UID", WordKind::number, "from processes of this user"},
    VerbOption{"--count", "-c", "N", WordKind::number, "end after that many"},
    VerbOption{"--duration", "-d", "DURATION", WordKind::duration, "end after that long"},
    VerbOption{"--pcap", "", "FILE", WordKind::file,
               "write them into a file for Wireshark or Bustle; - is stdout"},
    VerbOption{"--read", "", "FILE", WordKind::file,
               "show what is in such a file instead of what goes through a bus; - is stdin"},
};
constexpr std::array examples{
    VerbExample{"headway monitor --system --name org.freedesktop.login1",
                "what logind is asked, what it answers and what it says"},
    VerbExample{"headway monitor -e 'firefox*' --type call -v",
                "what Firefox calls, with all arguments"},
    VerbExample{"headway monitor --pcap bus.pcap --duration 1min", "a record for a bug report"},
    VerbExample{"headway monitor --read bus.pcap -i org.freedesktop.Notifications",
                "a part of such a record"},
    VerbExample{"headway monitor --json | jq 'select(.latency_usec > 100000)'", "slow answers"},
};

std::vector<std::string> texts_of(const Invocation& how, std::string_view option) {
  const auto values = how.values(option);
  return {values.begin(), values.end()};
}

MonitorFilter filter_of(const Invocation& how) {
  MonitorFilter filter{.types = {},
                       .names = texts_of(how, "--name"),
                       .interfaces = texts_of(how, "--interface"),
                       .members = texts_of(how, "--member"),
                       .paths = texts_of(how, "--path"),
                       .path_namespaces = texts_of(how, "--path-namespace"),
                       .executables = texts_of(how, "--executable"),
                       .pids = how.numbers("--pid"),
                       .uids = how.numbers("--uid")};
  for (const std::string_view word : how.values("--type")) {
    if (const auto type = parse_message_type(word)) filter.types.push_back(*type);
  }
  return filter;
}

Failure cannot(std::string_view what, std::string_view file) {
  return {exit_refused, fmt::format("cannot {} {}: {}", what, file, std::strerror(errno))};
}

/// How messages are shown, and how many.
class Screen {
 public:
  static Outcome<Screen> open(const Invocation& how) {
    Screen screen(how);
    screen.left_ = how.number("--count");
    const std::string file(how.value("--pcap").value_or(""));
    if (file.empty()) return screen;
    if (how.has("--json")) {
      return std::unexpected(Failure{exit_usage, "--json and --pcap are two forms; choose one"});
    }
    screen.form_ = Form::pcap;
    screen.writer_.text() = pcap_head();
    if (file == "-") return screen;
    screen.file_ = Fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!screen.file_) return std::unexpected(cannot("write", file));
    screen.writer_.set_fd(screen.file_.get());
    return screen;
  }

  void show(const Sighting& seen, const PeerBook& peers) {
    if (left_ && *left_ == 0) return;
    if (left_) --*left_;
    std::string& out = writer_.text();
    switch (form_) {
      case Form::line:
        out += text_.line(seen, peers);
        return;
      case Form::full:
        out += text_.in_full(seen, peers);
        return;
      case Form::json:
        out += json_of(seen, peers).text() + '\n';
        return;
      case Form::pcap:
        return append_pcap(out, seen.what, seen.when);
    }
  }

  [[nodiscard]] bool is_done() const { return left_ && *left_ == 0; }
  [[nodiscard]] BatchWriter& writer() { return writer_; }

 private:
  enum class Form : std::uint8_t { line, full, json, pcap };

  explicit Screen(const Invocation& how) : text_(Output(how)), writer_(STDOUT_FILENO) {
    if (how.has("--verbose")) form_ = Form::full;
    if (how.has("--json")) form_ = Form::json;
  }

  Form form_ = Form::line;
  MonitorText text_;
  std::optional<std::uint32_t> left_;
  Fd file_;
  BatchWriter writer_;
};

void say(std::string_view text) { print(stderr, fmt::format("headway monitor: {}\n", text)); }

class Monitor final : public MessageSink {
 public:
  Monitor(MonitorFilter filter, Screen& screen, MonitoredBus& bus)
      : traffic_(std::move(filter)), screen_(screen), bus_(bus) {}

  Outcome<void> start() { return bus_.start(rules_of(traffic_.filter()), traffic_.peers()); }

  void take(const message& what, WallTime when) override {
    if (const std::uint64_t lost = bus_.take_lost(); lost > 0) {
      say(fmt::format("{} messages were lost, because they came faster than they were shown",
                      lost));
    }
    if (!bus_.take(what, traffic_.peers())) return;
    if (const auto seen = traffic_.judge(what, when)) screen_.show(*seen, traffic_.peers());
    traffic_.follow(what);
  }
  [[nodiscard]] bool is_done() const override { return screen_.is_done(); }

 private:
  Traffic traffic_;
  Screen& screen_;
  MonitoredBus& bus_;
};

Outcome<int> watch_bus(const Invocation& how, MonitorFilter filter, Screen& screen) {
  MonitoredBus bus = TRY(MonitoredBus::open(how));
  Monitor monitor(std::move(filter), screen, bus);
  TRY_VOID(monitor.start());
  std::optional<std::chrono::steady_clock::time_point> deadline;
  if (const auto duration = how.duration("--duration")) {
    deadline = std::chrono::steady_clock::now() + *duration;
  }
  return exit_of(run_monitor(bus.watching(), monitor, screen.writer(), deadline),
                 how.value("--pcap").value_or("to stdout"), [&] { return bus.loss(); });
}

Outcome<int> read_capture(const std::string& name, MonitorFilter filter, Screen& screen) {
  const bool is_stdin = name == "-";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(
      is_stdin ? nullptr : std::fopen(name.c_str(), "re"), &std::fclose);
  if (!is_stdin && !opened) return std::unexpected(cannot("read", name));
  const auto wrong = [&](std::string_view why) {
    return std::unexpected(Failure{exit_refused, fmt::format("{}: {}", name, why)});
  };
  auto reader = PcapReader::open(is_stdin ? stdin : opened.get());
  if (!reader) return wrong(reader.error());
  Traffic traffic(std::move(filter));
  std::string problem;
  while (!screen.is_done()) {
    auto record = reader->next();
    if (!record) problem = record.error();
    if (!record || !*record) break;
    const auto& [when, what] = **record;
    if (const auto seen = traffic.judge(what, when)) screen.show(*seen, traffic.peers());
    traffic.follow(what);
    if (screen.writer().is_full() && !screen.writer().write()) break;
  }
  if (!screen.writer().write()) return std::unexpected(cannot("write", "to stdout"));
  if (!problem.empty()) return wrong(problem);
  return exit_done;
}

Outcome<int> run(const Invocation& how) {
  MonitorFilter filter = filter_of(how);
  if (how.has("--read") && filter.asks_for_process()) {
    return std::unexpected(
        Failure{exit_usage,
                "a file does not say which process a message is from: no --executable, --pid "
                "or --uid with --read"});
  }
  Screen screen = TRY(Screen::open(how));
  if (const auto file = how.value("--read")) {
    return read_capture(std::string(*file), std::move(filter), screen);
  }
  return watch_bus(how, std::move(filter), screen);
}

}  // namespace

constinit const Verb verb_monitor{
    .name = "monitor",
    .summary = "show the messages that go through a bus",
    .description =
        R"(Shows every message that goes through a bus, from whomever to whomever, a line each:
when, of which type, from whom, to whom and what about. Peers are called by a name they have, or
else by their unique name and program. A reply is shown with the member of its call and how long
it took. With --verbose all values follow, one by one. Values that are too long for a line are
cut there.

Options choose messages. Of one option given several times any will do; of different ones all
must fit. Names, interfaces, members, paths and programs may have *, ? and [] as in a shell. A
reply is shown if its call fits, except that --type looks at each message for itself. Of a peer
that left before the bus could be asked about it, program, process and user stay unknown.

Only root and the user that the bus runs as may see everything. A monitor does not slow the bus
or others down: if it cannot keep up, the bus drops it, and it says so.

With --json each message is an object: time_usec, type, sender, destination, path, interface,
member, error, serial, reply_serial, flags, body; of both peers, as far as they are known,
names, pid, uid and executable (sender_pid ...); of a reply, call and latency_usec.)",
    .options = options,
    .examples = examples,
    .run = run,
};

}  // namespace headway::tool
