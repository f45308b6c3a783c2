// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/result.h"
#include "tool/monitor_line.h"
#include "tool/monitor_loop.h"
#include "tool/monitored_bus.h"
#include "tool/output.h"
#include "tool/traffic_meter.h"
#include "tool/verbs.h"

namespace headway::tool {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::array options{
    VerbOption{"--interval", "-i", "DURATION", WordKind::duration,
               "count for so long each time; a second if it is not given"},
    VerbOption{"--count", "-n", "N", WordKind::number, "end after that many times"},
    VerbOption{"--once", "", "", WordKind::text, "end after the first"},
    VerbOption{"--sort", "-s", "KEY", WordKind::choice, "what decides who comes first",
               "messages bytes waiting owed"},
};
constexpr std::array examples{
    VerbExample{"headway top --system", "who keeps the system bus busy"},
    VerbExample{"headway top --once --interval 10s --sort bytes", "ten seconds, in one table"},
    VerbExample{"headway top --json | jq -c '.peers[] | select(.owed > 0)'", "who does not answer"},
};

constexpr auto interval_min = 1ms;

/// What was counted from one end of an interval to the next.
struct Count {
  WallTime when;  // the end
  std::chrono::duration<double> length{};
  std::vector<PeerTraffic> peers;
  std::uint64_t lost = 0;

  [[nodiscard]] double rate(std::uint64_t number) const {
    return static_cast<double>(number) / length.count();
  }
  [[nodiscard]] std::uint64_t sum(std::uint64_t PeerTraffic::* what) const {
    return std::transform_reduce(peers.begin(), peers.end(), std::uint64_t{0}, std::plus(),
                                 [&](const PeerTraffic& peer) { return peer.*what; });
  }
};

/// Counts what a bus shows.
class Meter final : public MessageSink {
 public:
  explicit Meter(MonitoredBus& bus) : bus_(bus) {}

  Outcome<void> start() {
    TRY_VOID(bus_.start({}, peers_));
    begin_ = Clock::now();
    return {};
  }

  void take(const message& what, WallTime when) override {
    if (!bus_.take(what, peers_)) return;
    meter_.take(what, when, peers_);
    peers_.follow(what);
  }

  Count end_interval(std::uint64_t PeerTraffic::* first) {
    const auto now = Clock::now();
    Count count{.when = std::chrono::system_clock::now(),
                .length = now - std::exchange(begin_, now),
                .peers = meter_.end_interval(peers_),
                .lost = bus_.take_lost()};
    std::ranges::sort(count.peers, [&](const PeerTraffic& one, const PeerTraffic& other) {
      return std::tie(other.*first, other.messages, one.name) <
             std::tie(one.*first, one.messages, other.name);
    });
    return count;
  }

 private:
  MonitoredBus& bus_;
  PeerBook peers_;
  TrafficMeter meter_;
  Clock::time_point begin_;
};

std::uint64_t PeerTraffic::* key_of(std::string_view word) {
  if (word == "bytes") return &PeerTraffic::bytes;
  if (word == "waiting") return &PeerTraffic::waiting;
  return word == "owed" ? &PeerTraffic::owed : &PeerTraffic::messages;
}

/// "0.5", "120", "34.5k", "1.2M"
std::string amount(double number) {
  if (number >= 1e6) return fmt::format("{:.1f}M", number / 1e6);
  if (number >= 1e4) return fmt::format("{:.1f}k", number / 1e3);
  return fmt::format("{:.{}f}", number, number > 0 && number < 10 ? 1 : 0);
}

JsonText json_of(const Count& count) {
  JsonText json;
  json.open_object().key("time_usec");
  json.number(
      std::chrono::duration_cast<std::chrono::microseconds>(count.when.time_since_epoch()).count());
  json.key("seconds").number(count.length.count()).key("lost").number(count.lost);
  json.key("peers").open_array();
  for (const PeerTraffic& peer : count.peers) {
    json.open_object().member_if("name", peer.name);
    if (!peer.who.names.empty()) {
      json.key("names").open_array();
      for (const std::string& owned : peer.who.names) json.string(owned);
      json.close_array();
    }
    if (peer.who.pid) json.key("pid").number(*peer.who.pid);
    if (peer.who.uid) json.key("uid").number(*peer.who.uid);
    json.member_if("executable", peer.who.executable);
    json.key("messages").number(peer.messages).key("bytes").number(peer.bytes);
    json.key("waiting").number(peer.waiting).key("owed").number(peer.owed);
    json.close_object();
  }
  json.close_array().close_object();
  return json;
}

/// A table, with as many peers as there are lines for.
class TopText {
 public:
  TopText(const Output& output, std::string bus) : output_(output), bus_(std::move(bus)) {}

  [[nodiscard]] std::string text(const Count& count, std::size_t lines_max) const {
    std::string text = fmt::format(
        "{}  {} messages/s, {} bytes/s, {} calls wait on {}{}\n", time_of_day(count.when),
        amount(count.rate(count.sum(&PeerTraffic::messages))),
        amount(count.rate(count.sum(&PeerTraffic::bytes))), count.sum(&PeerTraffic::waiting), bus_,
        count.lost == 0 ? "" : fmt::format("; {} messages were lost", count.lost));
    constexpr std::size_t others = 3;  // that line, the head, and how many are not shown
    const bool is_cut = count.peers.size() + others - 1 > lines_max;
    const std::size_t shown =
        is_cut ? (lines_max > others ? lines_max - others : 1) : count.peers.size();
    Table table;
    table.add({{"   MSG/S", Style::strong},
               {" BYTES/S", Style::strong},
               {"WAITING", Style::strong},
               {"OWED", Style::strong},
               {"PEER", Style::strong},
               {"PID", Style::strong},
               {"PROGRAM", Style::strong},
               {"NAMES", Style::strong}});
    for (std::size_t i = 0; i < shown; ++i) table.add(row_of(count.peers[i], count));
    text += table.text(output_);
    if (is_cut) text += fmt::format("... and {} more\n", count.peers.size() - shown);
    return text;
  }

 private:
  [[nodiscard]] static std::vector<Table::Cell> row_of(const PeerTraffic& peer,
                                                       const Count& count) {
    std::string names;
    for (const std::string& name : peer.who.names) names += (names.empty() ? "" : " ") + name;
    const std::string_view program = file_name_of(peer.who.executable);
    return {{fmt::format("{:>8}", amount(count.rate(peer.messages)))},
            {fmt::format("{:>8}", amount(count.rate(peer.bytes)))},
            {fmt::format("{:>7}", peer.waiting), peer.waiting == 0 ? Style::faint : Style::plain},
            {fmt::format("{:>4}", peer.owed), peer.owed == 0 ? Style::faint : Style::plain},
            {peer.name.empty() ? "(others)" : peer.name, Style::name},
            {peer.who.pid ? std::to_string(*peer.who.pid) : "-"},
            {program.empty() ? "-" : std::string(program)},
            {names, Style::name}};
  }

  const Output& output_;
  std::string bus_;
};

/// The same place on a terminal each time; elsewhere one table after the other.
class Screen {
 public:
  Screen(const Output& output, std::string bus)
      : output_(output), text_(output, std::move(bus)), is_refreshed_(output.is_screen()) {}

  void show(const Count& count, std::string& out) {
    if (output_.is_json()) {
      out += json_of(count).text() + '\n';
    } else if (is_refreshed_) {
      refresh(text_.text(count, lines()), out);
    } else {
      if (std::exchange(has_shown_, true)) out += '\n';
      out += text_.text(count, SIZE_MAX);
    }
  }

 private:
  static std::size_t lines() {
    winsize size{};
    const bool is_known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
    return is_known ? size.ws_row - 1u : 24;
  }

  /// Over what stands there, which does not flicker; long lines are cut.
  static void refresh(std::string_view text, std::string& out) {
    out += "\033[H\033[?7l";
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      out.append(text.substr(0, end)).append("\033[K\r\n");
      text.remove_prefix(end + 1);
    }
    out += "\033[J\033[?7h";
  }

  const Output& output_;
  TopText text_;
  bool is_refreshed_;
  bool has_shown_ = false;
};

Outcome<int> run(const Invocation& how) {
  const Output output(how);
  const auto interval = how.duration("--interval").value_or(1s);
  if (interval < interval_min) {
    return std::unexpected(Failure{exit_usage, "--interval is at least 1ms"});
  }
  auto left = how.number("--count");
  if (how.has("--once")) left = 1;
  const auto first = key_of(how.value("--sort").value_or(""));

  MonitoredBus bus = TRY(MonitoredBus::open(how));
  Meter meter(bus);
  TRY_VOID(meter.start());
  Screen screen(output, bus.asking().which.name);
  BatchWriter writer(STDOUT_FILENO);
  for (auto tick = Clock::now();;) {
    if (left && (*left)-- == 0) return exit_done;
    // Who was held up does not catch up.
    tick = std::max(tick + interval, Clock::now());
    const MonitorEnd end = run_monitor(bus.watching(), meter, writer, tick);
    if (end != MonitorEnd::done) return exit_of(end, "to stdout", [&] { return bus.loss(); });
    screen.show(meter.end_interval(first), writer.text());
    if (!writer.write()) return exit_of(MonitorEnd::unwritable, "to stdout", {});
  }
}

}  // namespace

constinit const Verb verb_top{
    .name = "top",
    .summary = "show who keeps a bus busy",
    .description =
        R"(Counts, over and over, what each connection sends: messages and bytes a second; how
many of its calls wait for an answer, and how many calls it owes one. Whoever sends nothing and
has to do with no such call is left out. On a terminal the table stays in its place.

Only root and the user that the bus runs as may see everything. A peer that left before the bus
could be asked about it has no process or program.

With --json each interval is an object: time_usec (its end), seconds, lost (messages that came
faster than they were counted), peers; of each name, names, pid, uid and executable as far as they
are known, messages, bytes, waiting, owed. Beyond 4096 connections the others are one peer
without a name.)",
    .options = options,
    .examples = examples,
    .run = run,
};

}  // namespace headway::tool
