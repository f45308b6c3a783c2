// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

/// The verbs of `headway`: what each takes and says of itself is one constant table, from which
/// come its command line, `headway help VERB`, its part of headway(1) and completions.
namespace headway::tool {

/// What a word on the command line stands for, so that a shell can offer some.
enum class WordKind : std::uint8_t {
  text,
  service,  // a name on the bus, or a part of one
  path,     // of an object
  interface,
  member,    // "Method" or "org.example.Interface.Method"
  property,  // the same of a property
  signal,    // the same of a signal
  value,     // see value_text.h
  signature,
  duration,  // "500ms", "2s", "1min"; a plain number means seconds
  number,
  host,
  file,
  command,  // a program
  choice,   // one of Option::choices
};

struct VerbOption {
  std::string_view name;    // "--timeout"
  std::string_view letter;  // "-t", or empty
  std::string_view value;   // "DURATION"; empty: it takes none
  WordKind kind = WordKind::text;
  std::string_view summary;
  std::string_view choices{};  // parted by spaces
};

struct VerbWord {
  enum class Count : std::uint8_t { one, optional, any, some };  // some: at least one

  std::string_view name;  // "SERVICE"
  WordKind kind = WordKind::text;
  Count count = Count::one;
  std::string_view summary;
};

struct VerbExample {
  std::string_view command;
  std::string_view what;
};

/// How the tool ends. Scripts depend on these.
enum ExitStatus : std::uint8_t {
  exit_done = 0,
  exit_refused = 1,      // the answer was an error
  exit_usage = 2,        // the command line makes no sense
  exit_unreachable = 3,  // no bus there, or it went away
  exit_not_found = 4,    // no such service, object or member, or more than one that could be meant
  exit_timeout = 5,      // not in time
};
struct VerbExit {
  int status;
  std::string_view meaning;
};

class Invocation;

/// Why a verb could not do it: one line, which says what, where, and what to do.
struct Failure {
  int status = exit_refused;
  std::string text;
};
template <class T>
using Outcome = std::expected<T, Failure>;

/// One verb. The entry stands in the file that implements it.
struct Verb {
  enum class Options : std::uint8_t { first, anywhere };

  std::string_view name;
  std::string_view summary;      // one line
  std::string_view description;  // paragraphs, parted by empty lines; wrapped as they stand
  std::span<const VerbOption> options{};
  std::span<const VerbWord> words{};
  std::span<const VerbExample> examples{};
  std::span<const VerbExit> exits{};  // besides those of all verbs
  /// `first`: behind the first word nothing is an option, because the words are a command.
  Options options_stand = Options::anywhere;
  /// Runs it; the exit status.
  Outcome<int> (*run)(const Invocation& how);
};

/// What every verb takes: which bus, in which form, for how long.
[[nodiscard]] std::span<const VerbOption> common_options();
/// What every verb may end with.
[[nodiscard]] std::span<const VerbExit> common_exits();

/// What it does, and which values it takes if these are few.
[[nodiscard]] std::string summary_of(const VerbOption& option);
/// "headway VERB [OPTION...] SERVICE [PATH]"
[[nodiscard]] std::string synopsis_of(const Verb& verb);
/// All of the table as text for a terminal.
[[nodiscard]] std::string help_of(const Verb& verb);

}  // namespace headway::tool
