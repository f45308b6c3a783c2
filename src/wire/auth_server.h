// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "wire/auth.h"

namespace headway::wire {

/// Which mechanisms a server lets its clients use. Told to clients in this order (AUTH-013).
struct AuthMechanisms {
  bool external = true;
  bool cookie_sha1 = false;
  bool anonymous = false;

  [[nodiscard]] bool has(AuthMechanism mechanism) const;
};

/// A secret from the server's keyring and the question made from it (AUTH-034). See cookie.h.
struct AuthCookie {
  std::string context;
  std::uint32_t id = 0;
  std::string secret;     // as it stands in the keyring: hex
  std::string challenge;  // 16 random bytes as 32 hex digits, new for every attempt
};

/// The server's side of the conversation before messages: text in, text out.
///
///     AuthServer auth({.guid = guid, .fds_possible = true, .peer_uid = uid, .own_uid =
///     geteuid()}); std::size_t taken = auth.receive(input, output);   // after every read switch
///     (auth.state()) {
///       case reading:      all of `input` was taken; send `output`, read more
///       case wants_cookie: fetch a cookie; provide_cookie(); then receive(input.subspan(taken))
///       case begun:        look at identity(); input.subspan(taken) are messages
///       case refused:      close; `output` may hold a last line that need not be sent
///     }
///
/// The owner erases from `output` what it has sent; what is left there counts as unsent and is
/// bounded (AUTH-005). The owner also refuses file descriptors that come with bytes taken by
/// receive() (AUTH-009), applies the timeout (AUTH-021) and decides about anonymous peers
/// (AUTH-042) and the connect policy (AUTH-043).
///
/// Spec: AUTH-001 .. AUTH-020, AUTH-028 .. AUTH-048. Pure: no randomness, no files, no clock.
/// Cost: one partial line, at most auth_bytes_max; receive() is linear in the bytes it takes.
class AuthServer {
 public:
  struct Options {
    std::string guid;  // of the address: 32 hex digits (AUTH-015)
    AuthMechanisms mechanisms = {};
    bool fds_possible = false;              // a unix socket, not TCP (AUTH-020)
    std::optional<std::uint32_t> peer_uid;  // from the socket; none over TCP
    std::uint32_t own_uid = 0;              // whose keyring DBUS_COOKIE_SHA1 uses (AUTH-033)
    std::string own_user = {};              // its name, if clients may say it instead of the uid
  };

  enum class State : std::uint8_t { reading, wants_cookie, begun, refused };

  enum class Refusal : std::uint8_t {
    no_nul_byte,         // AUTH-001
    line_too_long,       // AUTH-005
    answers_not_read,    // AUTH-005: too many bytes wait in `output`
    begin_before_ok,     // AUTH-016, AUTH-017
    too_many_rejections  // AUTH-019
  };

  /// Who the peer has shown to be.
  struct Identity {
    AuthMechanism mechanism = AuthMechanism::external;
    std::optional<std::uint32_t> uid;  // none exactly if the peer is anonymous
    bool fds_agreed = false;           // descriptors may travel on this connection
    bool operator==(const Identity&) const = default;
  };

  static constexpr int rejections_max = 6;  // AUTH-019

  explicit AuthServer(Options options);

  /// Takes bytes as they came and appends answers to `output`. Returns how many bytes were taken:
  /// all of them while `reading`; fewer when the state changed, and none unless `reading`.
  std::size_t receive(Bytes input, std::string& output);

  /// The answer to `wants_cookie`, exactly once; without a cookie the attempt is rejected. Then
  /// the bytes that receive() left are to be given to it again.
  void provide_cookie(std::optional<AuthCookie> cookie, std::string& output);

  [[nodiscard]] State state() const { return state_; }
  /// Only when `begun`.
  [[nodiscard]] const Identity& identity() const;
  /// Only when `refused`.
  [[nodiscard]] Refusal refusal() const;

 private:
  enum class Phase : std::uint8_t { waiting_for_auth, waiting_for_data, waiting_for_begin };

  void on_line(std::string_view line, std::string& output);
  void on_auth(std::string_view argument, std::string& output);
  void on_data(std::string_view hex, std::string& output);
  void on_response(const std::string& response, std::string& output);
  void on_external(const std::string& response, std::string& output);
  void on_cookie(const std::string& response, std::string& output);
  void on_fds(std::string& output);
  void accept(std::optional<std::uint32_t> uid, std::string& output);
  void reject(std::string& output);
  void refuse(Refusal why);

  Options options_;
  State state_ = State::reading;
  Phase phase_ = Phase::waiting_for_auth;
  Refusal refusal_ = Refusal::no_nul_byte;
  Identity identity_;
  AuthLineReader reader_;
  std::optional<AuthCookie> cookie_;  // of the attempt under way
  bool nul_seen_ = false;
  bool asked_ = false;  // EXTERNAL's empty challenge was sent in this attempt (AUTH-029)
  int rejections_ = 0;
};

/// What the peer did, for a log: "sent BEGIN before it was authenticated".
[[nodiscard]] std::string_view to_string(AuthServer::Refusal refusal);

}  // namespace headway::wire
