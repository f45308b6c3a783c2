// SPDX-License-Identifier: MIT
#include "tool/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "tool/programs.h"
#include "tool/verbs.h"

namespace headway::tool {
namespace {

const VerbOption* find_option(const Verb& verb, std::string_view text) {
  for (const auto options : {verb.options, common_options()}) {
    for (const VerbOption& option : options) {
      if (text == option.name || (!option.letter.empty() && text == option.letter)) return &option;
    }
  }
  return nullptr;
}

bool may_be_left_out(const VerbWord& word) {
  return word.count == VerbWord::Count::optional || word.count == VerbWord::Count::any;
}
bool repeats(const VerbWord& word) {
  return word.count == VerbWord::Count::any || word.count == VerbWord::Count::some;
}

/// Puts the words that were said in their places: what is no path leaves out an optional one.
void place_words(WantedWord& wanted, std::span<const std::string_view> said) {
  const auto words = wanted.verb->words;
  std::size_t at = 0;
  for (const std::string_view word : said) {
    const bool is_left_out = at < words.size() && words[at].kind == WordKind::path &&
                             may_be_left_out(words[at]) && !word.starts_with('/');
    if (is_left_out) {
      wanted.said.emplace_back();
      ++at;
    }
    wanted.said.push_back(word);
    if (at < words.size() && !repeats(words[at])) ++at;
  }
  for (; at < words.size(); ++at) {
    wanted.words.push_back(&words[at]);
    if (!may_be_left_out(words[at])) break;
  }
}

std::vector<Candidate> verb_candidates() {
  std::vector<Candidate> found;
  for (const Verb* const verb : verbs()) {
    found.push_back({std::string(verb->name), std::string(verb->summary)});
  }
  for (const Program* const program : programs()) {
    found.push_back({std::string(program->name), std::string(program->summary)});
  }
  found.push_back({"help", "what a verb takes"});
  return found;
}

std::vector<Candidate> option_candidates(const Verb& verb) {
  std::vector<Candidate> found;
  for (const auto options : {verb.options, common_options()}) {
    for (const VerbOption& option : options) {
      const bool takes_value = !option.value.empty();
      found.push_back(
          {fmt::format("{}{}", option.name, takes_value ? "=" : ""), std::string(option.summary)});
    }
  }
  return found;
}

}  // namespace

WantedWord wanted_word(std::span<const char* const> words) {
  WantedWord wanted;
  if (words.empty()) return wanted;
  wanted.typed = words.back();
  if (words.size() == 1) return wanted;
  wanted.verb = find_verb(words.front());
  if (wanted.verb == nullptr) return wanted;

  std::vector<std::string_view> said;
  bool may_be_option = true;
  for (const std::string_view word : words.subspan(1, words.size() - 2)) {
    if (wanted.option != nullptr) {
      wanted.option = nullptr;  // this was its value
    } else if (may_be_option && word == "--") {
      may_be_option = false;
    } else if (may_be_option && word.starts_with('-') && word.size() > 1) {
      const VerbOption* const option = find_option(*wanted.verb, word);
      if (option != nullptr && !option->value.empty()) wanted.option = option;
    } else {
      said.push_back(word);
      if (wanted.verb->options_stand == Verb::Options::first) may_be_option = false;
    }
  }
  place_words(wanted, said);
  if (wanted.option != nullptr || !may_be_option || !wanted.typed.starts_with('-')) return wanted;
  const std::size_t equals = wanted.typed.find('=');
  if (equals == std::string_view::npos) {
    wanted.is_option = true;
    return wanted;
  }
  wanted.option = find_option(*wanted.verb, wanted.typed.substr(0, equals));
  wanted.before = wanted.typed.substr(0, equals + 1);
  wanted.typed.remove_prefix(equals + 1);
  return wanted;
}

std::optional<std::vector<Candidate>> fixed_candidates(const WantedWord& wanted) {
  if (wanted.verb == nullptr) return verb_candidates();
  if (wanted.is_option) return option_candidates(*wanted.verb);
  if (wanted.option == nullptr || wanted.option->kind != WordKind::choice) return std::nullopt;
  std::vector<Candidate> found;
  for (const auto part : std::views::split(wanted.option->choices, ' ')) {
    found.push_back({std::string(part.begin(), part.end())});
  }
  return found;
}

std::vector<Candidate> narrowed(std::vector<Candidate> candidates, std::string_view typed) {
  std::ranges::sort(candidates, {}, &Candidate::word);
  const auto repeated = std::ranges::unique(candidates, {}, &Candidate::word);
  candidates.erase(repeated.begin(), repeated.end());
  std::vector<Candidate> with_part;
  std::vector<Candidate> found;
  for (Candidate& candidate : candidates) {
    if (candidate.word.starts_with(typed)) {
      found.push_back(std::move(candidate));
    } else if (candidate.word.find(typed) != std::string::npos) {
      with_part.push_back(std::move(candidate));
    }
  }
  return found.empty() && with_part.size() == 1 ? with_part : found;
}

}  // namespace headway::tool
