// SPDX-License-Identifier: MIT
#include "tool/verbs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "headway/error.h"
#include "tool/invocation.h"
#include "tool/output.h"
#include "tool/verb_bus.h"

namespace headway::tool {
namespace {

constexpr std::array all{&verb_ls,        &verb_tree, &verb_show,   &verb_call,
                         &verb_get,       &verb_set,  &verb_emit,   &verb_watch,
                         &verb_monitor,   &verb_top,  &verb_status, &verb_why,
                         &verb_authorize, &verb_wait, &verb_run,    &verb_gen};

/// How many letters must be put in, left out or changed.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t before = row[0]++;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t changed = before + (from[i] == to[j] ? 0 : 1);
      before = row[j + 1];
      row[j + 1] = std::min({changed, before + 1, row[j] + 1});
    }
  }
  return row.back();
}

void complain(const Verb& verb, std::string_view text) {
  print(stderr, fmt::format("headway {}: {}\n", verb.name, visible(text)));
}

Outcome<int> run_caught(const Verb& verb, const Invocation& how) {
  try {
    return verb.run(how);
  } catch (const error& e) {
    return std::unexpected(failure_of(e));
  }
}

}  // namespace

std::span<const Verb* const> verbs() { return all; }

const Verb* find_verb(std::string_view name) {
  const auto found = std::ranges::find(all, name, &Verb::name);
  return found == all.end() ? nullptr : *found;
}

std::string_view similar_verb(std::string_view name) {
  const auto nearest = std::ranges::min_element(
      all, {}, [&](const Verb* verb) { return distance(name, verb->name); });
  const std::string_view found = (*nearest)->name;
  return distance(name, found) * 2 <= found.size() ? found : std::string_view();
}

int run_verb(const Verb& verb, Arguments arguments) {
  const auto how = Invocation::parse(verb, arguments);
  if (!how) {
    complain(verb, how.error().text);
    return how.error().status;
  }
  if (how->has("--help")) {
    print(stdout, help_of(verb));
    return exit_done;
  }
  const auto done = run_caught(verb, *how);
  if (done) return *done;
  complain(verb, done.error().text);
  return done.error().status;
}

}  // namespace headway::tool
