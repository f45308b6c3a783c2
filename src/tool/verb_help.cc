// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "tool/verb.h"

namespace headway::tool {
namespace {

constexpr std::array common{
    VerbOption{"--session", "", "", WordKind::text, "on the session bus"},
    VerbOption{"--system", "", "", WordKind::text, "on the system bus"},
    VerbOption{"--address", "", "ADDRESS", WordKind::text, "on the bus there"},
    VerbOption{"--host", "-H", "HOST", WordKind::host,
               "on a bus of that machine, through ssh; the system bus unless --session is given"},
    VerbOption{"--json", "-j", "", WordKind::text, "print JSON, one document a line"},
    VerbOption{"--no-color", "", "", WordKind::text, "no colours, as with NO_COLOR set"},
    VerbOption{"--timeout", "-t", "DURATION", WordKind::duration,
               "give up after that long: 500ms, 2s, 1min; a number alone is seconds"},
    VerbOption{"--verbose", "-v", "", WordKind::text, "say on stderr what is done"},
    VerbOption{"--help", "-h", "", WordKind::text, "this text"},
};

constexpr std::array exits{
    VerbExit{exit_done, "done"},
    VerbExit{exit_refused, "the answer was an error"},
    VerbExit{exit_usage, "the command line makes no sense"},
    VerbExit{exit_unreachable, "there is no bus to be reached, or it went away"},
    VerbExit{exit_not_found, "no such service, object or member, or several that could be meant"},
    VerbExit{exit_timeout, "it took longer than --timeout says"},
};

constexpr std::size_t option_columns = 26;

std::string head_of(const VerbOption& option) {
  std::string head = option.letter.empty() ? "    " : fmt::format("{}, ", option.letter);
  head += option.name;
  if (!option.value.empty()) head += fmt::format("={}", option.value);
  return head;
}

std::string row(std::string_view head, std::string_view what) {
  if (head.size() > option_columns) {
    return fmt::format("  {}\n  {:{}}  {}\n", head, "", option_columns, what);
  }
  return fmt::format("  {:<{}}  {}\n", head, option_columns, what);
}

std::string word_text(const VerbWord& word) {
  switch (word.count) {
    case VerbWord::Count::one:
      return std::string(word.name);
    case VerbWord::Count::optional:
      return fmt::format("[{}]", word.name);
    case VerbWord::Count::any:
      return fmt::format("[{}...]", word.name);
    case VerbWord::Count::some:
      return fmt::format("{}...", word.name);
  }
  return {};
}

}  // namespace

std::span<const VerbOption> common_options() { return common; }
std::span<const VerbExit> common_exits() { return exits; }

std::string summary_of(const VerbOption& option) {
  if (option.choices.empty()) return std::string(option.summary);
  return fmt::format("{}: {}", option.summary, option.choices);
}

std::string synopsis_of(const Verb& verb) {
  std::string text = fmt::format("headway {} [OPTION...]", verb.name);
  for (const VerbWord& word : verb.words) text += " " + word_text(word);
  return text;
}

std::string help_of(const Verb& verb) {
  std::string text = fmt::format("Usage: {}\n\n{}\n", synopsis_of(verb), verb.description);
  if (!verb.words.empty()) text += '\n';
  for (const VerbWord& word : verb.words) text += row(word.name, word.summary);
  text += "\nOptions:\n";
  for (const VerbOption& option : verb.options) text += row(head_of(option), summary_of(option));
  if (!verb.options.empty()) text += '\n';
  for (const VerbOption& option : common) text += row(head_of(option), summary_of(option));
  if (!verb.examples.empty()) text += "\nExamples:\n";
  for (const VerbExample& example : verb.examples) {
    text += fmt::format("  {}\n      {}\n", example.command, example.what);
  }
  text += "\nExit status:\n";
  for (const VerbExit& exit : exits) text += fmt::format("  {:<4}{}\n", exit.status, exit.meaning);
  for (const VerbExit& exit : verb.exits) {
    text += fmt::format("  {:<4}{}\n", exit.status, exit.meaning);
  }
  return text;
}

}  // namespace headway::tool
