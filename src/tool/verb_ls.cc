// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <string>

#include "base/result.h"
#include "tool/names.h"
#include "tool/output.h"
#include "tool/verb_bus.h"
#include "tool/verbs.h"

namespace headway::tool {
namespace {

constexpr std::array options{
    VerbOption{"--running", "-r", "", WordKind::text, "only names that somebody owns"},
    VerbOption{"--activatable", "-a", "", WordKind::text, "only names that the bus can start"},
    VerbOption{"--unique", "-u", "", WordKind::text, "also connections by their unique names"},
    VerbOption{"--uid", "", "USER", WordKind::text, "only what this user owns: a name or a number"},
};
constexpr std::array words{
    VerbWord{"PATTERN", WordKind::service, VerbWord::Count::optional,
             "a part of the name, or all of it with * and ? for any letters"},
};
constexpr std::array examples{
    VerbExample{"headway ls", "what is on the session bus, or else on the system bus"},
    VerbExample{"headway ls --system --running login", "who is logind?"},
    VerbExample{"headway ls --json | jq -r 'select(.uid == 0).name'", "names that root owns"},
};

struct Filter {
  bool running;
  bool activatable;
  bool unique;
  std::string_view user;
  std::string_view pattern;

  [[nodiscard]] bool takes(const NameEntry& entry) const {
    if (entry.is_unique() && !unique) return false;
    if (running && entry.owner.empty()) return false;
    if (activatable && !entry.is_activatable) return false;
    if (!pattern.empty() && !is_like(entry.name, pattern)) return false;
    return user.empty() ||
           (entry.uid && (user_name(*entry.uid) == user || std::to_string(*entry.uid) == user));
  }
};

JsonText json_of(const NameEntry& entry) {
  JsonText json;
  json.open_object().member("name", entry.name);
  json.key("running").boolean(!entry.owner.empty());
  json.key("activatable").boolean(entry.is_activatable);
  append_owner(json, entry);
  json.close_object();
  return json;
}

std::vector<Table::Cell> row_of(const NameEntry& entry) {
  if (entry.owner.empty()) {
    return {{entry.name, Style::faint}, {"activatable", Style::faint}};
  }
  return {{entry.name, Style::name},
          {entry.owner},
          {entry.pid ? std::to_string(*entry.pid) : "-"},
          {entry.uid ? user_name(*entry.uid) : "-"},
          {entry.process.name.empty() ? "-" : entry.process.name},
          {entry.process.unit}};
}

Outcome<int> run(const Invocation& how) {
  const Output output(how);
  const Bus bus = TRY(open(how));
  output.note("on " + bus.which.name);
  const auto names = TRY(list_names(bus));
  const Filter filter{how.has("--running"), how.has("--activatable"), how.has("--unique"),
                      how.value("--uid").value_or(""), how.word(0)};
  Table table;
  table.add({{"NAME", Style::strong},
             {"OWNER", Style::strong},
             {"PID", Style::strong},
             {"USER", Style::strong},
             {"PROCESS", Style::strong},
             {"UNIT", Style::strong}});
  for (const NameEntry& entry : names) {
    if (!filter.takes(entry)) continue;
    if (output.is_json()) {
      output.line(json_of(entry));
    } else {
      table.add(row_of(entry));
    }
  }
  if (!output.is_json()) print(stdout, table.text(output));
  return exit_done;
}

}  // namespace

constinit const Verb verb_ls{
    .name = "ls",
    .summary = "list the names on a bus, and who owns them",
    .description =
        R"(Lists the names on a bus: who owns them, as which user, in which process and systemd
unit, and which of them the bus can start when somebody needs them.

With --json each name is an object: name, running, activatable; and as far as they are known
owner (a unique name), pid, uid, user, process, executable, unit.)",
    .options = options,
    .words = words,
    .examples = examples,
    .run = run,
};

}  // namespace headway::tool
