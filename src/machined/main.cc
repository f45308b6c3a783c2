// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>

#include "headway/connection.h"
#include "headway/loop.h"
#include "machined/command_line.h"
#include "machined/manager.h"

namespace headway::machined {
namespace {

connection open_bus(const CommandLine& line) {
  return line.address ? connection::open(*line.address) : connection::open(bus::system);
}

int serve(const CommandLine& line) {
  event_loop loop;
  const connection bus = open_bus(line);
  bus.attach(loop);
  const Manager manager(bus, loop, line.helper);
  const auto lost = bus.on_disconnect([&loop](const error&) { loop.stop(); });
  loop.run();
  std::fputs("headway-machined: the connection to the bus is lost\n", stderr);
  return EXIT_FAILURE;
}

int run(std::span<const char* const> arguments) {
  const auto line = parse_command_line(arguments, HEADWAY_MACHINE_HELPER);
  if (!line) {
    std::fputs(line.error().c_str(), stderr);
    return 2;
  }
  if (line->task == CommandLine::Task::print_help) {
    std::fputs(usage, stdout);
    return EXIT_SUCCESS;
  }
  if (line->task == CommandLine::Task::print_version) {
    std::puts("headway-machined " HEADWAY_VERSION);
    return EXIT_SUCCESS;
  }
  return serve(*line);
}

}  // namespace
}  // namespace headway::machined

int main(int count, char** values) {
  if (count == 0) return EXIT_FAILURE;
  try {
    return headway::machined::run({values + 1, static_cast<std::size_t>(count - 1)});
  } catch (const std::exception& e) {
    std::fprintf(stderr, "headway-machined: %s\n", e.what());
    return EXIT_FAILURE;
  }
}
