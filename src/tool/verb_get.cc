// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <string>

#include "base/result.h"
#include "tool/output.h"
#include "tool/properties.h"
#include "tool/resolve.h"
#include "tool/value_print.h"
#include "tool/verbs.h"

namespace headway::tool {
namespace {

constexpr std::array words{
    VerbWord{"SERVICE", WordKind::service, VerbWord::Count::one,
             "its name, or as much of it as only one service has"},
    VerbWord{"PATH", WordKind::path, VerbWord::Count::optional,
             "the object; not needed if only one has such a property"},
    VerbWord{"PROPERTY", WordKind::property, VerbWord::Count::any,
             "its name, behind that of its interface and a dot if several have one"},
};
const Output plain(false, false);

constexpr std::array examples{
    VerbExample{"headway get hostname1 Hostname", "one value alone"},
    VerbExample{"headway get systemd Version Features", "several, with their names"},
    VerbExample{
        "headway get --json systemd /org/freedesktop/systemd1 | jq -c 'select(.type == \"b\")'",
        "all of an object"},
};

/// Without a name: everything that the object has.
Outcome<int> get_all(const Service& service, const Output& output, std::string_view given_path) {
  const std::string path = given_path.empty() ? service.usual_path() : std::string(given_path);
  const auto object = TRY(service.introspect(path));
  for (const auto& interface : object.interfaces) {
    if (interface.properties.empty()) continue;
    const message reply = TRY(get_all_properties(service, path, interface.name));
    Table table;
    message_reader values = reply.body();
    for (values.enter(); !values.at_end(); values.leave()) {
      values.enter();
      const Member which{
          .path = path, .interface = interface.name, .name = std::string(values.string())};
      values.enter();
      if (output.is_json()) {
        output.line(json_of_property(which, values));
      } else {
        table.add({{"  " + which.name, Style::name}, {line_of_value(values, plain)}});
      }
      values.leave();
    }
    if (output.is_json()) continue;
    output.line(output.paint(Style::strong, interface.name));
    print(stdout, table.text(output));
  }
  return exit_done;
}

Outcome<int> get_some(const Service& service, const Output& output, std::string_view path,
                      std::span<const std::string_view> names) {
  Table table;
  for (const std::string_view name : names) {
    const Member which = TRY(find_property(service, output, path, name));
    const message reply = TRY(get_property(service, which));
    message_reader value = reply.body();
    value.enter();
    if (output.is_json()) {
      output.line(json_of_property(which, value));
    } else if (names.size() == 1) {
      print(stdout, text_of_value(value, output));
    } else {
      table.add({{which.name, Style::name}, {line_of_value(value, plain)}});
    }
  }
  print(stdout, table.text(output));
  return exit_done;
}

Outcome<int> run(const Invocation& how) {
  const Output output(how);
  std::span<const std::string_view> names = std::span(how.words()).subspan(1);
  std::string_view path;
  if (!names.empty() && names.front().starts_with('/')) {
    path = names.front();
    names = names.subspan(1);
  }
  const Service service = TRY(resolve_service(how, output, how.word(0)));
  return names.empty() ? get_all(service, output, path) : get_some(service, output, path, names);
}

}  // namespace

constinit const Verb verb_get{
    .name = "get",
    .summary = "print properties of an object",
    .description =
        R"(Prints the values of properties: of one alone, of several behind their names, or without
a name all that the object has, interface by interface.

With --json each is an object: path, interface, property, type, data; variants in data are
{"type": TYPE, "data": VALUE}.)",
    .words = words,
    .examples = examples,
    .run = run,
};

}  // namespace headway::tool
