// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <string>

#include "base/result.h"
#include "tool/arguments.h"
#include "tool/output.h"
#include "tool/resolve.h"
#include "tool/verbs.h"
#include "wire/names.h"

namespace headway::tool {
namespace {

constexpr std::array options{
    VerbOption{"--signature", "-s", "TYPES", WordKind::signature, "the types of the values"},
    VerbOption{"--to", "", "NAME", WordKind::service, "to that connection alone"},
    VerbOption{"--name", "", "NAME", WordKind::text, "own this name meanwhile"},
};
constexpr std::array words{
    VerbWord{"PATH", WordKind::path, VerbWord::Count::one,
             "the object that it is said to come from"},
    VerbWord{"SIGNAL", WordKind::signal, VerbWord::Count::one,
             "org.example.Interface.Member, in full"},
    VerbWord{"VALUE", WordKind::value, VerbWord::Count::any,
             "what it carries; without --signature as in a variant: u:5, or the type is guessed"},
};
constexpr std::array examples{
    VerbExample{"headway emit /org/example org.example.Door.Opened front u:2", "a signal (su)"},
    VerbExample{"headway emit -s 'a{sv}' / org.example.I.Changed '{level: 5}'",
                "with its type given"},
};

Outcome<void> own(const Bus& bus, std::string_view name) {
  if (!wire::is_well_known_name(name)) {
    return std::unexpected(
        Failure{exit_usage, fmt::format("--name={}: that is no name, such as org.example", name)});
  }
  if (bus.peer.request_name(name, do_not_queue).wait() == request_name_reply::exists) {
    return std::unexpected(Failure{
        exit_refused, fmt::format("somebody else owns {}; `headway ls {}` says who", name, name)});
  }
  return {};
}

Outcome<int> run(const Invocation& how) {
  const auto name = whole_name(how.word(1));
  if (!wire::is_object_path(how.word(0)) || !name) {
    return std::unexpected(Failure{
        exit_usage, fmt::format("\"{} {}\" is no object path and signal, such as /org/example "
                                "org.example.Interface.Member",
                                how.word(0), how.word(1))});
  }
  const auto signature = TRY(signature_option(how));
  const auto values = std::span(how.words()).subspan(2);
  auto what = message_builder::signal(how.word(0), name->interface, name->name);
  if (const auto to = how.value("--to")) what.destination(*to);
  if (signature) {
    TRY_VOID(append_arguments(what, *signature, values));
  } else {
    TRY_VOID(append_guessed(what, values));
  }
  const Bus bus = TRY(open(how));
  if (const auto owned = how.value("--name")) TRY_VOID(own(bus, *owned));
  bus.peer.send(what.build());
  // The bus answers in order: when it does, it has passed the signal on.
  TRY_VOID(bus.ask_bus("GetId"));
  return exit_done;
}

}  // namespace

constinit const Verb verb_emit{
    .name = "emit",
    .summary = "send a signal",
    .description =
        R"(Sends a signal to all who listen for it, or to one connection. Values are written as
`headway help call` says.)",
    .options = options,
    .words = words,
    .examples = examples,
    .run = run,
};

}  // namespace headway::tool
