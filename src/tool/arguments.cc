// SPDX-License-Identifier: MIT
#include "tool/arguments.h"

#include <fmt/format.h>

#include <vector>

#include "base/result.h"
#include "tool/value_print.h"
#include "tool/value_text.h"
#include "wire/signature.h"

namespace headway::tool {
namespace {

std::unexpected<Failure> wrong(std::string text) {
  return std::unexpected(Failure{exit_usage, std::move(text)});
}

/// "level u, unit s"
std::string list_of(const std::vector<Member::Argument>& arguments) {
  std::string text;
  for (const Member::Argument& argument : arguments) {
    if (!text.empty()) text += ", ";
    text +=
        argument.name.empty() ? argument.type : fmt::format("{} {}", argument.name, argument.type);
  }
  return text.empty() ? "nothing" : text;
}

Outcome<void> append_all(message_builder& to, const std::vector<Member::Argument>& arguments,
                         std::string_view taker, std::span<const std::string_view> values) {
  if (values.size() != arguments.size()) {
    return wrong(fmt::format("{} takes {} value{} ({}), not {}", taker, arguments.size(),
                             arguments.size() == 1 ? "" : "s", list_of(arguments), values.size()));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Member::Argument& argument = arguments[i];
    const std::string name = argument.name.empty()
                                 ? fmt::format("value {}", i + 1)
                                 : fmt::format("value {} ({})", i + 1, argument.name);
    TRY_VOID(append_argument(to, argument.type, name, values[i]));
  }
  return {};
}

}  // namespace

Outcome<void> append_arguments(message_builder& to, const Member& member,
                               std::span<const std::string_view> values) {
  return append_all(to, member.arguments, fmt::format("{}.{}", member.interface, member.name),
                    values);
}

Outcome<void> append_arguments(message_builder& to, std::string_view signature,
                               std::span<const std::string_view> values) {
  std::vector<Member::Argument> arguments;
  for (std::string_view rest = signature; !rest.empty();) {
    const std::size_t length = wire::complete_type_length(rest);
    arguments.push_back({"", std::string(rest.substr(0, length))});
    rest.remove_prefix(length);
  }
  return append_all(to, arguments, "--signature", values);
}

Outcome<void> append_argument(message_builder& to, std::string_view type, std::string_view name,
                              std::string_view value) {
  const auto done = append_value(to, type, value, open_named_fd);
  if (!done) return wrong(fmt::format("{}, of type {}: {}", name, type, done.error()));
  return {};
}

Outcome<std::string> json_of_argument(std::string_view type, std::string_view name,
                                      std::string_view value) {
  message_builder alone = message_builder::signal("/", "a.b", "C");
  TRY_VOID(append_argument(alone, type, name, value));
  return json_of_value(alone.build().body());
}

Outcome<void> append_guessed(message_builder& to, std::span<const std::string_view> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    message_builder alone = message_builder::signal("/", "a.b", "C");
    TRY_VOID(append_argument(alone, "v", fmt::format("value {}", i + 1), values[i]));
    const message variant = alone.build();
    message_reader content = variant.body();
    content.enter();
    to.copy(content);
  }
  return {};
}

Outcome<std::optional<std::string_view>> signature_option(const Invocation& how) {
  const auto signature = how.value("--signature");
  if (signature && !wire::is_signature(*signature)) {
    return wrong(fmt::format("--signature={}: that is none, such as sa{{sv}}", *signature));
  }
  return signature;
}

}  // namespace headway::tool
