// SPDX-License-Identifier: MIT
#include "client/admission.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "io/credentials.h"
#include "io/random.h"
#include "wire/hex.h"

namespace headway::client {
namespace {

constexpr std::size_t guid_bytes = 16;

bool is_allowed(const admission& rules, const peer_credentials& who) {
  if (rules.allows) return rules.allows(who);
  return who.uid && (*who.uid == 0 || *who.uid == ::geteuid());
}

}  // namespace

std::string new_guid() { return wire::to_hex(as_bytes(io::random_bytes(guid_bytes))); }

peer_credentials credentials_of(int socket) {
  io::PeerCredentials known = io::peer_credentials(socket);
  return {.uid = known.uid,
          .pid = known.pid,
          .groups = std::move(known.groups),
          .label = std::move(known.label),
          .pidfd = io::peer_process(socket)};
}

result<ServerTerms> admit(int socket, const admission& rules, std::string guid) {
  const peer_credentials who = credentials_of(socket);
  const bool allowed = is_allowed(rules, who);
  if (!allowed && !rules.anonymous) {
    // Said before it is asked: such a client costs nothing more than this.
    constexpr std::string_view answer = "REJECTED EXTERNAL\r\n";
    static_cast<void>(::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
    return std::unexpected(
        error(error_name::access_denied,
              who.uid ? fmt::format("user {} (process {}) may not connect here", *who.uid,
                                    who.pid.value_or(0))
                      : std::string("the socket does not say who is at its other end")));
  }
  return ServerTerms{.guid = std::move(guid),
                     .uid = allowed ? who.uid : std::nullopt,
                     .anonymous = rules.anonymous};
}

}  // namespace headway::client
