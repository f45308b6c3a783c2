// SPDX-License-Identifier: MIT
#include "tool/traffic.h"

#include <utility>

namespace headway::tool {
namespace {

/// A peer that answers for a name has it. That is how a capture, which has no beginning, tells.
void learn_owner(PeerBook& peers, const SeenCall& call, const message& answer) {
  const std::string_view name = call.destination;
  if (is_unique_name(name) || !is_unique_name(answer.sender())) return;
  if (peers.owner_of(name).empty()) peers.own(name, answer.sender());
}

}  // namespace

std::optional<Sighting> Traffic::judge(const message& what, WallTime when) {
  std::optional<SeenCall> call;
  const bool is_answer =
      what.type() == message_type::method_return || what.type() == message_type::error;
  if (is_answer) call = calls_.take(what);
  if (call) learn_owner(peers_, *call, what);
  const bool is_fit = fits(filter_, what, peers_) || (call && call->fits);
  if (what.type() == message_type::method_call) calls_.add(what, when, is_fit);
  if (!is_fit || !fits_type(filter_, what.type())) return std::nullopt;
  return Sighting{what, when, std::move(call)};
}

}  // namespace headway::tool
