// SPDX-License-Identifier: MIT
#include "tool/manual.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>

#include "tool/programs.h"
#include "tool/verbs.h"

namespace headway::tool {
namespace {

constexpr std::string_view head = R"(headway(1)

# NAME

headway - show and do things on a D-Bus message bus

# SYNOPSIS

*headway* _VERB_ [_OPTION_...] [_ARGUMENT_...]++
*headway* *help* [_VERB_]++
*headway* _PROGRAM_ [_ARGUMENT_...]++
*headway* *--version* | *--help*

# DESCRIPTION

Each verb does one thing on a message bus: on the session bus, if there is one, or else on the
system bus; one that is given a service takes the bus on which that is. A service is named by as
much of its name as only one service has; version digits and the _d_ of daemons do not count.
Objects, interfaces and the types of values are found by asking the service, and what may be meant
is listed when that is more than one thing.

What is printed is for people; with *--json* it is one JSON document a line, for programs. Values
are written on the command line as the same JSON, or in plain words.

*headway* is also the programs that are listed below; which one it is says its first argument, or
the name it is called by if that is the name of one of them.

)";

constexpr std::string_view tail = R"(# ENVIRONMENT

*DBUS\_SESSION\_BUS\_ADDRESS*
	Where the session bus is; if it is not set, _$XDG\_RUNTIME\_DIR/bus_.

*DBUS\_SYSTEM\_BUS\_ADDRESS*
	Where the system bus is; if it is not set, _/var/run/dbus/system\_bus\_socket_.

*NO\_COLOR*
	If it is not empty, nothing is coloured; nor is it if *TERM* is _dumb_ or stdout is no
	terminal.

# FILES

_/usr/share/bash-completion/completions/headway_, _/usr/share/zsh/vendor-completions/\_headway_,++
_/usr/share/fish/vendor\_completions.d/headway.fish_
	Let these shells complete verbs, options, and what services on the bus offer.

# SEE ALSO

*headwayd*(1), *ssh*(1)
)";

/// Text in which scdoc finds no marks; what stands in `backquotes` is shown as what is typed.
std::string plain(std::string_view text) {
  std::string marked;
  bool is_line_start = true;
  for (const char letter : text) {
    constexpr std::string_view everywhere = "\\*_#+<";
    constexpr std::string_view first_in_line = "[]|-;.";
    const bool is_mark =
        everywhere.contains(letter) || (is_line_start && first_in_line.contains(letter));
    if (is_mark) marked += '\\';
    marked += letter == '`' ? '*' : letter;
    is_line_start = letter == '\n';
  }
  return marked;
}

/// A paragraph of a list: what is explained, and the explanation.
std::string item(std::string_view what, std::string_view explanation) {
  std::string text = fmt::format("{}\n\t", what);
  text += plain(explanation);
  return text + "\n\n";
}

std::string head_of(const VerbOption& option) {
  std::string text;
  if (!option.letter.empty()) text = fmt::format("*{}*, ", option.letter);
  text += fmt::format("*{}*", option.name);
  if (!option.value.empty()) text += fmt::format("=_{}_", plain(option.value));
  return text;
}

std::string options_of(std::span<const VerbOption> options) {
  std::string text;
  for (const VerbOption& option : options) {
    text += item(head_of(option), summary_of(option));
  }
  return text;
}

std::string exits_of(std::span<const VerbExit> exits) {
  std::string text;
  for (const VerbExit& exit : exits) text += item(fmt::format("*{}*", exit.status), exit.meaning);
  return text;
}

std::string section_of(const Verb& verb) {
  std::string text =
      fmt::format("## headway {} - {}\n\n*{}*\n\n{}\n\n", verb.name, plain(verb.summary),
                  plain(synopsis_of(verb)), plain(verb.description));
  for (const VerbWord& word : verb.words) {
    text += item(fmt::format("_{}_", plain(word.name)), word.summary);
  }
  text += options_of(verb.options);
  text += exits_of(verb.exits);
  for (const VerbExample& example : verb.examples) {
    text += item(fmt::format("*{}*", plain(example.command)), example.what);
  }
  return text;
}

}  // namespace

std::string manual_page() {
  std::string text(head);
  text += "# VERBS\n\n";
  for (const Verb* const verb : verbs()) text += section_of(*verb);
  text += "# OPTIONS\n\nAll verbs take these.\n\n" + options_of(common_options());
  text += "# EXIT STATUS\n\n" + exits_of(common_exits());
  text += "Programs end as those that they take the place of.\n\n# PROGRAMS\n\n";
  for (const Program* const program : programs()) {
    text += item(fmt::format("*{}*(1)", program->name), program->summary);
  }
  return text + std::string(tail);
}

}  // namespace headway::tool
