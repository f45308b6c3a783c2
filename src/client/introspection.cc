// SPDX-License-Identifier: MIT
#include "client/introspection.h"

#include <algorithm>
#include <utility>

#include "headway/describe.h"
#include "wire/signature.h"

namespace headway {
namespace client {
namespace {

using introspection::argument;

/// What every object has.
constexpr std::string_view standard = R"(<node>
  <interface name="org.freedesktop.DBus.Peer">
    <method name="Ping"/>
    <method name="GetMachineId">
      <arg name="machine_uuid" type="s" direction="out"/>
    </method>
  </interface>
  <interface name="org.freedesktop.DBus.Introspectable">
    <method name="Introspect">
      <arg name="xml_data" type="s" direction="out"/>
    </method>
  </interface>
  <interface name="org.freedesktop.DBus.Properties">
    <method name="Get">
      <arg name="interface_name" type="s" direction="in"/>
      <arg name="property_name" type="s" direction="in"/>
      <arg name="value" type="v" direction="out"/>
    </method>
    <method name="GetAll">
      <arg name="interface_name" type="s" direction="in"/>
      <arg name="properties" type="a{sv}" direction="out"/>
    </method>
    <method name="Set">
      <arg name="interface_name" type="s" direction="in"/>
      <arg name="property_name" type="s" direction="in"/>
      <arg name="value" type="v" direction="in"/>
    </method>
    <signal name="PropertiesChanged">
      <arg name="interface_name" type="s"/>
      <arg name="changed_properties" type="a{sv}"/>
      <arg name="invalidated_properties" type="as"/>
    </signal>
  </interface>
</node>
)";

/// What a path has where objects below it are managed.
constexpr std::string_view manager = R"(<node>
  <interface name="org.freedesktop.DBus.ObjectManager">
    <method name="GetManagedObjects">
      <arg name="object_paths_interfaces_and_properties" type="a{oa{sa{sv}}}" direction="out"/>
    </method>
    <signal name="InterfacesAdded">
      <arg name="object_path" type="o"/>
      <arg name="interfaces_and_properties" type="a{sa{sv}}"/>
    </signal>
    <signal name="InterfacesRemoved">
      <arg name="object_path" type="o"/>
      <arg name="interfaces" type="as"/>
    </signal>
  </interface>
</node>
)";

/// Takes what stands before the next separator.
std::string_view cut(std::string_view& text, char separator) {
  const std::string_view first = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), first.size() + 1));
  return first;
}

/// `words`, parted by commas, go before `names`.
std::vector<argument> arguments_of(std::string_view types, std::span<const std::string_view> names,
                                   std::string_view words) {
  std::vector<argument> result;
  for (std::size_t i = 0; !types.empty(); ++i) {
    const std::size_t length = wire::complete_type_length(types);
    argument& one = result.emplace_back();
    one.name = cut(words, ',');
    if (one.name.empty() && i < names.size()) one.name = names[i];
    one.type = types.substr(0, length);
    types.remove_prefix(length);
  }
  return result;
}

void add_annotations(introspection::described& to, std::string_view text) {
  while (!text.empty()) {
    std::string_view value = cut(text, '\n');
    const std::string_view name = cut(value, '=');
    to.annotations.push_back({.name = std::string(name), .value = std::string(value)});
  }
}

void describe(introspection::described& what, const detail::member_facts& member) {
  what.name = member.name;
  add_annotations(what, member.words.annotations);
}

void add_method(introspection::interface& to, const detail::member_facts& member) {
  introspection::method& one = to.methods.emplace_back();
  describe(one, member);
  one.in = arguments_of(member.signature, member.names, member.words.arguments);
  one.out = arguments_of(member.returns, member.return_names, member.words.results);
}
void add_property(introspection::interface& to, const detail::member_facts& member) {
  introspection::property& one = to.properties.emplace_back();
  describe(one, member);
  one.type = member.signature;
  one.can_be_read = member.can_be_read;
  one.can_be_set = member.can_be_set;
}
void add_signal(introspection::interface& to, const detail::member_facts& member) {
  introspection::signal& one = to.signals.emplace_back();
  describe(one, member);
  one.arguments = arguments_of(member.signature, member.names, member.words.arguments);
}

introspection::interface interface_of(const detail::offered& object) {
  auto result = detail::interface_named(object.interface, object.annotations);
  for (const auto* member : object.methods) add_method(result, *member);
  for (const auto* member : object.properties) add_property(result, *member);
  for (const auto* member : object.signal_members) add_signal(result, *member);
  return result;
}

}  // namespace

std::string_view annotation_in(std::string_view annotations, std::string_view name) {
  while (!annotations.empty()) {
    std::string_view value = cut(annotations, '\n');
    if (cut(value, '=') == name) return value;
  }
  return {};
}

Emission emission_of(std::string_view member_annotations, std::string_view interface_annotations) {
  constexpr std::string_view key = "org.freedesktop.DBus.Property.EmitsChangedSignal";
  std::string_view said = annotation_in(member_annotations, key);
  if (said.empty()) said = annotation_in(interface_annotations, key);
  if (said == "invalidates") return Emission::invalidation;
  if (said == "const") return Emission::constant;
  return said.empty() || said == "true" ? Emission::value : Emission::nothing;
}

introspection::node node_of(std::span<detail::offered* const> interfaces, bool is_manager,
                            const std::set<std::string>& children) {
  introspection::node result;
  for (const detail::offered* object : interfaces) {
    result.interfaces.push_back(interface_of(*object));
  }
  const auto always = introspection::parse(standard).value().interfaces;
  std::ranges::copy(interfaces.empty() ? std::span(always).first(2) : std::span(always),
                    std::back_inserter(result.interfaces));
  if (is_manager)
    result.interfaces.push_back(introspection::parse(manager).value().interfaces.at(0));
  for (const std::string& child : children) result.children.emplace_back().name = child;
  return result;
}

}  // namespace client

namespace detail {

introspection::interface interface_named(std::string_view name, std::string_view annotations) {
  introspection::interface result;
  result.name = name;
  client::add_annotations(result, annotations);
  return result;
}
void add(introspection::interface& to, const described_method& member) {
  client::add_method(to, member);
}
void add(introspection::interface& to, const described_property& member) {
  client::add_property(to, member);
}
void add(introspection::interface& to, const described_signal& member) {
  client::add_signal(to, member);
}

}  // namespace detail

namespace introspection {

std::string_view find(const std::vector<annotation>& annotations, std::string_view name) noexcept {
  const auto found = std::ranges::find(annotations, name, &annotation::name);
  return found == annotations.end() ? std::string_view() : std::string_view(found->value);
}

bool described::is_deprecated() const noexcept {
  return find(annotations, "org.freedesktop.DBus.Deprecated") == "true";
}

call<node> of(const connection& bus, std::string_view destination, std::string_view path) {
  message what = message_builder::method_call(destination, path,
                                              "org.freedesktop.DBus.Introspectable", "Introspect")
                     .build();
  return bus.call_as<node>(std::move(what), [](const message& reply) {
    detail::check_signature(reply, "s");
    auto read = parse(reply.body().string());
    if (!read) throw std::move(read.error());
    return std::move(*read);
  });
}

walk::walk(std::string_view top, std::size_t objects_max)
    : objects_max_(objects_max), known_{std::string(top)}, waiting_{std::string(top)} {}

void walk::take(result<node> answer) {
  std::string path = std::move(waiting_.front());
  waiting_.pop_front();
  if (answer) {
    std::vector<std::string> below;
    for (const node& child : answer->children) {
      std::string one = (path == "/" ? "/" : path + "/") + child.name;
      if (known_.contains(one)) continue;
      if (one.size() > path_bytes_max || known_.size() >= objects_max_) {
        is_cut_ = true;
        continue;
      }
      known_.insert(one);
      below.push_back(std::move(one));
    }
    std::ranges::sort(below);
    waiting_.insert(waiting_.begin(), std::move_iterator(below.begin()),
                    std::move_iterator(below.end()));
  }
  found_.push_back({.path = std::move(path), .what = std::move(answer)});
}

task<walk> tree(connection bus, std::string destination, std::string path) {
  walk objects(path);
  while (objects.has_next()) {
    auto answer = co_await of(bus, destination, objects.next()).as_result();
    objects.take(std::move(answer));
  }
  co_return objects;
}

walk tree_blocking(const connection& bus, std::string_view destination, std::string_view path) {
  walk objects(path);
  while (objects.has_next()) {
    objects.take(of(bus, destination, objects.next()).as_result().wait());
  }
  return objects;
}

}  // namespace introspection
}  // namespace headway
