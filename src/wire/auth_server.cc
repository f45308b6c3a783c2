// SPDX-License-Identifier: MIT
#include "wire/auth_server.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/utf8.h"
#include "wire/cookie.h"
#include "wire/hex.h"

namespace headway::wire {
namespace {

void answer(std::string& output, std::string_view command, std::string_view argument = {}) {
  output += command;
  if (!argument.empty()) output += ' ';
  output += argument;
  output += "\r\n";
}

void answer_error(std::string& output, std::string_view text) {
  output += "ERROR \"";
  output += text;
  output += "\"\r\n";
}

bool is_ascii_text(std::string_view line) {
  return std::ranges::all_of(line, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0 && byte < 0x80;
  });
}

std::string offered(const AuthMechanisms& mechanisms) {
  std::string names;
  for (const auto mechanism :
       {AuthMechanism::external, AuthMechanism::cookie_sha1, AuthMechanism::anonymous}) {
    if (!mechanisms.has(mechanism)) continue;
    if (!names.empty()) names += ' ';
    names += to_string(mechanism);
  }
  return names;
}

constexpr std::string_view hex_error = "Invalid hex encoding";

}  // namespace

bool AuthMechanisms::has(AuthMechanism mechanism) const {
  switch (mechanism) {
    case AuthMechanism::external:
      return external;
    case AuthMechanism::cookie_sha1:
      return cookie_sha1;
    case AuthMechanism::anonymous:
      return anonymous;
  }
  return false;
}

AuthServer::AuthServer(Options options) : options_(std::move(options)) {}

const AuthServer::Identity& AuthServer::identity() const {
  HEADWAY_ASSERT(state_ == State::begun);
  return identity_;
}

AuthServer::Refusal AuthServer::refusal() const {
  HEADWAY_ASSERT(state_ == State::refused);
  return refusal_;
}

std::size_t AuthServer::receive(Bytes input, std::string& output) {
  Bytes rest = input;
  if (!nul_seen_ && !rest.empty()) {
    if (rest.front() != 0) {
      refuse(Refusal::no_nul_byte);
      return 0;
    }
    nul_seen_ = true;
    rest = rest.subspan(1);
  }

  while (state_ == State::reading) {
    const auto result = reader_.read(rest);
    if (result == AuthLineReader::Result::incomplete) break;
    if (result == AuthLineReader::Result::too_long) {
      refuse(Refusal::line_too_long);
      break;
    }
    on_line(reader_.line(), output);
    if (state_ == State::reading && output.size() > auth_bytes_max) {
      refuse(Refusal::answers_not_read);
    }
  }
  return input.size() - rest.size();
}

/// AUTH-016 .. AUTH-018: what each command means in each phase.
void AuthServer::on_line(std::string_view line, std::string& output) {
  if (!is_ascii_text(line)) return answer_error(output, "A line holds ASCII characters only");
  const auto [command, argument] = split_auth_line(line);

  if (command == "BEGIN") {
    if (phase_ != Phase::waiting_for_begin) return refuse(Refusal::begin_before_ok);
    state_ = State::begun;
    return;
  }
  if (command == "ERROR") return reject(output);
  if (command == "CANCEL") {
    if (phase_ == Phase::waiting_for_auth) {
      return answer_error(output, "There is nothing to cancel");
    }
    return reject(output);
  }
  if (command == "NEGOTIATE_UNIX_FD") return on_fds(output);
  if (command == "AUTH") {
    if (phase_ == Phase::waiting_for_auth) return on_auth(argument, output);
    return answer_error(output, phase_ == Phase::waiting_for_data
                                    ? "AUTH is under way: DATA or CANCEL must follow"
                                    : "Already authenticated: BEGIN or CANCEL must follow");
  }
  if (command == "DATA") {
    if (phase_ == Phase::waiting_for_data) return on_data(argument, output);
    return answer_error(output, "No data was asked for");
  }
  answer_error(output, "Unknown command");
}

void AuthServer::on_auth(std::string_view argument, std::string& output) {
  const auto [name, hex] = split_auth_line(argument);
  const auto mechanism = auth_mechanism(name);
  if (!mechanism || !options_.mechanisms.has(*mechanism)) return reject(output);
  const auto response = from_hex(hex);
  if (!response) return answer_error(output, hex_error);

  identity_.mechanism = *mechanism;
  phase_ = Phase::waiting_for_data;
  if (*mechanism == AuthMechanism::external && response->empty()) {
    asked_ = true;
    return answer(output, "DATA");
  }
  on_response(*response, output);
}

void AuthServer::on_data(std::string_view hex, std::string& output) {
  const auto response = from_hex(hex);
  if (!response) return answer_error(output, hex_error);
  on_response(*response, output);
}

void AuthServer::on_response(const std::string& response, std::string& output) {
  switch (identity_.mechanism) {
    case AuthMechanism::external:
      return on_external(response, output);
    case AuthMechanism::cookie_sha1:
      return on_cookie(response, output);
    case AuthMechanism::anonymous:
      // The response is for a log at most (AUTH-042).
      if (!is_utf8(as_bytes(response))) return reject(output);
      return accept(std::nullopt, output);
  }
}

/// AUTH-028, AUTH-029: an empty identity is whoever the socket says, once it was asked for.
void AuthServer::on_external(const std::string& response, std::string& output) {
  const auto uid = response.empty() && asked_ ? options_.peer_uid : parse_uid(response);
  if (!uid || uid != options_.peer_uid) return reject(output);
  accept(uid, output);
}

void AuthServer::on_cookie(const std::string& response, std::string& output) {
  if (cookie_) {
    if (!is_cookie_response(response, cookie_->challenge, cookie_->secret)) return reject(output);
    return accept(options_.own_uid, output);
  }
  const bool is_own_name = !options_.own_user.empty() && response == options_.own_user;
  // Another user's keyring is never touched, whatever the client claims (AUTH-033, AUTH-041).
  if (!is_own_name && parse_uid(response) != options_.own_uid) return reject(output);
  state_ = State::wants_cookie;
}

void AuthServer::provide_cookie(std::optional<AuthCookie> cookie, std::string& output) {
  HEADWAY_ASSERT(state_ == State::wants_cookie);
  state_ = State::reading;
  cookie_ = std::move(cookie);
  if (!cookie_) return reject(output);
  const auto text = to_string(CookieChallenge{cookie_->context, cookie_->id, cookie_->challenge});
  answer(output, "DATA", to_hex(text));
}

void AuthServer::on_fds(std::string& output) {
  if (phase_ != Phase::waiting_for_begin) return answer_error(output, "Authenticate first");
  if (!options_.fds_possible) {
    return answer_error(output, "This transport cannot pass file descriptors");
  }
  identity_.fds_agreed = true;
  answer(output, "AGREE_UNIX_FD");
}

void AuthServer::accept(std::optional<std::uint32_t> uid, std::string& output) {
  identity_.uid = uid;
  phase_ = Phase::waiting_for_begin;
  answer(output, "OK", options_.guid);
}

/// Forgets the attempt, so that nothing of it can help the next one.
void AuthServer::reject(std::string& output) {
  identity_ = {};
  cookie_.reset();
  asked_ = false;
  phase_ = Phase::waiting_for_auth;
  answer(output, "REJECTED", offered(options_.mechanisms));
  if (++rejections_ == rejections_max) refuse(Refusal::too_many_rejections);
}

void AuthServer::refuse(Refusal why) {
  state_ = State::refused;
  refusal_ = why;
}

std::string_view to_string(AuthServer::Refusal refusal) {
  switch (refusal) {
    case AuthServer::Refusal::no_nul_byte:
      return "did not start with a NUL byte";
    case AuthServer::Refusal::line_too_long:
      return "sent a line of more than 16 KiB before it was authenticated";
    case AuthServer::Refusal::answers_not_read:
      return "does not read the answers to its authentication commands";
    case AuthServer::Refusal::begin_before_ok:
      return "sent BEGIN before it was authenticated";
    case AuthServer::Refusal::too_many_rejections:
      return "failed to authenticate six times";
  }
  return {};
}

}  // namespace headway::wire
