// SPDX-License-Identifier: MIT
#include "daemon/login.h"

#include <algorithm>
#include <utility>

namespace headway::daemon {

Login::State Login::receive(Bytes& input) {
  if (nonce_seen_ < nonce_.size()) {
    const std::size_t count = std::min(nonce_.size() - nonce_seen_, input.size());
    wrong_nonce_ |=
        as_text(input.first(count)) != std::string_view(nonce_).substr(nonce_seen_, count);
    nonce_seen_ += count;
    input = input.subspan(count);
    if (nonce_seen_ < nonce_.size()) return State::reading;
    // Only told at the end, so that nobody learns the nonce byte by byte.
    if (wrong_nonce_) return State::refused;
  }

  input = input.subspan(auth_.receive(input, output));
  switch (auth_.state()) {
    case wire::AuthServer::State::reading:
      return State::reading;
    case wire::AuthServer::State::wants_cookie:
      return State::wants_cookie;
    case wire::AuthServer::State::begun:
      return State::begun;
    case wire::AuthServer::State::refused:
      return State::refused;
  }
  std::unreachable();
}

void Login::provide_cookie(std::optional<wire::AuthCookie> cookie) {
  waits_for_cookie = false;
  auth_.provide_cookie(std::move(cookie), output);
}

std::string_view Login::refusal() const {
  if (wrong_nonce_) return "did not show the nonce";
  return wire::to_string(auth_.refusal());
}

}  // namespace headway::daemon
