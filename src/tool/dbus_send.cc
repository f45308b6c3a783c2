// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "headway/connection.h"
#include "headway/message.h"
#include "tool/message_text.h"
#include "tool/open_bus.h"
#include "tool/programs.h"
#include "tool/send_contents.h"
#include "tool/send_options.h"

namespace headway::tool {
namespace {

using Done = std::expected<void, std::string>;  // the error is a text for stderr

message_builder begin(const SendOptions& options) {
  if (options.type == message_type::method_call) {
    return message_builder::method_call(options.destination, options.path, options.interface,
                                        options.member);
  }
  message_builder signal = message_builder::signal(options.path, options.interface, options.member);
  signal.flags(no_reply_expected);  // which goes without saying, but libdbus always says it
  if (!options.destination.empty()) signal.destination(options.destination);
  return signal;
}

result<connection> connect(const SendOptions& options) {
  switch (options.to) {
    case SendOptions::To::session:
      return open_bus(bus::session);
    case SendOptions::To::system:
      return open_bus(bus::system);
    case SendOptions::To::bus:
      return open_bus(options.address);
    case SendOptions::To::peer:
      return open_peer(options.address);
  }
  std::unreachable();
}

std::string_view name_of(const SendOptions& options) {
  if (options.to == SendOptions::To::session) return "session";
  if (options.to == SendOptions::To::system) return "system";
  return options.address;
}

/// Owns the name until the connection ends.
Done take_name(const connection& on, const std::string& name) {
  const auto reply = on.request_name(name, do_not_queue).as_result().wait();
  if (!reply) {
    return std::unexpected(
        fmt::format("Failed to request sender name \"{}\": {}", name, reply.error().text()));
  }
  if (*reply == request_name_reply::exists) {
    return std::unexpected(fmt::format("Requested name \"{}\" already has owner", name));
  }
  return {};
}

void show(const message& reply, bool literally) {
  std::string text;
  if (!literally) append_header(text, reply, std::chrono::system_clock::now());
  append_body(text, reply, literally ? Quotes::no : Quotes::yes);
  print(stdout, text);
}

/// An error need not come with a text.
std::string_view text_of(const error& e) { return e.text().empty() ? e.name() : e.text(); }

Done call(const connection& to, const message& what, const SendOptions& options) {
  auto call = to.call(what);
  if (options.reply_timeout) call = std::move(call).within(*options.reply_timeout);
  const auto reply = std::move(call).as_result().wait();
  if (!reply) {
    return std::unexpected(
        fmt::format("Error {}: {}", reply.error().name(), text_of(reply.error())));
  }
  show(*reply, options.print == SendOptions::Print::literally);
  return {};
}

Done send(const message& what, const SendOptions& options) {
  const auto to = connect(options);
  if (!to) {
    return std::unexpected(fmt::format("Failed to open connection to \"{}\" message bus: {}",
                                       name_of(options), to.error().text()));
  }
  if (!options.sender.empty()) TRY_VOID(take_name(*to, options.sender));
  if (options.print != SendOptions::Print::nothing) return call(*to, what, options);
  to->send(what);
  to->flush();
  return {};
}

int run(const Program& self, Arguments arguments) {
  const auto options = parse_send(arguments);
  if (!options) {
    const SendProblem& problem = options.error();
    if (problem.is_help) {
      print(stderr, usage_of(self));
      return EXIT_SUCCESS;
    }
    if (!problem.text.empty()) print(stderr, problem.text + "\n");
    if (problem.is_usage) print(stderr, synopsis_of(self));
    return EXIT_FAILURE;
  }
  try {
    message_builder what = begin(*options);
    if (const Done done = append_contents(what, options->contents); !done) {
      complain(self, done.error());
      return EXIT_FAILURE;
    }
    const Done done = send(what.build(), *options);
    if (!done) print(stderr, done.error() + "\n");
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const error& e) {
    complain(self, e.what());
    return EXIT_FAILURE;
  }
}

}  // namespace

constinit const Program dbus_send{
    .name = "dbus-send",
    .summary = "send one message, and print the reply",
    .usage = R"([OPTION...] PATH INTERFACE.MEMBER [CONTENTS...]

Sends a signal, or calls a method, with CONTENTS: TYPE:VALUE, array:TYPE:VALUE,VALUE...,
dict:TYPE:TYPE:KEY,VALUE,KEY,VALUE... or variant:TYPE:VALUE. TYPE is string, int16, uint16,
int32, uint32, int64, uint64, double, byte, boolean or objpath.

  --session            on the session bus, as usual
  --system             on the system bus
  --bus=ADDRESS        on the bus there
  --peer=ADDRESS, --address=ADDRESS
                       to the program that listens there, which is no bus
  --dest=NAME          to the owner of NAME
  --sender=NAME        owning NAME meanwhile
  --type=TYPE          method_call or signal
  --print-reply        call a method, wait for the reply and print it
  --print-reply=literal
                       the same, but print values alone
  --reply-timeout=MSEC wait that long for the reply, instead of 25 seconds
  --help
)",
    .run = run,
};

}  // namespace headway::tool
