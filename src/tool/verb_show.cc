// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "tool/names.h"
#include "tool/object_tree.h"
#include "tool/output.h"
#include "tool/properties.h"
#include "tool/resolve.h"
#include "tool/value_print.h"
#include "tool/verbs.h"

namespace headway::tool {
namespace {

constexpr std::array options{
    VerbOption{"--all", "-a", "", WordKind::text, "also interfaces that every object has"},
    VerbOption{"--interface", "-I", "NAME", WordKind::interface,
               "only interfaces whose name contains that"},
};
constexpr std::array words{
    VerbWord{"SERVICE", WordKind::service, VerbWord::Count::one,
             "its name, or as much of it as only one service has"},
    VerbWord{"PATH", WordKind::path, VerbWord::Count::optional,
             "the object to show; the end of its path is enough if only one has it"},
};
constexpr std::array examples{
    VerbExample{"headway show logind", "who it is, and its objects"},
    VerbExample{"headway show logind /org/freedesktop/login1", "what that object can do"},
    VerbExample{"headway show -I Unit systemd unit/cron_2eservice",
                "one interface of many, of an object by the end of its path"},
};

constexpr std::size_t value_columns_max = 100;

using Values = std::map<std::string, message_reader, std::less<>>;

/// The values of an interface's properties; none of those that cannot be read.
Values values_of(const Service& service, std::string_view path,
                 const introspection::interface& interface) {
  Values values;
  if (interface.properties.empty()) return values;
  const auto reply = get_all_properties(service, path, interface.name);
  if (!reply || reply->signature() != "a{sv}") return values;
  message_reader entries = reply->body();
  for (entries.enter(); !entries.at_end(); entries.leave()) {
    entries.enter();
    std::string name(entries.string());
    values.emplace(std::move(name), entries);
  }
  return values;
}

/// `get` shows the whole of it.
std::string shortened(std::string text) {
  if (width_of(text) <= value_columns_max) return text;
  std::size_t end = 0;
  for (std::size_t columns = 0; columns < value_columns_max; ++end) {
    if ((static_cast<unsigned char>(text[end + 1]) & 0xc0) != 0x80) ++columns;
  }
  return text.substr(0, end) + " ...";
}

std::string list_of(const std::vector<introspection::argument>& arguments) {
  std::string text;
  for (const auto& argument : arguments) {
    if (!text.empty()) text += ", ";
    text += argument.name.empty() ? argument.type : argument.name + " " + argument.type;
  }
  return "(" + text + ")";
}

std::string_view access_of(const introspection::property& property) {
  if (!property.can_be_set) return "r";
  return property.can_be_read ? "rw" : "w";
}

std::string deprecated(const introspection::described& what) {
  return what.is_deprecated() ? "  (deprecated)" : "";
}

void show_interface(const introspection::interface& interface, const Values& values,
                    const Output& output) {
  output.line("\n" + output.paint(Style::strong, interface.name) + deprecated(interface));
  Table table;
  for (const auto& method : interface.methods) {
    std::string signature = list_of(method.in);
    if (!method.out.empty()) signature += " -> " + list_of(method.out);
    table.add(
        {{"  method", Style::faint}, {method.name, Style::name}, {signature + deprecated(method)}});
  }
  for (const auto& signal : interface.signals) {
    table.add({{"  signal", Style::faint},
               {signal.name, Style::name},
               {list_of(signal.arguments) + deprecated(signal)}});
  }
  print(stdout, table.text(output));
  Table properties;
  for (const auto& property : interface.properties) {
    std::string text;
    if (const auto value = values.find(property.name); value != values.end()) {
      message_reader from = value->second;
      text = shortened(line_of_value(from, Output(false, false)));
    }
    properties.add({{"  property", Style::faint},
                    {property.name, Style::name},
                    {std::string(access_of(property))},
                    {property.type, Style::type},
                    {text + deprecated(property)}});
  }
  print(stdout, properties.text(output));
}

void append_arguments(JsonText& json, std::string_view key,
                      const std::vector<introspection::argument>& arguments) {
  json.key(key).open_array();
  for (const auto& argument : arguments) {
    json.open_object().member_if("name", argument.name).member("type", argument.type);
    json.close_object();
  }
  json.close_array();
}

void append_interface(JsonText& json, const introspection::interface& interface,
                      const Values& values) {
  json.open_object().member("name", interface.name).key("methods").open_array();
  for (const auto& method : interface.methods) {
    json.open_object().member("name", method.name);
    append_arguments(json, "in", method.in);
    append_arguments(json, "out", method.out);
    json.close_object();
  }
  json.close_array().key("signals").open_array();
  for (const auto& signal : interface.signals) {
    json.open_object().member("name", signal.name);
    append_arguments(json, "arguments", signal.arguments);
    json.close_object();
  }
  json.close_array().key("properties").open_array();
  for (const auto& property : interface.properties) {
    json.open_object().member("name", property.name).member("type", property.type);
    json.member("access", access_of(property));
    if (const auto value = values.find(property.name); value != values.end()) {
      message_reader from = value->second;
      from.enter();
      json.key("data");
      append_json(json, from);
    }
    json.close_object();
  }
  json.close_array().close_object();
}

Outcome<int> show_object(const Invocation& how, const Service& service, std::string_view path,
                         const Output& output) {
  const auto object = TRY(service.introspect(path));
  JsonText json;
  json.open_object().member("service", service.name).member("path", path);
  json.key("interfaces").open_array();
  if (!output.is_json()) {
    output.line(fmt::format("{} of {}", output.paint(Style::strong, path), service.name));
  }
  for (const auto& interface : object.interfaces) {
    const std::string_view part = how.value("--interface").value_or("");
    if (interface.name.find(part) == std::string::npos) continue;
    if (part.empty() && !how.has("--all") && is_on_every_object(interface.name)) continue;
    const Values values = values_of(service, path, interface);
    if (output.is_json()) {
      append_interface(json, interface, values);
    } else {
      show_interface(interface, values, output);
    }
  }
  if (output.is_json()) output.line(json.close_array().close_object());
  return exit_done;
}

void show_facts(const Service& service, const NameEntry& entry, const Output& output) {
  output.line(output.paint(Style::strong, service.name));
  Table table;
  const auto add = [&table](std::string_view what, std::string_view text) {
    if (!text.empty()) table.add({{fmt::format("  {}", what), Style::faint}, {std::string(text)}});
  };
  add("on", service.bus.which.name);
  add("owner", entry.owner);
  if (entry.pid) add("process", fmt::format("{} {}", *entry.pid, entry.process.name));
  if (entry.uid) add("user", user_name(*entry.uid));
  add("executable", entry.process.executable);
  add("unit", entry.process.unit);
  print(stdout, table.text(output));
  output.line("");
}

Outcome<int> show_service(const Service& service, const Output& output) {
  // First, as this starts it if it is not running.
  const auto objects = TRY(list_objects(service, "/"));
  const NameEntry entry = look_up_name(service.bus, service.name);
  if (!output.is_json()) {
    show_facts(service, entry, output);
    print(stdout, text_of_tree(objects, output));
    return exit_done;
  }
  JsonText json;
  json.open_object().member("service", service.name);
  append_owner(json, entry);
  json.key("objects").open_array();
  for (const ObjectEntry& object : objects) json.string(object.path);
  output.line(json.close_array().close_object());
  return exit_done;
}

Outcome<int> run(const Invocation& how) {
  const Output output(how);
  const Service service = TRY(resolve_service(how, output, how.word(0)));
  if (how.words().size() < 2) return show_service(service, output);
  return show_object(how, service, TRY(resolve_path(service, output, how.word(1))), output);
}

}  // namespace

constinit const Verb verb_show{
    .name = "show",
    .summary = "show a service, or what an object can do",
    .description =
        R"(Of a service, shows who it is and lists its objects. Of an object, shows the methods and
signals of its interfaces, and its properties: whether they can be read (r) and set (w), of
what type they are, and their values.

With --json a service is: service, owner, pid, uid, user, process, executable, unit,
objects (paths). An object is: service, path, interfaces, each with name, methods (name, in,
out), signals (name, arguments) and properties (name, type, access, data).)",
    .options = options,
    .words = words,
    .examples = examples,
    .run = run,
};

}  // namespace headway::tool
