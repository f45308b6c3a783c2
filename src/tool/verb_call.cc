// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <string>

#include "base/result.h"
#include "tool/arguments.h"
#include "tool/output.h"
#include "tool/resolve.h"
#include "tool/value_print.h"
#include "tool/verbs.h"
#include "wire/signature.h"

namespace headway::tool {
namespace {

constexpr std::array options{
    VerbOption{"--signature", "-s", "TYPES", WordKind::signature,
               "the types of the values, so that the service need not be asked for them"},
    VerbOption{"--expect", "-e", "VALUE", WordKind::value,
               "fail if the reply is another; of several values, as a struct of them"},
    VerbOption{"--no-reply", "", "", WordKind::text, "wait for no reply"},
    VerbOption{"--no-start", "", "", WordKind::text, "do not start the service for it"},
    VerbOption{"--interactive", "-i", "", WordKind::text,
               "the service may have the user asked for a password first"},
};
constexpr std::array words{
    VerbWord{"SERVICE", WordKind::service, VerbWord::Count::one,
             "its name, or as much of it as only one service has"},
    VerbWord{"PATH", WordKind::path, VerbWord::Count::optional,
             "the object; not needed if only one has such a method"},
    VerbWord{"METHOD", WordKind::member, VerbWord::Count::one,
             "its name, behind that of its interface and a dot if several have one"},
    VerbWord{"VALUE", WordKind::value, VerbWord::Count::any, "what goes in; see docs/tool.md"},
};
constexpr std::array examples{
    VerbExample{"headway call logind ListSessions", "org.freedesktop.login1 is found by that name"},
    VerbExample{"headway call systemd StartUnit cron.service replace", "values as plain words"},
    VerbExample{
        "headway call Notifications Notify me 0 '' Hello 'Tea is ready' '' '{urgency: y:1}' 0",
        "an empty array, and a dictionary with a variant in it"},
    VerbExample{"headway call --json DBus ListNames | jq -r '.data[0][]'", "the reply as JSON"},
    VerbExample{"headway call --expect true DBus NameHasOwner org.example.A",
                "ends with 1 if nobody owns it"},
    VerbExample{"headway call -s us org.example.A /a org.example.I.Set 5 x",
                "everything named, nobody asked"},
};

/// SERVICE [PATH] METHOD VALUE...
struct Request {
  std::string_view service;
  std::string_view path;
  std::string_view method;
  std::span<const std::string_view> values;
};

Outcome<Request> request_of(const Invocation& how) {
  std::span<const std::string_view> rest = how.words();
  Request request{.service = rest[0]};
  rest = rest.subspan(1);
  if (rest[0].starts_with('/')) {
    request.path = rest[0];
    rest = rest.subspan(1);
  }
  if (rest.empty()) {
    return std::unexpected(Failure{exit_usage, "METHOD is missing; see: headway help call"});
  }
  request.method = rest[0];
  request.values = rest.subspan(1);
  return request;
}

/// If the command line says everything, the service is not asked.
Outcome<Member> find_method(const Service& service, const Request& request, const Output& output,
                            std::optional<std::string_view> signature) {
  const auto name = whole_name(request.method);
  if (!signature || request.path.empty() || !name) {
    return resolve_member(service, output, request.path, MemberKind::method, request.method);
  }
  return Member{.path = std::string(request.path),
                .interface = std::string(name->interface),
                .name = std::string(name->name)};
}

std::uint8_t flags_of(const Invocation& how) {
  std::uint8_t flags = 0;
  if (how.has("--no-reply")) flags |= no_reply_expected;
  if (how.has("--no-start")) flags |= no_auto_start;
  if (how.has("--interactive")) flags |= allow_interactive_authorization;
  return flags;
}

/// Several values are taken as one struct.
Outcome<void> check_reply(const message& reply, std::string_view expected) {
  const std::string_view types = reply.signature();
  if (types.empty()) {
    return std::unexpected(Failure{exit_refused, "the reply has no value; --expect wants one"});
  }
  const bool is_one = wire::is_single_complete_type(types);
  const std::string type = is_one ? std::string(types) : fmt::format("({})", types);
  const std::string wanted = TRY(json_of_argument(type, "--expect", expected));
  JsonText got;
  if (!is_one) got.open_array();
  for (message_reader values = reply.body(); !values.at_end();) append_json(got, values);
  if (!is_one) got.close_array();
  if (got.text() == wanted) return {};
  return std::unexpected(
      Failure{exit_refused, fmt::format("the reply is {}, not {}", got.text(), wanted)});
}

void print_reply(const message& reply, const Output& output) {
  if (output.is_json()) {
    JsonText json;
    append_json_body(json, reply);
    return output.line(json);
  }
  message_reader values = reply.body();
  while (!values.at_end()) print(stdout, text_of_value(values, output));
}

Outcome<int> run(const Invocation& how) {
  const Output output(how);
  if (how.has("--expect") && how.has("--no-reply")) {
    return std::unexpected(Failure{exit_usage, "--expect needs the reply that --no-reply refuses"});
  }
  const Request request = TRY(request_of(how));
  const auto signature = TRY(signature_option(how));
  const Service service = TRY(resolve_service(how, output, request.service));
  const Member method = TRY(find_method(service, request, output, signature));
  auto what =
      message_builder::method_call(service.name, method.path, method.interface, method.name);
  what.flags(flags_of(how));
  if (signature) {
    TRY_VOID(append_arguments(what, *signature, request.values));
  } else {
    TRY_VOID(append_arguments(what, method, request.values));
  }
  if (how.has("--no-reply")) {
    service.bus.peer.send(what.build());
    service.bus.peer.flush();
    return exit_done;
  }
  const message reply = TRY(service.bus.call(what.build()));
  if (const auto expected = how.value("--expect")) TRY_VOID(check_reply(reply, *expected));
  print_reply(reply, output);
  return exit_done;
}

}  // namespace

constinit const Verb verb_call{
    .name = "call",
    .summary = "call a method, and print the reply",
    .description =
        R"(Calls a method of an object and prints what it replies. The service, the object and the
interface are found by what is written of them, if that can mean only one thing; -v says
what was found. The service is asked for the types of the values, unless --signature gives
them.

A text is written as it is, a number in decimal or as 0x.., a boolean as true or false. A
container is JSON, in which quotes may be left out: [a, b], {one: 1, two: 2}; of an array
or a struct the outer brackets, too: a,b or one=1,two=2. A variant is TYPE:VALUE, such as
u:5, or its type is guessed. A descriptor is @FILE or fd:NUMBER.

With --json the reply is {"type": SIGNATURE, "data": [VALUE...]}, where a variant is
{"type": TYPE, "data": VALUE}.)",
    .options = options,
    .words = words,
    .examples = examples,
    .run = run,
};

}  // namespace headway::tool
