// SPDX-License-Identifier: MIT
// A server fed in pieces: never begins without having said OK, keeps its answers bounded, takes
// what it says it takes, and ends as it does when fed the same bytes at once. The first byte
// chooses the size of the pieces and the options, the rest is what the client sends.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "fuzz_target.h"
#include "wire/auth_server.h"

namespace {

using namespace headway;
using namespace headway::wire;

struct End {
  AuthServer::State state;
  std::string output;
  std::size_t taken;
  bool operator==(const End&) const = default;
};

AuthServer server(std::uint8_t choice) {
  return AuthServer({.guid = "0123456789abcdef0123456789abcdef",
                     .mechanisms = {.external = (choice & 0x10) == 0,
                                    .cookie_sha1 = true,
                                    .anonymous = (choice & 0x20) != 0},
                     .fds_possible = (choice & 0x40) != 0,
                     .peer_uid = (choice & 0x80) != 0 ? std::nullopt : std::optional(1000u),
                     .own_uid = 1001,
                     .own_user = "bus"});
}

End run(AuthServer auth, Bytes input, std::size_t piece) {
  End end{.state = AuthServer::State::reading, .output = {}, .taken = 0};
  while (end.taken < input.size() && end.state != AuthServer::State::begun &&
         end.state != AuthServer::State::refused) {
    const Bytes rest = input.subspan(end.taken);
    const Bytes fed = rest.first(std::min(piece, rest.size()));
    const std::size_t taken = auth.receive(fed, end.output);
    HEADWAY_ASSERT(taken <= fed.size());
    HEADWAY_ASSERT(taken == fed.size() || auth.state() != AuthServer::State::reading);
    end.taken += taken;
    if (auth.state() == AuthServer::State::wants_cookie) {
      auth.provide_cookie(AuthCookie{"ctx", 7, "5ec2e7", "aabb"}, end.output);
    }
    end.state = auth.state();
  }

  // One line is the most that is added to answers within the bound.
  HEADWAY_ASSERT(end.output.size() <= auth_bytes_max + 256);
  if (end.state == AuthServer::State::begun) {
    HEADWAY_ASSERT(end.output.contains("OK 0123456789abcdef0123456789abcdef\r\n"));
    const auto& identity = auth.identity();
    HEADWAY_ASSERT(identity.uid.has_value() == (identity.mechanism != AuthMechanism::anonymous));
    HEADWAY_ASSERT(!identity.fds_agreed || end.output.contains("AGREE_UNIX_FD\r\n"));
    HEADWAY_ASSERT(as_text(input.first(end.taken)).ends_with("\r\n"));
  }
  return end;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint8_t choice = data[0];
  const Bytes input(data + 1, size - 1);

  const End whole = run(server(choice), input, input.size() + 1);
  const End pieces = run(server(choice), input, (choice & 0x0f) + 1u);
  HEADWAY_ASSERT(whole.state == pieces.state);
  HEADWAY_ASSERT(whole.output == pieces.output);
  // What was taken may differ only where nothing follows: within a line that is too long.
  HEADWAY_ASSERT(whole.taken == pieces.taken || whole.state == AuthServer::State::refused);
  return 0;
}
