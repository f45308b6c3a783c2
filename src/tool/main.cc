// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tool/complete.h"
#include "tool/manual.h"
#include "tool/programs.h"
#include "tool/verbs.h"

namespace headway::tool {
namespace {

std::string overview() {
  std::string text =
      "Usage: headway VERB [OPTION...] [ARGUMENT...]\n"
      "\n"
      "Shows and does things on a D-Bus message bus.\n"
      "\n";
  for (const Verb* const verb : verbs()) {
    text += fmt::format("  {:<12}{}\n", verb->name, verb->summary);
  }
  text +=
      "\n"
      "  help VERB   what it takes; so does VERB --help\n"
      "  help --man  the manual page headway(1), as scdoc reads it\n"
      "  --version   the version of headway\n"
      "\n"
      "headway is also these programs, each of which can be called by a link of its name:\n"
      "\n";
  for (const Program* const program : programs()) {
    text += fmt::format("  {:<36}{}\n", program->name, program->summary);
  }
  return text;
}

int unknown(std::string_view word) {
  const std::string_view meant = similar_verb(word);
  print(stderr, fmt::format("headway: there is no verb \"{}\"; {}\n", word,
                            meant.empty() ? "`headway help` lists them"
                                          : fmt::format("do you mean \"{}\"?", meant)));
  return exit_usage;
}

int help(Arguments about) {
  if (about.empty()) {
    print(stdout, overview());
    return exit_done;
  }
  if (std::string_view(about.front()) == "--man") {
    print(stdout, manual_page());
    return exit_done;
  }
  if (const Verb* const verb = find_verb(about.front())) {
    print(stdout, help_of(*verb));
    return exit_done;
  }
  if (const Program* const program = find_program(about.front())) {
    print(stdout, usage_of(*program));
    return exit_done;
  }
  return unknown(about.front());
}

int run(const char* called_as, Arguments arguments) {
  const Chosen chosen = choose_program(called_as, arguments);
  if (chosen.program != nullptr) return chosen.program->run(*chosen.program, chosen.arguments);
  if (arguments.empty()) {
    print(stderr, overview());
    return exit_usage;
  }
  const std::string_view word = arguments.front();
  const Arguments rest = arguments.subspan(1);
  if (const Verb* const verb = find_verb(word)) return run_verb(*verb, rest);
  if (word == "__complete") return complete(rest);
  if (word == "--help" || word == "-h") return help({});
  if (word == "help") return help(rest);
  if (word == "--version") {
    print(stdout, "headway " HEADWAY_VERSION "\n");
    return exit_done;
  }
  return unknown(word);
}

/// Who starts us may have closed stdin, stdout or stderr. What we open must not come to lie in
/// their place: messages for a person would be written to a bus.
void occupy_standard_descriptors() {
  int fd = STDIN_FILENO;
  // Only to be read, so that printing fails.
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::open("/dev/null", O_RDONLY);
  ::close(fd);
}

/// What was printed may not have arrived, on a full disk for one; then nothing was a success.
int finish(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  print(stderr, fmt::format("headway: cannot write to stdout: {}\n", std::strerror(errno)));
  return status == EXIT_SUCCESS ? EXIT_FAILURE : status;
}

}  // namespace
}  // namespace headway::tool

int main(int count, char** values) {
  using namespace headway::tool;
  if (count == 0) return EXIT_FAILURE;
  occupy_standard_descriptors();
  return finish(run(values[0], {values + 1, static_cast<std::size_t>(count - 1)}));
}
