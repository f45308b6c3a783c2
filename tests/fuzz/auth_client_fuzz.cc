// SPDX-License-Identifier: MIT
// A client that hears anything in pieces: never begins without an OK, never asks for a keyring file
// outside its directory, says why it failed, and ends as it does when it hears everything at once.
// The first byte chooses the size of the pieces and the options, the rest is what the server sends.
#include <algorithm>
#include <string>

#include "base/assert.h"
#include "fuzz_target.h"
#include "wire/auth_client.h"
#include "wire/cookie.h"

namespace {

using namespace headway;
using namespace headway::wire;
using enum AuthMechanism;

struct End {
  AuthClient::State state;
  std::string output;
  bool operator==(const End&) const = default;
};

AuthClient client(std::uint8_t choice) {
  return AuthClient({.mechanisms = {external, cookie_sha1, anonymous},
                     .uid = (choice & 0x10) != 0 ? std::optional(1000u) : std::nullopt,
                     .user = "1000",
                     .fds_wanted = (choice & 0x20) != 0,
                     .guid = (choice & 0x40) != 0 ? "0123456789abcdef0123456789abcdef" : "",
                     .trace = "",
                     .pipelined = (choice & 0x80) != 0});
}

End run(AuthClient auth, Bytes input, std::size_t piece) {
  End end{.state = AuthClient::State::reading, .output = {}};
  auth.start(end.output);
  std::size_t at = 0;
  while (at < input.size() && end.state == AuthClient::State::reading) {
    const Bytes fed = input.subspan(at, std::min(piece, input.size() - at));
    const std::size_t taken = auth.receive(fed, end.output);
    HEADWAY_ASSERT(taken == fed.size() || auth.state() != AuthClient::State::reading);
    at += taken;
    if (auth.state() == AuthClient::State::wants_cookie) {
      HEADWAY_ASSERT(is_cookie_context(auth.cookie_request().context));
      auth.provide_cookie(AuthClient::CookieAnswer{"5ec2e7", "ccdd"}, end.output);
    }
    end.state = auth.state();
  }

  // A challenge of one line can come back in the text of one answer at most.
  HEADWAY_ASSERT(end.output.size() <= 2 * auth_bytes_max);
  if (end.state == AuthClient::State::begun) {
    HEADWAY_ASSERT(auth.guid().size() == 32);
    HEADWAY_ASSERT(end.output.ends_with("BEGIN\r\n"));
    HEADWAY_ASSERT(as_text(input).contains("OK"));
  }
  if (end.state == AuthClient::State::failed) {
    const std::string& text = auth.what_happened();
    HEADWAY_ASSERT(!text.empty() && text.size() < 512);
    HEADWAY_ASSERT(std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; }));
  }
  return end;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes input(data + 1, size - 1);
  const std::size_t piece = (data[0] & 0x0f) + 1u;
  HEADWAY_ASSERT(run(client(data[0]), input, size) == run(client(data[0]), input, piece));
  return 0;
}
