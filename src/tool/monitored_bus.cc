// SPDX-License-Identifier: MIT
#include "tool/monitored_bus.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/result.h"

namespace headway::tool {
namespace {

void write_down(const NameEntry& entry, PeerBook& peers) {
  if (!is_unique_name(entry.owner)) return;
  KnownPeer& peer = peers.at(entry.owner);
  peer.pid = entry.pid;
  peer.uid = entry.uid;
  // Of others' processes only root is told more than the name.
  peer.executable =
      entry.process.executable.empty() ? entry.process.name : entry.process.executable;
  if (!entry.is_unique()) peers.own(entry.name, entry.owner);
}

}  // namespace

Outcome<MonitoredBus> MonitoredBus::open(const Invocation& how) {
  Bus asking = TRY(tool::open(how));
  Bus watching = TRY(tool::open(asking.which, how));
  return MonitoredBus(std::move(asking), std::move(watching));
}

Outcome<void> MonitoredBus::start(std::span<const std::string> rules, PeerBook& peers) {
  const auto done = watching_.peer.become_monitor(rules).as_result().wait();
  if (!done) return std::unexpected(refusal(done.error()));
  // What happens meanwhile waits to be taken: what became of names is heard again.
  for (const NameEntry& entry : TRY(list_names(asking_))) write_down(entry, peers);
  return {};
}

bool MonitoredBus::take(const message& what, PeerBook& peers) {
  if (is_about_us(what)) return false;
  const std::string_view sender = what.sender();
  if (is_unique_name(sender) && peers.find(sender) == nullptr) {
    peers.at(sender);  // known, if only that it exists: asked about once
    write_down(look_up_name(asking_, sender), peers);
  }
  return true;
}

std::uint64_t MonitoredBus::take_lost() {
  const std::uint64_t dropped = watching_.peer.dropped();
  return dropped - std::exchange(dropped_, dropped);
}

Failure MonitoredBus::loss() const {
  if (!asking_.ask_bus("GetId")) {
    return {exit_unreachable, fmt::format("{} has ended", asking_.which.name)};
  }
  return {exit_unreachable,
          fmt::format("{} has dropped this monitor: messages came faster than it showed them; "
                      "filters make it faster",
                      asking_.which.name)};
}

Failure MonitoredBus::refusal(const error& e) const {
  if (!e.is(error_name::access_denied)) return failure_of(e);
  return {exit_refused,
          fmt::format("{} lets only root and the user it runs as see everything; `headway watch` "
                      "shows signals and changes to everybody ({})",
                      asking_.which.name, e.text())};
}

bool MonitoredBus::is_about_us(const message& what) const {
  const auto is_ours = [&](std::string_view name) {
    return std::ranges::find(own_names_, name) != own_names_.end();
  };
  if (is_ours(what.sender()) || is_ours(what.destination())) return true;
  return what.sender() == bus_name && what.member() == "NameOwnerChanged" &&
         what.signature() == "sss" && is_ours(what.body().string());
}

}  // namespace headway::tool
