// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tool/programs.h"

namespace headway::tool {
namespace {

constexpr int usage_error = 2;

std::string overview() {
  std::string text =
      "Usage: headway PROGRAM [ARGUMENT...]\n"
      "\n"
      "Each program can also be called by a link of its name.\n"
      "\n";
  for (const Program* const program : programs()) {
    text += fmt::format("  {:<36}{}\n", program->name, program->summary);
  }
  return text +
         "  --help                              this text\n"
         "  --version                           the version of headway\n";
}

int run(const char* called_as, Arguments arguments) {
  const Chosen chosen = choose_program(called_as, arguments);
  if (chosen.program != nullptr) return chosen.program->run(*chosen.program, chosen.arguments);
  const std::string_view word = arguments.empty() ? "" : arguments.front();
  if (word == "--help" || word == "-h" || word == "help") {
    print(stdout, overview());
    return EXIT_SUCCESS;
  }
  if (word == "--version") {
    print(stdout, "headway " HEADWAY_VERSION "\n");
    return EXIT_SUCCESS;
  }
  if (!word.empty()) print(stderr, fmt::format("headway: there is no program \"{}\"\n", word));
  print(stderr, overview());
  return usage_error;
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
