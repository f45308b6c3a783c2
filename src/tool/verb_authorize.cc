// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "authority/rule_files.h"
#include "authority/simulation.h"
#include "base/result.h"
#include "tool/output.h"
#include "tool/verb_bus.h"
#include "tool/verbs.h"

namespace headway::tool {
namespace {

using authority::Presence;
using authority::Verdict;
using Details = authority::Details;

constexpr std::array options{
    VerbOption{"--process", "-p", "PID", WordKind::number, "check: about that process"},
    VerbOption{"--name", "-n", "NAME", WordKind::service,
               "check: about the program that has that name; usually: about headway itself"},
    VerbOption{"--ask", "-a", "", WordKind::text,
               "check: let the user be asked for a password, if that can help"},
    VerbOption{"--user", "-u", "USER", WordKind::text, "sim: about that user; usually about you"},
    VerbOption{"--group", "-g", "GROUP", WordKind::text,
               "sim: who is in that group, and in no other; may be given again"},
    VerbOption{"--presence", "", "WHERE", WordKind::choice,
               "sim: who sits at the machine, in the session in front or in another one, or does "
               "not; usually active",
               "active inactive none"},
    VerbOption{"--actions", "", "DIRECTORY", WordKind::file,
               "sim: where .policy files are, instead of the machine's; may be given again"},
    VerbOption{"--rules", "", "DIRECTORY", WordKind::file,
               "sim: where .rules files are, instead of the machine's; may be given again"},
    VerbOption{"--root-too", "", "", WordKind::text, "sim: do not let root do everything"},
    VerbOption{"--expect", "-e", "VERDICT", WordKind::choice,
               "end with 0 if it is this one, and with 1 if not",
               "yes no auth_self auth_self_keep auth_admin auth_admin_keep challenge"},
};
constexpr std::array words{
    VerbWord{"HOW", WordKind::choice, VerbWord::Count::one,
             "check: ask the authority that is there; sim: look at files, without any"},
    VerbWord{"ACTION", WordKind::text, VerbWord::Count::one, "its whole id"},
    VerbWord{"DETAIL", WordKind::text, VerbWord::Count::any,
             "KEY=VALUE, which rules see by action.lookup(); only root and the action's owners may "
             "give any to a live authority"},
};
constexpr std::array exits{
    VerbExit{exit_refused, "or the verdict is not yes, or not the one that was expected"},
};
constexpr std::array examples{
    VerbExample{"headway authorize check org.freedesktop.login1.reboot", "may I?"},
    VerbExample{"headway authorize sim -u ann --presence none org.freedesktop.login1.reboot",
                "what would the machine's files say of ann, logged in from afar, and which?"},
    VerbExample{"headway authorize sim --rules ./rules.d -u ann -e no "
                "org.freedesktop.machine1.host-shell machine=.host user=root program=/bin/sh",
                "a test of a rule"},
};

Outcome<Details> details_of(const Invocation& how) {
  Details details;
  for (std::size_t i = 2; i < how.words().size(); ++i) {
    const std::string_view word = how.word(i);
    const std::size_t at = word.find('=');
    if (at == std::string_view::npos || at == 0) {
      return std::unexpected(Failure{exit_usage, fmt::format("\"{}\" is no KEY=VALUE", word)});
    }
    details.insert_or_assign(std::string(word.substr(0, at)), std::string(word.substr(at + 1)));
  }
  return details;
}

/// What to end with, and the verdict that counts: a challenge is one whatever it asks for.
int status_of(const Invocation& how, std::string_view verdict, bool is_challenge) {
  const auto expected = how.value("--expect").value_or("yes");
  const bool fits = verdict == expected || (is_challenge && expected == "challenge");
  return fits ? exit_done : exit_refused;
}

// The live authority.

struct Answer {
  bool is_authorized = false;
  bool is_challenge = false;
  std::map<std::string, std::string> details;
};

Outcome<Answer> ask(const Bus& bus, const Invocation& how, const Details& details) {
  auto call = message_builder::method_call(
      "org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
      "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization");
  call.open_struct("sa{sv}");
  if (const auto pid = how.number("--process")) {
    call.string("unix-process").open_array("{sv}");
    call.open_dict_entry().string("pid").open_variant("u").uint32(*pid).close().close();
    call.open_dict_entry().string("start-time").open_variant("t").uint64(0).close().close();
  } else {
    std::string name = bus.peer.unique_name();
    if (const auto given = how.value("--name")) {
      name = TRY(bus.ask_bus("GetNameOwner", given)).body().string();
    }
    call.string("system-bus-name").open_array("{sv}");
    call.open_dict_entry().string("name").open_variant("s").string(name).close().close();
  }
  call.close().close().string(how.word(1)).open_array("{ss}");
  for (const auto& [key, value] : details) {
    call.open_dict_entry().string(key).string(value).close();
  }
  call.close().uint32(how.has("--ask") ? 1 : 0).string("");
  const message reply = TRY(bus.call(call.build()));
  if (reply.signature() != "(bba{ss})") {
    return std::unexpected(
        Failure{exit_refused, fmt::format("the authority answers with ({}), which is no answer",
                                          std::string_view(reply.signature()))});
  }
  Answer answer;
  auto values = reply.body();
  values.enter();
  answer.is_authorized = values.boolean();
  answer.is_challenge = values.boolean();
  for (values.enter(); !values.at_end(); values.leave()) {
    values.enter();
    const std::string key(values.string());
    answer.details.insert_or_assign(key, std::string(values.string()));
  }
  return answer;
}

Outcome<int> check(const Invocation& how, const Output& output, const Details& details) {
  const bool is_said = how.has("--session") || how.has("--address") || how.has("--host");
  const Bus bus = TRY(is_said ? open(how) : open(BusChoice::system(), how));
  const Answer answer = TRY(ask(bus, how, details));
  const std::string_view verdict =
      answer.is_authorized ? "yes" : (answer.is_challenge ? "challenge" : "no");
  if (output.is_json()) {
    JsonText json;
    json.open_object().member("action", how.word(1)).member("verdict", verdict);
    json.key("details").open_object();
    for (const auto& [key, value] : answer.details) json.member(key, value);
    output.line(json.close_object().close_object());
  } else {
    const auto reason = answer.details.find("headway.reason");
    if (reason != answer.details.end()) output.line(visible(reason->second));
    for (const auto& [key, value] : answer.details) {
      if (key != "headway.reason") output.note(fmt::format("{}={}", key, value));
    }
    output.line(output.paint(answer.is_authorized ? Style::good : Style::bad, verdict));
  }
  return status_of(how, verdict, answer.is_challenge);
}

// Files.

std::vector<std::string> directories_of(const Invocation& how, std::string_view option,
                                        std::vector<std::string> otherwise) {
  const auto given = how.values(option);
  if (given.empty()) return otherwise;
  return {given.begin(), given.end()};
}

authority::Simulation simulation_of(const Invocation& how, Details details) {
  authority::Simulation what{
      .action_directories =
          directories_of(how, "--actions", authority::standard_action_directories()),
      .rule_directories = directories_of(how, "--rules", authority::standard_rule_directories()),
      .user = std::string(how.value("--user").value_or("")),
      .groups = {},
      .action = std::string(how.word(1)),
      .details = std::move(details),
      .root_too = how.has("--root-too")};
  if (what.user.empty()) what.user = std::to_string(::getuid());
  const auto groups = how.values("--group");
  if (!groups.empty()) what.groups.emplace(groups.begin(), groups.end());
  const auto presence = how.value("--presence");
  if (presence == "inactive") what.presence = Presence::inactive;
  if (presence == "none") what.presence = Presence::none;
  return what;
}

void print_decision(const Output& output, std::string_view action,
                    const authority::Decision& decision) {
  const auto verdict = authority::name_of(decision.verdict);
  if (!output.is_json()) {
    std::string_view about = action;
    for (const authority::Step& step : decision.steps) {
      if (step.action != about) {
        about = step.action;
        output.line(fmt::format("{}, which implies it:", output.paint(Style::strong, about)));
      }
      output.line((about == action ? "" : "  ") + visible(describe(step)));
    }
    output.line(output.paint(decision.verdict == Verdict::yes ? Style::good : Style::bad, verdict));
    return;
  }
  JsonText json;
  json.open_object().member("action", action).member("verdict", verdict);
  json.member("reason", decision.reason()).key("steps").open_array();
  for (const authority::Step& step : decision.steps) {
    json.open_object().member("action", step.action);
    json.member("verdict", authority::name_of(step.verdict)).member_if("file", step.file);
    if (step.line != 0) json.key("line").number(step.line);
    json.member("text", describe(step)).close_object();
  }
  output.line(json.close_array().close_object());
}

Outcome<int> simulate(const Invocation& how, const Output& output, Details details) {
  const auto done = authority::simulate(simulation_of(how, std::move(details)));
  for (const std::string& remark : done.remarks) {
    print(stderr, fmt::format("headway authorize: {}\n", visible(remark)));
  }
  if (!done.decision) return std::unexpected(Failure{exit_not_found, done.decision.error()});
  print_decision(output, how.word(1), *done.decision);
  return status_of(how, authority::name_of(done.decision->verdict),
                   authority::is_challenge(done.decision->verdict));
}

Outcome<int> run(const Invocation& how) {
  const Output output(how);
  Details details = TRY(details_of(how));
  if (how.word(0) == "check") return check(how, output, details);
  if (how.word(0) == "sim") return simulate(how, output, std::move(details));
  return std::unexpected(
      Failure{exit_usage, fmt::format("\"{}\" is neither check nor sim", how.word(0))});
}

}  // namespace

constinit const Verb verb_authorize{
    .name = "authorize",
    .summary = "say whether somebody may do something, and which rule says so",
    .description =
        R"(With `check` the authority on the system bus, headway's or polkit's, is asked about an
action. headway's also says which rule or default its answer comes from. "challenge" means: not
without a password.

With `sim` nobody is asked: the files of actions and rules are read and the rules run here, one
after the other, as an authority would. Each that was asked is shown with its file, line and
answer, then the action's default if it came to that, then the verdict. Rules run with your
rights, for as long as they like; programs that they would spawn are not executed. What a rule
knows of a process (subject.pid, subject.system_unit) is not there.)",
    .options = options,
    .words = words,
    .examples = examples,
    .exits = exits,
    .run = run,
};

}  // namespace headway::tool
