// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tool/verb.h"

/// What a shell may offer for a word of `headway VERB ...` that is being typed. Pure; what is on a
/// bus finds complete() (complete.h).
namespace headway::tool {

struct Candidate {
  std::string word;
  std::string what{};  // a few words about it, which not every shell shows
};

/// What the word stands for.
struct WantedWord {
  const Verb* verb = nullptr;  // null: it is the verb itself
  /// The option whose value it is; null: none's.
  const VerbOption* option = nullptr;
  bool is_option = false;  // the name of one
  /// The words of the verb that it may be, the likeliest first: where one may be left out, also the
  /// next. Empty if the verb takes no more.
  std::vector<const VerbWord*> words;
  std::string_view typed;              // of the word, or of the value
  std::string_view before;             // "--name=", which the shell takes for a part of the word
  std::vector<std::string_view> said;  // words of the verb before it; "" for one that was left out
};
/// `words` are those behind "headway", the last of which is being typed.
[[nodiscard]] WantedWord wanted_word(std::span<const char* const> words);

/// Candidates that no bus is asked for: verbs, names of options, choices. None: another kind of
/// word.
[[nodiscard]] std::optional<std::vector<Candidate>> fixed_candidates(const WantedWord& wanted);

/// Those that begin with what was typed; or else, if what is typed is a part of just one, that.
[[nodiscard]] std::vector<Candidate> narrowed(std::vector<Candidate> candidates,
                                              std::string_view typed);

}  // namespace headway::tool
