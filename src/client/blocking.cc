// SPDX-License-Identifier: MIT
#include "client/blocking.h"

#include <utility>

#include "base/result.h"
#include "client/property_cache.h"

namespace headway::client {
namespace {

class BlockingCall final : public pending {
 public:
  [[nodiscard]] bool is_over() const { return reply_.has_value(); }
  result<message> take() { return std::move(*reply_); }

 private:
  void complete(result<message> reply) override { reply_.emplace(std::move(reply)); }

  std::optional<result<message>> reply_;
};

std::optional<Time> after(Time now, std::optional<Duration> limit) {
  // A limit that no clock can show is none.
  if (!limit || *limit > Time::max() - now) return std::nullopt;
  return now + *limit;
}

result<void> wait_for_room(Core& core) {
  while (!core.has_room() && core.phase() != Core::Phase::closed) {
    core.turn(std::nullopt, core.now());
  }
  if (core.phase() == Core::Phase::closed) return std::unexpected(core.reason());
  return {};
}

/// What was read and is not for who waited is left to the loop.
class Settled {
 public:
  explicit Settled(Core& core) : core_(core) {}
  Settled(const Settled&) = delete;
  Settled& operator=(const Settled&) = delete;
  ~Settled() { core_.settle(); }

 private:
  Core& core_;
};

}  // namespace

result<message> call_and_wait(Core& core, const message& what, std::uint8_t flags,
                              std::optional<Duration> limit, PropertyCache* cache) {
  const Settled afterwards(core);
  TRY_VOID(wait_for_room(core));
  Time now = core.now();
  const auto deadline = after(now, limit);
  BlockingCall call;
  const Core::CallTerms terms{.flags = flags, .deadline = deadline, .jumps_queue = true};
  TRY_VOID(cache != nullptr ? cache->ask(call, what, terms) : core.start(call, what, terms));
  while (!call.is_over()) {
    core.turn(deadline, now);
    if (call.is_over()) break;
    if (core.phase() == Core::Phase::closed) return std::unexpected(core.reason());
    now = core.now();
    if (deadline && now >= *deadline) return std::unexpected(CallTable::no_reply());
  }
  return call.take();
}

result<std::uint32_t> send_and_flush(Core& core, const message& what, std::uint8_t flags) {
  const Settled afterwards(core);
  TRY_VOID(wait_for_room(core));
  auto serial = core.send(what, flags);
  core.kick();
  return serial;
}

bool flush_within(Core& core, std::optional<Duration> limit) {
  Time now = core.now();
  const auto deadline = after(now, limit);
  const Settled afterwards(core);
  core.flush();
  while (core.has_unsent() && core.phase() != Core::Phase::closed) {
    if (deadline && now >= *deadline) return false;
    core.turn(deadline, now);
    now = core.now();
  }
  return core.phase() != Core::Phase::closed;
}

result<message> next_message(Core& core, std::optional<Duration> limit) {
  Time now = core.now();
  const auto deadline = after(now, limit);
  for (bool looked = false;; looked = true) {
    while (message next = core.take()) {
      if (!core.complete_reply(next)) return next;
    }
    if (core.phase() == Core::Phase::closed) return std::unexpected(core.reason());
    if (looked && deadline && now >= *deadline) return message();
    core.turn(deadline, now);
    now = core.now();
  }
}

}  // namespace headway::client
