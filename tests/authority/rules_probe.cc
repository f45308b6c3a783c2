// SPDX-License-Identifier: MIT
// rules_probe WORKER PID DIRECTORY...: asks the rules of these directories. Each line of stdin is a
// question about a process of nobody's: an action and key=value details, parted by tabs; each
// line of stdout its answer: the verdict, where it comes from, and what went wrong.
// rules_probe WORKER --measure COUNT DIRECTORY...: asks COUNT times, one after the other and at
// once, and says how many answers came in a second.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authority/script_rules.h"
#include "headway/loop.h"

namespace {

using namespace headway;

authority::RuleQuery question(std::string_view line, std::uint32_t pid) {
  authority::RuleQuery query{
      .subject = {.pid = pid, .uid = 65534, .user = "nobody", .groups = {"nogroup"}}};
  for (std::size_t number = 0; !line.empty(); ++number) {
    const std::string_view field = line.substr(0, line.find('\t'));
    line.remove_prefix(std::min(line.size(), field.size() + 1));
    if (number == 0) {
      query.action_id = field;
    } else {
      const std::size_t equals = field.find('=');
      query.details.emplace_back(field.substr(0, equals), field.substr(equals + 1));
    }
  }
  return query;
}

authority::RuleAnswer ask(event_loop& loop, authority::Rules& rules, authority::RuleQuery query) {
  std::optional<authority::RuleAnswer> answer;
  rules.ask(std::move(query), [&](authority::RuleAnswer given) { answer = std::move(given); });
  while (!answer) loop.turn();
  return *answer;
}

void answer_lines(event_loop& loop, authority::Rules& rules, std::uint32_t pid) {
  for (std::string line; std::getline(std::cin, line);) {
    const authority::RuleAnswer answer = ask(loop, rules, question(line, pid));
    const authority::RulePlace* const place = answer.decided_by();
    fmt::print("{}\t{}\t{}\n", authority::name_of(answer.verdict),
               place != nullptr ? fmt::format("{}:{}", place->file, place->line) : "",
               answer.error);
  }
}

void measure(event_loop& loop, authority::Rules& rules, std::size_t count) {
  using Clock = std::chrono::steady_clock;
  const authority::RuleQuery query = question("org.headway.measured\tmachine=.host", 1);
  static_cast<void>(ask(loop, rules, query));
  const auto say = [&](std::string_view how, Clock::time_point since) {
    const std::chrono::duration<double> passed = Clock::now() - since;
    fmt::print("{}: {:.0f} answers/s\n", how, static_cast<double>(count) / passed.count());
  };
  auto begin = Clock::now();
  for (std::size_t i = 0; i < count; ++i) static_cast<void>(ask(loop, rules, query));
  say("one after the other", begin);
  begin = Clock::now();
  std::size_t answered = 0;
  for (std::size_t asked = 0; answered < count;) {
    for (; asked < count && asked < answered + 256; ++asked) {
      rules.ask(query, [&](const authority::RuleAnswer&) { ++answered; });
    }
    loop.turn();
  }
  say("256 at once", begin);
}

}  // namespace

int main(int count, char** values) {
  const std::span<char*> arguments(values, static_cast<std::size_t>(count));
  const bool measures = count > 4 && std::string_view(arguments[2]) == "--measure";
  const std::size_t directories = measures ? 4 : 3;
  if (arguments.size() <= directories) return EXIT_FAILURE;
  event_loop loop;
  authority::ScriptRules rules(
      loop, {.program = arguments[1],
             .directories = {arguments.begin() + static_cast<std::ptrdiff_t>(directories),
                             arguments.end()},
             .log = [](std::string_view text) { fmt::print(stderr, "{}\n", text); }});
  const auto number = std::strtoul(arguments[directories - 1], nullptr, 10);
  if (measures) {
    measure(loop, rules, number);
  } else {
    answer_lines(loop, rules, static_cast<std::uint32_t>(number));
  }
}
