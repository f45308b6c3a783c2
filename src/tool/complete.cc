// SPDX-License-Identifier: MIT
#include "tool/complete.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "headway/introspection.h"
#include "tool/completion.h"
#include "tool/invocation.h"
#include "tool/names.h"
#include "tool/object_tree.h"
#include "tool/output.h"
#include "tool/resolve.h"
#include "tool/verb_bus.h"

namespace headway::tool {
namespace {

using namespace std::chrono_literals;

// Who presses a key does not wait longer.
constexpr auto patience = 1s;
constexpr std::size_t objects_max = 100;

constexpr std::array any_words{
    VerbWord{"WORD", WordKind::text, VerbWord::Count::any, "whatever was typed so far"},
};

/// Which bus is meant by what was typed so far.
class Completer {
 public:
  Completer(const WantedWord& wanted, const Invocation& how) : wanted_(wanted), how_(how) {}

  std::vector<Candidate> candidates(WordKind kind) {
    switch (kind) {
      case WordKind::service:
        return services();
      case WordKind::path:
        return paths();
      case WordKind::interface:
        return interfaces();
      case WordKind::member:
        return members(MemberKind::method);
      case WordKind::property:
        return members(MemberKind::property);
      case WordKind::signal:
        return members(MemberKind::signal);
      default:
        return {};
    }
  }

 private:
  std::vector<Candidate> services() const {
    std::vector<Candidate> found;
    for (const BusChoice& which : choose_buses(how_)) {
      auto bus = open(which, how_);
      if (!bus) continue;
      bus->timeout = patience;
      const auto names = list_names(*bus);
      if (!names) continue;
      for (const NameEntry& entry : *names) {
        // Of connections without a name there are many.
        if (entry.is_unique() && !wanted_.typed.starts_with(':')) continue;
        found.push_back({entry.name, entry.process.name});
      }
    }
    return found;
  }

  /// The service that was named, if it runs.
  const Service* service() {
    if (service_ || wanted_.said.empty()) return service_ ? &*service_ : nullptr;
    auto found = resolve_service(how_, Output(false, false), wanted_.said.front());
    if (!found || look_up_name(found->bus, found->name).owner.empty()) return nullptr;
    found->bus.timeout = patience;
    service_ = std::move(*found);
    return &*service_;
  }

  /// The object that was named, or all.
  std::vector<introspection::object> objects() {
    const Service* const who = service();
    if (who == nullptr) return {};
    const bool is_named = wanted_.said.size() > 1 && wanted_.said[1].starts_with('/');
    introspection::walk walk(is_named ? wanted_.said[1] : "/", is_named ? 1 : objects_max);
    while (walk.has_next()) {
      auto answer = who->ask(walk.next());
      if (!answer && answer.error().is(error_name::no_reply)) break;
      walk.take(std::move(answer));
    }
    return std::move(walk).found();
  }

  std::vector<Candidate> paths() {
    std::vector<Candidate> found;
    for (const auto& object : objects()) found.push_back({object.path});
    return found;
  }

  std::vector<Candidate> interfaces() {
    std::vector<Candidate> found;
    for (const auto& object : objects()) {
      if (!object.what) continue;
      for (const auto& interface : object.what->interfaces) found.push_back({interface.name});
    }
    return found;
  }

  std::vector<Candidate> members(MemberKind kind) {
    std::vector<Candidate> found;
    for (const auto& object : objects()) {
      if (!object.what) continue;
      for (const auto& interface : object.what->interfaces) {
        if (is_on_every_object(interface.name)) continue;
        const auto add = [&](const std::string& name) { add_member(found, interface.name, name); };
        if (kind == MemberKind::method) {
          for (const auto& method : interface.methods) add(method.name);
        } else if (kind == MemberKind::property) {
          for (const auto& property : interface.properties) add(property.name);
        } else {
          for (const auto& signal : interface.signals) add(signal.name);
        }
      }
    }
    return found;
  }

  /// The name alone, or with its interface if that was begun.
  void add_member(std::vector<Candidate>& found, const std::string& interface,
                  const std::string& name) const {
    if (wanted_.typed.find('.') == std::string_view::npos) {
      found.push_back({name, interface});
    } else {
      found.push_back({fmt::format("{}.{}", interface, name)});
    }
  }

  const WantedWord& wanted_;
  const Invocation& how_;
  std::optional<Service> service_;
};

std::vector<Candidate> candidates_on_bus(const WantedWord& wanted, Arguments words) {
  // The same options, but words that are missing yet are not missed.
  Verb verb = *wanted.verb;
  verb.words = any_words;
  // Without the verb, the word that is being typed, and an option whose value that is.
  Arguments said = words.subspan(1, words.size() - 2);
  const bool is_value = wanted.option != nullptr && wanted.before.empty();
  if (is_value) said = said.first(said.size() - 1);
  const auto how = Invocation::parse(verb, said);
  if (!how) return {};
  Completer completer(wanted, *how);
  if (wanted.option != nullptr) return completer.candidates(wanted.option->kind);
  std::vector<Candidate> found;
  for (const VerbWord* const word : wanted.words) {
    // A path shows by its first letter that it is one.
    const bool is_path = word->kind == WordKind::path;
    if (!wanted.typed.empty() && is_path != wanted.typed.starts_with('/')) continue;
    for (Candidate& candidate : completer.candidates(word->kind)) {
      found.push_back(std::move(candidate));
    }
  }
  return found;
}

/// What the shell itself knows best.
std::string_view directive_for(const WantedWord& wanted) {
  const bool is_word = wanted.option == nullptr && !wanted.words.empty();
  const WordKind kind = wanted.option != nullptr ? wanted.option->kind
                        : is_word                ? wanted.words.front()->kind
                                                 : WordKind::text;
  if (kind == WordKind::file) return ":files\n";
  return kind == WordKind::command ? ":commands\n" : "";
}

std::vector<Candidate> find_candidates(const WantedWord& wanted, Arguments words) {
  try {
    if (auto fixed = fixed_candidates(wanted)) return std::move(*fixed);
    return candidates_on_bus(wanted, words);
  } catch (const error&) {
    return {};  // no place for complaints
  }
}

}  // namespace

int complete(Arguments words) {
  const WantedWord wanted = wanted_word(words);
  if (words.size() > 1 && wanted.verb == nullptr) return exit_done;
  if (wanted.verb != nullptr && !wanted.is_option) {
    const std::string_view directive = directive_for(wanted);
    print(stdout, directive);
    if (!directive.empty()) return exit_done;
  }
  for (const Candidate& candidate : narrowed(find_candidates(wanted, words), wanted.typed)) {
    print(stdout, fmt::format("{}{}{}{}\n", wanted.before, candidate.word,
                              candidate.what.empty() ? "" : "\t", visible(candidate.what)));
  }
  return exit_done;
}

}  // namespace headway::tool
