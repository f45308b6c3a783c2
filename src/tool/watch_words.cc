// SPDX-License-Identifier: MIT
#include "tool/watch_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tool/monitor_line.h"
#include "tool/object_path.h"
#include "tool/peer_book.h"
#include "tool/value_print.h"
#include "wire/match_rule.h"

namespace headway::tool {
namespace {

constexpr std::string_view properties = "org.freedesktop.DBus.Properties";
constexpr std::string_view object_manager = "org.freedesktop.DBus.ObjectManager";

// Of a longer value only the beginning is shown.
constexpr std::size_t value_bytes_max = 200;

bool is(const message& what, std::string_view interface, std::string_view member,
        std::string_view signature) {
  return what.interface() == interface && what.member() == member && what.signature() == signature;
}

std::vector<std::string> texts_in(message_reader& array) {
  std::vector<std::string> texts;
  array.enter();
  while (!array.at_end()) texts.emplace_back(array.string());
  array.leave();
  return texts;
}

std::string listed(const std::vector<std::string>& names) {
  return visible(fmt::format("{}", fmt::join(names, ", ")));
}

wire::MatchRule rule_of(const WatchScope& scope) {
  wire::MatchRule rule;
  rule.type = wire::MessageType::signal;
  rule.sender = scope.service;
  return rule;
}

}  // namespace

/// A signal that is told, and what was told of it.
struct WatchWords::Event {
  const message& what;
  std::string_view who;
  WallTime when;
  std::string told{};
};

std::vector<std::string> WatchScope::rules() const {
  std::vector<std::string> rules;
  wire::MatchRule rule = rule_of(*this);
  rule.path_namespace = path;
  rule.interface = interface;
  rules.push_back(to_string(rule));
  if (!interface.empty()) {
    rule.interface = properties;
    rule.arguments.push_back({.index = 0, .value = interface});
    rules.push_back(to_string(rule));
  }
  // An object manager speaks for objects below it.
  if (!path.empty() || !interface.empty()) {
    wire::MatchRule manager = rule_of(*this);
    manager.interface = object_manager;
    rules.push_back(to_string(manager));
  }
  if (!service.empty()) {
    wire::MatchRule owner;
    owner.type = wire::MessageType::signal;
    owner.sender = bus_name;
    owner.member = "NameOwnerChanged";
    owner.arguments.push_back({.index = 0, .value = service});
    rules.push_back(to_string(owner));
  }
  return rules;
}

void WatchWords::learn(std::string_view sender, std::string_view path, std::string_view interface,
                       message_reader& dictionary) {
  for (dictionary.enter(); !dictionary.at_end(); dictionary.leave()) {
    dictionary.enter();
    const std::string_view name = dictionary.string();
    remember({std::string(sender), std::string(path), std::string(interface), std::string(name)},
             value_of(dictionary));
  }
  dictionary.leave();
}

void WatchWords::forget(std::string_view sender) {
  std::erase_if(values_, [&](const auto& entry) { return std::get<0>(entry.first) == sender; });
}

std::string WatchWords::tell(const message& what, std::string_view who, WallTime when) {
  Event event{what, who, when};
  if (what.type() != message_type::signal) return {};
  if (what.sender() == bus_name && is(what, bus_name, "NameOwnerChanged", "sss")) {
    tell_owner(event);
  } else if (is(what, properties, "PropertiesChanged", "sa{sv}as")) {
    tell_properties(event);
  } else if (is(what, object_manager, "InterfacesAdded", "oa{sa{sv}}")) {
    tell_appeared(event);
  } else if (is(what, object_manager, "InterfacesRemoved", "oas")) {
    tell_vanished(event);
  } else {
    tell_signal(event);
  }
  return std::move(event.told);
}

bool WatchWords::takes_path(std::string_view path) const {
  return scope_.path.empty() || lies_below(path, scope_.path);
}

bool WatchWords::takes_interface(std::string_view interface) const {
  return scope_.interface.empty() || interface == scope_.interface;
}

WatchWords::Value WatchWords::value_of(message_reader& variant) {
  message_reader again = variant;
  JsonText json;
  append_json(json, again);
  std::string text = line_of_value(variant, Output(false, false));
  return {cut_text(std::move(text), value_bytes_max), json.text()};
}

std::optional<WatchWords::Value> WatchWords::remember(const Key& which, Value value) {
  const auto known = values_.find(which);
  if (known != values_.end()) return std::exchange(known->second, std::move(value));
  if (values_.size() < values_max) values_.emplace(which, std::move(value));
  return std::nullopt;
}

void WatchWords::tell_owner(Event& event) {
  auto values = event.what.body();
  const std::string_view name = values.string();
  const std::string_view before = values.string();
  const std::string_view now = values.string();
  // Connections come and go with every program that asks something.
  if (is_unique_name(name)) return;
  JsonText json = open(event, "owner", "");
  json.member("name", name).member_if("before", before).member_if("owner", now);
  const std::string words = now.empty()      ? std::string("vanished")
                            : before.empty() ? fmt::format("appeared as {}", now)
                                             : fmt::format("passed from {} to {}", before, now);
  event.who = name;
  put(event, "", output_.paint(now.empty() ? Style::bad : Style::good, words), std::move(json));
}

void WatchWords::tell_properties(Event& event) {
  auto values = event.what.body();
  const std::string_view interface = values.string();
  if (!takes_interface(interface) || !takes_path(event.what.path())) return;
  for (values.enter(); !values.at_end(); values.leave()) {
    values.enter();
    const std::string_view name = values.string();
    tell_property(event, interface, name, value_of(values));
  }
  values.leave();
  for (const std::string& name : texts_in(values)) {
    const auto reply = ask_(event.what.sender(), event.what.path(), interface, name);
    if (!reply || reply->signature() != "v") {
      tell_property(event, interface, name, std::nullopt);
      continue;
    }
    auto value = reply->body();
    tell_property(event, interface, name, value_of(value));
  }
}

void WatchWords::tell_property(Event& event, std::string_view interface, std::string_view name,
                               std::optional<Value> value) {
  const message& what = event.what;
  const Key which{what.sender(), what.path(), interface, name};
  const std::optional<Value> before = value ? remember(which, *value) : std::nullopt;
  JsonText json = open(event, "property", what.path());
  json.member("interface", interface).member("property", name);
  if (before) json.key("before").written(before->json);
  if (value) json.key("value").written(value->json);
  std::string words = output_.paint(Style::strong, visible(name));
  if (!value) {
    words += " changed";
  } else if (before && before->text != value->text) {
    words += fmt::format(" {} -> {}", before->text, value->text);
  } else {
    words += fmt::format(" = {}", value->text);
  }
  put(event, what.path(), words, std::move(json));
}

void WatchWords::tell_appeared(Event& event) {
  auto values = event.what.body();
  const std::string_view path = values.object_path();
  std::vector<std::string> interfaces;
  for (values.enter(); !values.at_end(); values.leave()) {
    values.enter();
    interfaces.emplace_back(values.string());
    learn(event.what.sender(), path, interfaces.back(), values);
  }
  values.leave();
  if (!takes_path(path) ||
      std::ranges::none_of(interfaces, [&](auto& name) { return takes_interface(name); })) {
    return;
  }
  JsonText json = open(event, "appeared", path);
  json.key("interfaces").open_array();
  for (const std::string& name : interfaces) json.string(name);
  json.close_array();
  put(event, path,
      output_.paint(Style::good, "appeared") + fmt::format(" with {}", listed(interfaces)),
      std::move(json));
}

void WatchWords::tell_vanished(Event& event) {
  auto values = event.what.body();
  const std::string_view path = values.object_path();
  const std::vector<std::string> interfaces = texts_in(values);
  if (!takes_path(path) ||
      (!interfaces.empty() &&
       std::ranges::none_of(interfaces, [&](auto& name) { return takes_interface(name); }))) {
    return;
  }
  std::erase_if(values_, [&](const auto& entry) {
    const auto& [sender, object, interface, name] = entry.first;
    return sender == event.what.sender() && object == path &&
           std::ranges::find(interfaces, interface) != interfaces.end();
  });
  JsonText json = open(event, "vanished", path);
  json.key("interfaces").open_array();
  for (const std::string& name : interfaces) json.string(name);
  json.close_array();
  put(event, path, fmt::format("{} {}", listed(interfaces), output_.paint(Style::bad, "vanished")),
      std::move(json));
}

void WatchWords::tell_signal(Event& event) {
  const message& what = event.what;
  if (!takes_path(what.path()) || !takes_interface(what.interface())) return;
  // What the bus says to this program alone.
  if (what.sender() == bus_name && !what.destination().empty()) return;
  JsonText json = open(event, "signal", what.path());
  json.member("interface", what.interface()).member("member", what.member()).key("body");
  append_json_body(json, what);
  put(event, what.path(),
      fmt::format("{}({})", output_.paint(Style::strong, what.member()), short_values(what)),
      std::move(json));
}

JsonText WatchWords::open(const Event& event, std::string_view kind, std::string_view path) const {
  JsonText json;
  const auto since =
      std::chrono::duration_cast<std::chrono::microseconds>(event.when.time_since_epoch());
  json.open_object().key("time_usec").number(since.count());
  json.member("kind", kind).member("sender", event.what.sender()).member_if("path", path);
  return json;
}

void WatchWords::put(Event& event, std::string_view path, std::string_view words,
                     JsonText json) const {
  if (output_.is_json()) {
    json.close_object();
    event.told += json.text() + '\n';
    return;
  }
  event.told += fmt::format("{} {}{}{}: {}\n", output_.paint(Style::faint, time_of_day(event.when)),
                            output_.paint(Style::name, visible(event.who)), path.empty() ? "" : " ",
                            path, words);
}

}  // namespace headway::tool
