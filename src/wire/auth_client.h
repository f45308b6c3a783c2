// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wire/auth.h"

namespace headway::wire {

/// The client's side of the conversation before messages: text in, text out.
///
///     AuthClient auth({.fds_wanted = true, .guid = guid_of_the_address});
///     auth.start(output);
///     std::size_t taken = auth.receive(input, output);   // after every read
///     switch (auth.state()) {
///       case reading:      all of `input` was taken; send `output`, read more
///       case wants_cookie: look up cookie_request(); provide_cookie(); receive() the rest
///       case begun:        send `output`; then messages, and input.subspan(taken) are messages
///       case failed:       close; failure() and what_happened() say why
///     }
///
/// Spec: AUTH-022 .. AUTH-026, AUTH-015, AUTH-028 .. AUTH-046. Pure: randomness and files come in
/// as arguments; the timeout (AUTH-027) is the owner's. Cost: one partial line of auth_bytes_max.
class AuthClient {
 public:
  struct Options {
    std::vector<AuthMechanism> mechanisms = {AuthMechanism::external};  // tried in this order
    std::optional<std::uint32_t> uid =
        {};                   // EXTERNAL says it; none: "who the socket says" (AUTH-032)
    std::string user = {};    // for DBUS_COOKIE_SHA1: a name or a decimal uid
    bool fds_wanted = false;  // and possible on this transport
    std::string guid = {};    // of the address, if it has one (AUTH-015)
    std::string trace = {};   // what ANONYMOUS says about us
    /// EXTERNAL alone, in one write with BEGIN (AUTH-045): messages may be sent right after
    /// start(), descriptors only once `begun`. Then no second mechanism can be tried.
    bool pipelined = false;
  };

  enum class State : std::uint8_t { reading, wants_cookie, begun, failed };

  enum class Failure : std::uint8_t {
    rejected,        // the server wants none of our mechanisms (AUTH-026)
    wrong_server,    // its GUID is not the address's (AUTH-015)
    bad_answer,      // out of turn or malformed (AUTH-024, AUTH-025)
    answer_too_long  // AUTH-005
  };

  /// What DBUS_COOKIE_SHA1 looks up in the user's keyring: file `context`, line `id`.
  struct CookieRequest {
    std::string context;  // checked: safe as a file name (AUTH-036)
    std::uint32_t id = 0;
    std::string challenge;
  };
  struct CookieAnswer {
    std::string secret;     // hex, as the keyring has it
    std::string challenge;  // 16 random bytes of ours as hex
  };

  explicit AuthClient(Options options);

  /// Once, first: the NUL byte and the first command, or the whole pipelined conversation.
  void start(std::string& output);

  /// Takes bytes as they came and appends answers to `output`. Returns how many were taken: all of
  /// them while `reading`; fewer when the state changed, and none unless `reading`.
  std::size_t receive(Bytes input, std::string& output);

  /// Only when `wants_cookie`.
  [[nodiscard]] const CookieRequest& cookie_request() const;
  /// The answer to it, exactly once; without a cookie the next mechanism is tried.
  void provide_cookie(const std::optional<CookieAnswer>& answer, std::string& output);

  [[nodiscard]] State state() const { return state_; }
  /// Only when `begun`: descriptors may travel on this connection.
  [[nodiscard]] bool fds_agreed() const { return fds_agreed_; }
  /// The mechanism under way or agreed.
  [[nodiscard]] AuthMechanism mechanism() const { return mechanism_; }
  /// Of the server, as in its OK; empty before.
  [[nodiscard]] const std::string& guid() const { return guid_; }
  /// Only when `failed`.
  [[nodiscard]] Failure failure() const;
  /// One line for a person; only when `failed`.
  [[nodiscard]] const std::string& what_happened() const { return what_happened_; }

 private:
  enum class Phase : std::uint8_t {
    waiting_for_data,
    waiting_for_ok,
    waiting_for_reject,
    waiting_for_agree_unix_fd,
  };

  void on_line(std::string_view line, std::string& output);
  void on_pipelined_line(std::string_view line);
  void on_data(std::string_view hex, std::string& output);
  void on_ok(std::string_view argument, std::string& output);
  void on_cookie_challenge(const std::string& challenge, std::string& output);
  void try_next(std::string_view offered, std::string& output);
  void cancel(std::string& output);
  void begin(std::string& output);
  [[nodiscard]] bool take_guid(std::string_view argument);
  void fail(Failure why, std::string text);

  Options options_;
  State state_ = State::reading;
  Phase phase_ = Phase::waiting_for_ok;
  Failure failure_ = Failure::rejected;
  AuthMechanism mechanism_ = AuthMechanism::external;
  AuthLineReader reader_;
  CookieRequest cookie_request_;
  std::string guid_;
  std::string what_happened_;
  std::size_t next_mechanism_ = 0;
  bool fds_agreed_ = false;
};

}  // namespace headway::wire
