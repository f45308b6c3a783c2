// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tool/program.h"
#include "tool/verb.h"

namespace headway::tool {

extern const Verb verb_authorize;
extern const Verb verb_call;
extern const Verb verb_emit;
extern const Verb verb_gen;
extern const Verb verb_get;
extern const Verb verb_ls;
extern const Verb verb_monitor;
extern const Verb verb_run;
extern const Verb verb_set;
extern const Verb verb_show;
extern const Verb verb_status;
extern const Verb verb_top;
extern const Verb verb_tree;
extern const Verb verb_wait;
extern const Verb verb_watch;
extern const Verb verb_why;

/// All of them, in the order of `headway --help`.
[[nodiscard]] std::span<const Verb* const> verbs();
/// Null if there is none of this name.
[[nodiscard]] const Verb* find_verb(std::string_view name);
/// The name of the verb that was perhaps meant; empty if none looks like it.
[[nodiscard]] std::string_view similar_verb(std::string_view name);

/// Runs it: parses the arguments, prints help or what went wrong; the exit status.
[[nodiscard]] int run_verb(const Verb& verb, Arguments arguments);

}  // namespace headway::tool
