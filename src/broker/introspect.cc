// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <iterator>

#include "broker/driver.h"
#include "wire/signature.h"

namespace headway::broker {
namespace {

constexpr std::string_view doctype =
    "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\"\n"
    "\"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n";

struct Signal {
  std::string_view name;
  std::array<std::string_view, 3> arguments;  // all strings
};
constexpr std::array<Signal, 4> signals{{
    {"NameOwnerChanged", {"name", "old_owner", "new_owner"}},
    {"NameLost", {"name", "", ""}},
    {"NameAcquired", {"name", "", ""}},
    {"ActivatableServicesChanged", {"", "", ""}},
}};

void append_arguments(std::string& xml, std::string_view signature, std::string_view names,
                      std::string_view direction) {
  while (!signature.empty()) {
    const std::size_t length = wire::complete_type_length(signature);
    const std::string_view name = names.substr(0, names.find(' '));
    fmt::format_to(std::back_inserter(xml),
                   "      <arg name=\"{}\" type=\"{}\" direction=\"{}\"/>\n", name,
                   signature.substr(0, length), direction);
    signature.remove_prefix(length);
    names.remove_prefix(std::min(names.size(), name.size() + 1));
  }
}

void append_method(std::string& xml, const Driver::Method& method) {
  fmt::format_to(std::back_inserter(xml), "    <method name=\"{}\">\n", method.name);
  append_arguments(xml, method.in, method.in_names, "in");
  append_arguments(xml, method.out, method.out_names, "out");
  xml += "    </method>\n";
}

/// What the main interface has besides methods.
void append_properties_and_signals(std::string& xml) {
  for (const std::string_view name : {"Features", "Interfaces"}) {
    fmt::format_to(std::back_inserter(xml),
                   "    <property name=\"{}\" type=\"as\" access=\"read\">\n"
                   "      <annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" "
                   "value=\"const\"/>\n"
                   "    </property>\n",
                   name);
  }
  for (const Signal& signal : signals) {
    fmt::format_to(std::back_inserter(xml), "    <signal name=\"{}\">\n", signal.name);
    for (const std::string_view argument : signal.arguments) {
      if (argument.empty()) continue;
      fmt::format_to(std::back_inserter(xml), "      <arg name=\"{}\" type=\"s\"/>\n", argument);
    }
    xml += "    </signal>\n";
  }
}

/// The rest of the way to the bus's own object, from one of its ancestors; empty elsewhere.
std::string_view child_of(std::string_view path) {
  if (path == "/") return "org/freedesktop/DBus";
  if (path == "/org") return "freedesktop/DBus";
  if (path == "/org/freedesktop") return "DBus";
  return {};
}

}  // namespace

std::string introspection_xml(std::string_view path) {
  std::string xml(doctype);
  xml += "<node>\n";
  std::string_view interface;
  for (const Driver::Method& method : Driver::methods()) {
    if (method.where == Driver::Method::Where::bus_path_interface && path != bus_path) continue;
    if (method.interface != interface) {
      if (!interface.empty()) xml += "  </interface>\n";
      interface = method.interface;
      fmt::format_to(std::back_inserter(xml), "  <interface name=\"{}\">\n", interface);
      if (interface == bus_name) append_properties_and_signals(xml);
    }
    append_method(xml, method);
  }
  xml += "  </interface>\n";
  if (const std::string_view child = child_of(path); !child.empty()) {
    fmt::format_to(std::back_inserter(xml), "  <node name=\"{}\"/>\n", child);
  }
  xml += "</node>\n";
  return xml;
}

}  // namespace headway::broker
