// SPDX-License-Identifier: MIT
#include "machined/shell_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace headway::machined {
namespace {

// What rules of systemd-machined's see where the login shell is asked for.
constexpr std::string_view shell_by_default = "/bin/sh";

// With these a caller would run something else than the program that was authorized.
constexpr std::array<std::string_view, 9> forbidden_names = {
    "BASH_ENV", "BASHOPTS", "ENV", "GCONV_PATH", "GLIBC_TUNABLES",
    "IFS",      "LOCPATH",  "PS4", "SHELLOPTS"};

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_user(std::string_view text) {
  return text.size() <= user_bytes_max && !text.starts_with('-') &&
         std::ranges::none_of(text, [](char c) { return is_control(c) || c == ':' || c == '/'; });
}

bool is_forbidden(std::string_view name) {
  return name.starts_with("LD_") ||
         std::ranges::find(forbidden_names, name) != forbidden_names.end();
}

std::optional<std::string> fault_of_assignment(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('='));
  const bool is_name =
      !name.empty() && !is_digit(name.front()) &&
      std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c); });
  if (!is_name || name.size() == text.size()) {
    return fmt::format("\"{}\" is no assignment for the environment: NAME=value", text);
  }
  if (is_forbidden(name)) {
    return fmt::format("{} cannot be set: it would change what the program does", name);
  }
  return std::nullopt;
}

std::size_t bytes_of(const std::vector<std::string>& words) {
  std::size_t bytes = 0;
  for (const std::string& word : words) bytes += word.size() + 1;
  return bytes;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (&word != &words.front()) text += ' ';
    for (const char c : word) {
      if (c == ' ' || c == '\\' || is_control(c)) text += '\\';
      text += c;
    }
  }
  return text;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

std::optional<std::string> normalize(ShellRequest& request) {
  if (request.user.empty()) request.user = "root";
  if (!is_user(request.user)) return "this cannot be the name of a user";
  if (request.program.empty()) {
    request.arguments.clear();
  } else if (!request.program.starts_with('/')) {
    return fmt::format("the path \"{}\" is not absolute", request.program);
  } else if (request.arguments.empty()) {
    request.arguments = {request.program};
  }
  if (bytes_of(request.arguments) + request.program.size() > arguments_bytes_max) {
    return fmt::format("program and arguments have more than {} bytes", arguments_bytes_max);
  }
  if (bytes_of(request.environment) > environment_bytes_max) {
    return fmt::format("the environment has more than {} bytes", environment_bytes_max);
  }
  for (const std::string& assignment : request.environment) {
    if (auto fault = fault_of_assignment(assignment)) return fault;
  }
  return std::nullopt;
}

Command command_of(const ShellRequest& request, const Account& account) {
  if (!request.program.empty()) return {request.program, request.arguments};
  const std::string shell = account.shell.empty() ? std::string(shell_by_default) : account.shell;
  return {shell, {fmt::format("-{}", base_name(shell))}};
}

std::map<std::string, std::string> details_of(const ShellRequest& request,
                                              const std::optional<Account>& account) {
  const bool is_default = request.program.empty();
  std::map<std::string, std::string> details{
      {"machine", request.machine},
      {"user", account ? account->name : request.user},
      {"program", is_default ? std::string(shell_by_default) : request.program},
      {"default-shell", is_default ? "1" : "0"},
      {"environment", joined(request.environment)}};
  if (account) {
    const Command command = command_of(request, *account);
    details["uid"] = std::to_string(account->uid);
    details["resolved-program"] = command.program;
    details["args"] = joined(command.arguments);
  }
  return details;
}

}  // namespace headway::machined
