// SPDX-License-Identifier: MIT
#include "wire/auth_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "wire/cookie.h"
#include "wire/hex.h"

namespace headway::wire {
namespace {

void say(std::string& output, std::string_view command, std::string_view argument = {}) {
  output += command;
  if (!argument.empty()) output += ' ';
  output += argument;
  output += "\r\n";
}

/// What a server said, fit for a terminal: short, without control characters.
std::string shown(std::string_view line) {
  constexpr std::size_t shown_max = 80;
  std::string text(line.substr(0, shown_max));
  std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
  if (line.size() > shown_max) text += "...";
  return text;
}

std::string lower_case(std::string_view hex) {
  std::string text(hex);
  for (char& c : text) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

/// An empty list offers everything: the server did not say.
bool is_offered(std::string_view list, std::string_view mechanism) {
  if (list.empty()) return true;
  while (!list.empty()) {
    const auto [word, rest] = split_auth_line(list);
    if (word == mechanism) return true;
    list = rest;
  }
  return false;
}

}  // namespace

AuthClient::AuthClient(Options options) : options_(std::move(options)) {}

const AuthClient::CookieRequest& AuthClient::cookie_request() const {
  HEADWAY_ASSERT(state_ == State::wants_cookie);
  return cookie_request_;
}

AuthClient::Failure AuthClient::failure() const {
  HEADWAY_ASSERT(state_ == State::failed);
  return failure_;
}

void AuthClient::start(std::string& output) {
  output += '\0';
  if (!options_.pipelined) return try_next({}, output);

  mechanism_ = AuthMechanism::external;
  if (options_.uid) {
    say(output, "AUTH EXTERNAL", to_hex(fmt::to_string(*options_.uid)));
    phase_ = Phase::waiting_for_ok;
  } else {
    say(output, "AUTH EXTERNAL");
    say(output, "DATA");
    phase_ = Phase::waiting_for_data;
  }
  if (options_.fds_wanted) say(output, "NEGOTIATE_UNIX_FD");
  say(output, "BEGIN");
}

std::size_t AuthClient::receive(Bytes input, std::string& output) {
  Bytes rest = input;
  while (state_ == State::reading) {
    const auto result = reader_.read(rest);
    if (result == AuthLineReader::Result::incomplete) break;
    if (result == AuthLineReader::Result::too_long) {
      fail(Failure::answer_too_long, "the server sent a line of more than 16 KiB");
      break;
    }
    if (options_.pipelined) {
      on_pipelined_line(reader_.line());
    } else {
      on_line(reader_.line(), output);
    }
    if (state_ == State::reading && output.size() > auth_bytes_max) {
      fail(Failure::bad_answer, "the server asks for answers faster than it reads them");
    }
  }
  return input.size() - rest.size();
}

/// AUTH-022 .. AUTH-025: what each answer means in each phase.
void AuthClient::on_line(std::string_view line, std::string& output) {
  const auto [command, argument] = split_auth_line(line);

  switch (phase_) {
    case Phase::waiting_for_data:
      if (command == "DATA") return on_data(argument, output);
      if (command == "ERROR") return cancel(output);
      break;

    case Phase::waiting_for_ok:
      if (command == "DATA" || command == "ERROR") return cancel(output);
      break;

    case Phase::waiting_for_reject:
      if (command == "REJECTED") return try_next(argument, output);
      return fail(Failure::bad_answer,
                  fmt::format("the server answered CANCEL with \"{}\"", shown(line)));

    case Phase::waiting_for_agree_unix_fd:
      if (command == "AGREE_UNIX_FD" || command == "ERROR") {
        fds_agreed_ = command == "AGREE_UNIX_FD";
        return begin(output);
      }
      return fail(Failure::bad_answer,
                  fmt::format("the server answered NEGOTIATE_UNIX_FD with \"{}\"", shown(line)));
  }

  if (command == "OK") return on_ok(argument, output);
  if (command == "REJECTED") return try_next(argument, output);
  say(output, "ERROR", "\"Unknown command\"");
}

/// Everything was said already; the answers must come in the order of the questions (AUTH-045).
void AuthClient::on_pipelined_line(std::string_view line) {
  const auto [command, argument] = split_auth_line(line);
  if (command == "REJECTED") {
    return fail(Failure::rejected,
                fmt::format("the server rejected EXTERNAL; it offers \"{}\"", shown(argument)));
  }
  if (phase_ == Phase::waiting_for_data && command == "DATA") {
    phase_ = Phase::waiting_for_ok;
    return;
  }
  if (phase_ == Phase::waiting_for_ok && command == "OK") {
    if (!take_guid(argument)) return;
    phase_ = Phase::waiting_for_agree_unix_fd;
    if (!options_.fds_wanted) state_ = State::begun;
    return;
  }
  if (phase_ == Phase::waiting_for_agree_unix_fd &&
      (command == "AGREE_UNIX_FD" || command == "ERROR")) {
    fds_agreed_ = command == "AGREE_UNIX_FD";
    state_ = State::begun;
    return;
  }
  fail(Failure::bad_answer,
       fmt::format("the server's answer \"{}\" does not fit what was asked", shown(line)));
}

void AuthClient::on_data(std::string_view hex, std::string& output) {
  const auto challenge = from_hex(hex);
  if (!challenge) return say(output, "ERROR", "\"Invalid hex encoding\"");

  switch (mechanism_) {
    case AuthMechanism::external:
      phase_ = Phase::waiting_for_ok;
      return say(output, "DATA");
    case AuthMechanism::anonymous:
      phase_ = Phase::waiting_for_ok;
      return say(output, "DATA", to_hex(options_.trace));
    case AuthMechanism::cookie_sha1:
      return on_cookie_challenge(*challenge, output);
  }
}

void AuthClient::on_cookie_challenge(const std::string& challenge, std::string& output) {
  auto parsed = parse_cookie_challenge(challenge);
  if (!parsed) return cancel(output);
  cookie_request_ = {.context = std::move(parsed->context),
                     .id = parsed->id,
                     .challenge = std::move(parsed->challenge)};
  state_ = State::wants_cookie;
}

void AuthClient::provide_cookie(const std::optional<CookieAnswer>& found, std::string& output) {
  HEADWAY_ASSERT(state_ == State::wants_cookie);
  state_ = State::reading;
  if (!found) return cancel(output);
  phase_ = Phase::waiting_for_ok;
  say(output, "DATA",
      to_hex(cookie_response(cookie_request_.challenge, found->challenge, found->secret)));
}

void AuthClient::on_ok(std::string_view argument, std::string& output) {
  if (!take_guid(argument)) return;
  if (!options_.fds_wanted) return begin(output);
  phase_ = Phase::waiting_for_agree_unix_fd;
  say(output, "NEGOTIATE_UNIX_FD");
}

/// AUTH-015: a server at the right place can still be another server.
bool AuthClient::take_guid(std::string_view argument) {
  constexpr std::size_t guid_digits = 32;
  if (argument.size() != guid_digits || !is_hex(argument)) {
    fail(Failure::bad_answer,
         fmt::format("the server's OK has \"{}\" where its GUID should be", shown(argument)));
    return false;
  }
  guid_ = lower_case(argument);
  if (!options_.guid.empty() && guid_ != lower_case(options_.guid)) {
    fail(Failure::wrong_server, fmt::format("the address is that of server {}, the server is {}",
                                            shown(options_.guid), guid_));
    return false;
  }
  return true;
}

/// The first mechanism of ours not tried yet that the server has not left out of its list.
void AuthClient::try_next(std::string_view offered, std::string& output) {
  while (next_mechanism_ < options_.mechanisms.size()) {
    mechanism_ = options_.mechanisms[next_mechanism_++];
    const std::string_view name = to_string(mechanism_);
    if (!is_offered(offered, name)) continue;

    std::string response;
    if (mechanism_ == AuthMechanism::external && options_.uid) {
      response = fmt::to_string(*options_.uid);
    }
    if (mechanism_ == AuthMechanism::cookie_sha1) response = options_.user;
    if (mechanism_ == AuthMechanism::anonymous) response = options_.trace;
    const bool is_all = mechanism_ != AuthMechanism::cookie_sha1 && !response.empty();
    phase_ = is_all ? Phase::waiting_for_ok : Phase::waiting_for_data;
    return say(output, response.empty() ? fmt::format("AUTH {}", name)
                                        : fmt::format("AUTH {} {}", name, to_hex(response)));
  }
  fail(Failure::rejected,
       offered.empty()
           ? std::string("the server rejected every way to authenticate")
           : fmt::format("the server rejected every way to authenticate that it shares with us; "
                         "it offers \"{}\"",
                         shown(offered)));
}

void AuthClient::cancel(std::string& output) {
  phase_ = Phase::waiting_for_reject;
  say(output, "CANCEL");
}

void AuthClient::begin(std::string& output) {
  say(output, "BEGIN");
  state_ = State::begun;
}

void AuthClient::fail(Failure why, std::string text) {
  state_ = State::failed;
  failure_ = why;
  what_happened_ = std::move(text);
}

}  // namespace headway::wire
