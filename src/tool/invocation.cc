// SPDX-License-Identifier: MIT
#include "tool/invocation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ranges>

#include "base/result.h"

namespace headway::tool {
namespace {

constexpr double duration_seconds_max = 1e9;  // thirty years: far from what nanoseconds can count

struct Unit {
  std::string_view name;
  double seconds;
};
constexpr std::array units{Unit{"", 1},     Unit{"s", 1},  Unit{"ms", 1e-3}, Unit{"us", 1e-6},
                           Unit{"min", 60}, Unit{"m", 60}, Unit{"h", 3600}};

bool is_one_of(std::string_view word, std::string_view choices) {
  return std::ranges::any_of(std::views::split(choices, ' '), [&](const auto& choice) {
    return std::string_view(choice.begin(), choice.end()) == word;
  });
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const auto* const found = std::ranges::find(units, unit, &Unit::name);
  if (found == units.end()) return std::nullopt;
  const double seconds = number * found->seconds;
  if (!(seconds >= 0 && seconds <= duration_seconds_max)) return std::nullopt;
  return std::chrono::nanoseconds(std::llround(seconds * 1e9));
}

Outcome<Invocation> Invocation::parse(const Verb& verb, Arguments arguments) {
  Invocation made(verb);
  bool may_be_option = true;
  while (!arguments.empty()) {
    const std::string_view argument = arguments.front();
    arguments = arguments.subspan(1);
    if (!may_be_option || argument.size() < 2 || argument.front() != '-') {
      made.words_.push_back(argument);
      if (verb.options_stand == Verb::Options::first) may_be_option = false;
    } else if (argument == "--") {
      may_be_option = false;
    } else if (argument.starts_with("--")) {
      TRY_VOID(made.take_long(argument, arguments));
    } else {
      TRY_VOID(made.take_letters(argument, arguments));
    }
  }
  TRY_VOID(made.check());
  return made;
}

Failure Invocation::wrong(std::string_view what) const {
  return {exit_usage, fmt::format("{}; see: headway help {}", what, verb_->name)};
}

const VerbOption* Invocation::find_option(std::string_view text) const {
  for (const auto options : {verb_->options, common_options()}) {
    for (const VerbOption& option : options) {
      if (option.name == text || (!option.letter.empty() && option.letter == text)) return &option;
    }
  }
  return nullptr;
}

Outcome<void> Invocation::take_long(std::string_view argument, Arguments& rest) {
  const std::size_t equals = argument.find('=');
  const VerbOption* const option = find_option(argument.substr(0, equals));
  if (option == nullptr) {
    return std::unexpected(wrong(fmt::format("there is no option {}", argument.substr(0, equals))));
  }
  if (equals == std::string_view::npos) return take(*option, std::nullopt, rest);
  if (option->value.empty()) {
    return std::unexpected(wrong(fmt::format("{} takes no value", option->name)));
  }
  return take(*option, argument.substr(equals + 1), rest);
}

/// "-jv", "-t2s"
Outcome<void> Invocation::take_letters(std::string_view argument, Arguments& rest) {
  // What begins so is a number: no letter of an option is a digit.
  if (argument[1] >= '0' && argument[1] <= '9') {
    words_.push_back(argument);
    return {};
  }
  for (std::size_t i = 1; i < argument.size(); ++i) {
    const std::string letter{'-', argument[i]};
    const VerbOption* const option = find_option(letter);
    if (option == nullptr) {
      return std::unexpected(wrong(fmt::format("there is no option {}", letter)));
    }
    if (!option->value.empty() && i + 1 < argument.size()) {
      return take(*option, argument.substr(i + 1), rest);
    }
    TRY_VOID(take(*option, std::nullopt, rest));
  }
  return {};
}

Outcome<void> Invocation::take(const VerbOption& option, std::optional<std::string_view> value,
                               Arguments& rest) {
  if (!value && !option.value.empty()) {
    if (rest.empty()) {
      return std::unexpected(wrong(fmt::format("{} needs {}", option.name, option.value)));
    }
    value = rest.front();
    rest = rest.subspan(1);
  }
  if (value) TRY_VOID(check_value(option, *value));
  options_.emplace_back(&option, value.value_or(std::string_view()));
  return {};
}

Outcome<void> Invocation::check_value(const VerbOption& option, std::string_view value) const {
  std::string problem;
  if (option.kind == WordKind::choice && !is_one_of(value, option.choices)) {
    problem = fmt::format("it is one of: {}", option.choices);
  } else if (option.kind == WordKind::duration && !parse_duration(value)) {
    problem = "that is no duration, such as 500ms or 2s";
  } else if (option.kind == WordKind::number && !parse_number(value)) {
    problem = "that is no number";
  }
  if (problem.empty()) return {};
  return std::unexpected(wrong(fmt::format("{}={}: {}", option.name, value, problem)));
}

Outcome<void> Invocation::check() const {
  if (has("--help")) return {};
  std::size_t least = 0;
  bool has_bound = true;
  for (const VerbWord& word : verb_->words) {
    const bool must_be = word.count == VerbWord::Count::one || word.count == VerbWord::Count::some;
    if (must_be && words_.size() <= least) {
      return std::unexpected(wrong(fmt::format("{} is missing", word.name)));
    }
    if (must_be) ++least;
    if (word.count == VerbWord::Count::any || word.count == VerbWord::Count::some) {
      has_bound = false;
    }
  }
  if (has_bound && words_.size() > verb_->words.size()) {
    return std::unexpected(
        wrong(fmt::format("\"{}\" is one word too many", words_[verb_->words.size()])));
  }
  const int buses = has("--session") + has("--system") + has("--address");
  if (buses > 1 || (has("--host") && has("--address"))) {
    return std::unexpected(wrong("more than one bus is named"));
  }
  return {};
}

std::optional<std::string_view> Invocation::value(std::string_view name) const {
  for (const auto& [option, value] : std::views::reverse(options_)) {
    if (option->name == name) return value;
  }
  return std::nullopt;
}

std::optional<std::chrono::nanoseconds> Invocation::duration(std::string_view name) const {
  const auto text = value(name);
  return text ? parse_duration(*text) : std::nullopt;
}

std::optional<std::uint32_t> Invocation::number(std::string_view name) const {
  const auto text = value(name);
  return text ? parse_number(*text) : std::nullopt;
}

std::vector<std::uint32_t> Invocation::numbers(std::string_view name) const {
  std::vector<std::uint32_t> found;
  for (const std::string_view text : values(name)) found.push_back(*parse_number(text));
  return found;
}

std::vector<std::string_view> Invocation::values(std::string_view name) const {
  std::vector<std::string_view> found;
  for (const auto& [option, value] : options_) {
    if (option->name == name) found.push_back(value);
  }
  return found;
}

}  // namespace headway::tool
