// SPDX-License-Identifier: MIT
#include "client/introspection.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "wire/signature.h"

namespace headway::client {
namespace {

constexpr std::string_view head =
    R"(<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
<node>
)";

constexpr std::string_view standard = R"(  <interface name="org.freedesktop.DBus.Peer">
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
)";

constexpr std::string_view properties = R"(  <interface name="org.freedesktop.DBus.Properties">
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
)";

using Out = std::back_insert_iterator<std::string>;

void add_arguments(Out out, std::string_view types, std::span<const std::string_view> names,
                   std::string_view direction) {
  for (std::size_t i = 0; !types.empty(); ++i) {
    const std::size_t length = wire::complete_type_length(types);
    const std::string_view name = i < names.size() ? names[i] : std::string_view();
    fmt::format_to(out, "      <arg{} type=\"{}\"{}/>\n",
                   name.empty() ? "" : fmt::format(" name=\"{}\"", name), types.substr(0, length),
                   direction.empty() ? "" : fmt::format(" direction=\"{}\"", direction));
    types.remove_prefix(length);
  }
}

void add_interface(Out out, const detail::offered& object) {
  fmt::format_to(out, "  <interface name=\"{}\">\n", object.interface);
  for (const auto* method : object.methods) {
    fmt::format_to(out, "    <method name=\"{}\">\n", method->name);
    add_arguments(out, method->signature, method->names, "in");
    add_arguments(out, method->returns, method->return_names, "out");
    fmt::format_to(out, "    </method>\n");
  }
  for (const auto* property : object.properties) {
    fmt::format_to(out, "    <property name=\"{}\" type=\"{}\" access=\"{}\"/>\n", property->name,
                   property->signature, property->can_be_set ? "readwrite" : "read");
  }
  for (const auto* signal : object.signals) {
    fmt::format_to(out, "    <signal name=\"{}\">\n", signal->name);
    add_arguments(out, signal->signature, signal->names, "");
    fmt::format_to(out, "    </signal>\n");
  }
  fmt::format_to(out, "  </interface>\n");
}

}  // namespace

std::string introspection_of(std::span<detail::offered* const> interfaces,
                             std::span<const std::string> children) {
  std::string text(head);
  const Out out(text);
  for (const detail::offered* object : interfaces) add_interface(out, *object);
  text += standard;
  if (!interfaces.empty()) text += properties;
  for (const std::string& child : children) fmt::format_to(out, "  <node name=\"{}\"/>\n", child);
  text += "</node>\n";
  return text;
}

}  // namespace headway::client
