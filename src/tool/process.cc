// SPDX-License-Identifier: MIT
#include "tool/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

namespace headway::tool {
namespace {

constexpr std::size_t line_bytes_max = 65536;

std::unexpected<std::string> failed(std::string_view what) {
  return std::unexpected(fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

ProcessResult<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) return failed("cannot make a pipe");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

ProcessResult<std::string> read_line(const Fd& reader) {
  std::string line;
  for (;;) {
    // One by one: what follows the line, if anything does, is for somebody else.
    char letter = 0;
    const ssize_t got = ::read(reader.get(), &letter, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("cannot read");
    if (got == 0) return std::unexpected("EOF");
    if (letter == '\n') return line;
    if (line.size() == line_bytes_max) return std::unexpected("line too long");
    line += letter;
  }
}

int become(std::vector<std::string> command) {
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (std::string& word : command) words.push_back(word.data());
  words.push_back(nullptr);
  ::execvp(words.front(), words.data());
  return errno;
}

int become_bus(std::vector<std::string> command, std::initializer_list<int> inherited) {
  ::close_range(3, std::numeric_limits<unsigned>::max(), CLOSE_RANGE_CLOEXEC);
  for (const int fd : inherited) ::fcntl(fd, F_SETFD, 0);
  const int error = become(command);
  std::string& bus = command.front();
  if (error != ENOENT || (bus != usual_bus && bus != own_bus)) return error;
  bus = bus == usual_bus ? own_bus : usual_bus;
  return become(std::move(command));
}

void exit_child(int status) { ::_exit(status); }

}  // namespace headway::tool
