// SPDX-License-Identifier: MIT
#include "tool/monitor_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <string_view>

#include "tool/value_print.h"

namespace headway::tool {
namespace {

// Longer names push what follows them to the right instead.
constexpr std::size_t columns_max = 36;
// As much of the values as a line shows.
constexpr std::size_t values_bytes_max = 160;
// Of longer messages a line says only of which types the containers in it are.
constexpr std::size_t message_bytes_max = 8192;

std::string short_value(message_reader& from, bool is_long_message) {
  const std::string_view type = from.type_signature();
  if (type == "s") return quoted(cut_text(std::string(from.string()), values_bytes_max));
  const bool is_short = type.size() == 1 && type != "v";
  if (is_short || !is_long_message) return line_of_value(from, Output(false, false));
  std::string text = fmt::format("{}...", type);
  from.skip();
  return text;
}

std::string padded(std::string text, std::size_t& columns) {
  const std::size_t width = width_of(text);
  if (width <= columns_max) columns = std::max(columns, width);
  text.append(columns > width ? columns - width : 0, ' ');
  return text;
}

std::string type_text(message_type type) {
  const std::string_view word = word_of(type);
  return word != "unknown" ? std::string(word) : fmt::format("type {}", static_cast<int>(type));
}

/// "org.example.Clock.Set"; an interface may be missing.
std::string full_member(std::string_view interface, std::string_view member) {
  return interface.empty() ? std::string(member) : fmt::format("{}.{}", interface, member);
}

void append_indented(std::string& out, std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size() - 1) + 1;
    out.append("    ").append(lines.substr(0, end));
    lines.remove_prefix(end);
  }
}

bool is_answer(const message& what) {
  return what.type() == message_type::method_return || what.type() == message_type::error;
}

void put_peer(JsonText& json, std::string_view role, std::string_view name, const PeerBook& peers) {
  if (name.empty()) return;
  json.member(role, name);
  const KnownPeer* const peer = peers.find(name);
  if (peer == nullptr) return;
  if (!peer->names.empty()) {
    json.key(fmt::format("{}_names", role)).open_array();
    for (const std::string& owned : peer->names) json.string(owned);
    json.close_array();
  }
  if (peer->pid) json.key(fmt::format("{}_pid", role)).number(*peer->pid);
  if (peer->uid) json.key(fmt::format("{}_uid", role)).number(*peer->uid);
  json.member_if(fmt::format("{}_executable", role), peer->executable);
}

void put_call(JsonText& json, const Sighting& seen) {
  if (!seen.call) return;
  json.key("call").open_object();
  json.member_if("destination", seen.call->destination).member("path", seen.call->path);
  json.member_if("interface", seen.call->interface).member("member", seen.call->member);
  json.close_object();
  const auto latency = std::chrono::duration_cast<std::chrono::microseconds>(*seen.latency());
  json.key("latency_usec").number(latency.count());
}

}  // namespace

std::string cut_text(std::string text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t size = bytes_max;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  text.resize(size);
  return text + "...";
}

std::string short_values(const message& what) {
  const bool is_long = what.bytes().size() > message_bytes_max;
  std::string text;
  for (auto values = what.body(); !values.at_end();) {
    if (!text.empty()) text += ", ";
    if (text.size() >= values_bytes_max) return text + "...";
    text += short_value(values, is_long);
  }
  return cut_text(std::move(text), values_bytes_max);
}

std::string time_of_day(WallTime when) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(when.time_since_epoch());
  const auto rest =
      std::chrono::duration_cast<std::chrono::microseconds>(when.time_since_epoch() - seconds);
  const std::time_t clock = seconds.count();
  std::tm local{};
  ::localtime_r(&clock, &local);
  return fmt::format("{:02}:{:02}:{:02}.{:06}", local.tm_hour, local.tm_min, local.tm_sec,
                     rest.count());
}

std::string latency_text(std::chrono::nanoseconds latency) {
  const double microseconds = static_cast<double>(latency.count()) / 1e3;
  if (microseconds < 1e3) return fmt::format("{:.0f} us", microseconds);
  if (microseconds < 1e6) return fmt::format("{:.2f} ms", microseconds / 1e3);
  return fmt::format("{:.2f} s", microseconds / 1e6);
}

std::string MonitorText::head(const Sighting& seen, const PeerBook& peers) {
  const message& what = seen.what;
  const std::string_view to = what.destination();
  const std::string sender = visible(peers.label_of(what.sender()));
  const std::string receiver = to.empty() ? "(all)" : visible(peers.label_of(to));
  const Style kind = what.type() == message_type::error ? Style::bad : Style::type;
  return fmt::format("{} {} {} > {} ", output_.paint(Style::faint, time_of_day(seen.when)),
                     output_.paint(kind, fmt::format("{:<6}", type_text(what.type()))),
                     output_.paint(Style::name, padded(sender, sender_columns_)),
                     output_.paint(Style::name, padded(receiver, destination_columns_)));
}

std::string MonitorText::subject(const Sighting& seen) const {
  const message& what = seen.what;
  if (!is_answer(what)) {
    return fmt::format("{} {}", what.path(),
                       output_.paint(Style::strong, full_member(what.interface(), what.member())));
  }
  std::string text = seen.call ? output_.paint(Style::strong, seen.call->member)
                               : fmt::format("(call {})", what.reply_serial());
  if (what.type() == message_type::error) {
    text += ": " + output_.paint(Style::bad, what.error_name());
  }
  return text;
}

std::string MonitorText::tail(const Sighting& seen) const {
  const auto latency = seen.latency();
  return latency ? "  " + output_.paint(Style::faint, latency_text(*latency)) : "";
}

std::string MonitorText::line(const Sighting& seen, const PeerBook& peers) {
  return fmt::format("{}{}({}){}\n", head(seen, peers), subject(seen), short_values(seen.what),
                     tail(seen));
}

std::string MonitorText::in_full(const Sighting& seen, const PeerBook& peers) {
  std::string text = fmt::format("{}{}{}\n", head(seen, peers), subject(seen), tail(seen));
  for (auto values = seen.what.body(); !values.at_end();) {
    append_indented(text, text_of_value(values, output_));
  }
  return text;
}

JsonText json_of(const Sighting& seen, const PeerBook& peers) {
  const message& what = seen.what;
  const auto since =
      std::chrono::duration_cast<std::chrono::microseconds>(seen.when.time_since_epoch());
  JsonText json;
  json.open_object().key("time_usec").number(since.count());
  json.member("type", type_text(what.type()));
  put_peer(json, "sender", what.sender(), peers);
  put_peer(json, "destination", what.destination(), peers);
  json.member_if("path", what.path()).member_if("interface", what.interface());
  json.member_if("member", what.member()).member_if("error", what.error_name());
  json.key("serial").number(what.serial());
  if (what.reply_serial() != 0) json.key("reply_serial").number(what.reply_serial());
  if (what.flags() != 0) json.key("flags").number(what.flags());
  put_call(json, seen);
  json.key("body");
  append_json_body(json, what);
  json.close_object();
  return json;
}

}  // namespace headway::tool
