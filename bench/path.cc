// SPDX-License-Identifier: MIT
#include "path.h"

#include <stdexcept>
#include <utility>

#include "base/bytes.h"

namespace bench {

using namespace headway;

namespace {

broker::BrokerSettings settings(broker::PolicyRules policy) {
  broker::BrokerSettings settings;
  settings.policy = std::move(policy);
  settings.limits.max_connections_per_user = 10'000;
  return settings;
}

}  // namespace

Path::Path(broker::PolicyRules policy)
    : input_(pool_), broker_({.id = std::string(32, '0')}, settings(std::move(policy)), *this) {
  broker_.advance({});
}

Path::~Path() = default;

std::uint32_t Path::join() {
  const broker::PeerId id = broker_.connected({.uid = uid, .pid = 1, .groups = {{uid}}});
  ports_.resize(id.slot + 1);
  ports_[id.slot] = std::make_unique<Port>();
  ports_[id.slot]->id = id;
  broker_.authenticated(id, {.uid = uid, .fds_agreed = true});
  return id.slot;
}

std::uint64_t Path::turn(std::uint32_t from, std::span<const std::uint8_t> bytes) {
  Port& port = *ports_[from];
  port.input.put(input_, bytes);
  while (true) {
    const auto cut = port.input.next(input_, {.message_bytes_max = 1 << 27, .fds_max = 16});
    if (!cut) throw std::runtime_error(cut.error().text);
    if (*cut == nullptr) break;
    broker_.received(port.id, (*cut)->message, (*cut)->payload);
  }
  for (Port* touched : touched_) {
    touched->is_touched = false;
    const auto flushed = touched->output.discard();
    broker_.flushed(touched->id, flushed.bytes, flushed.fds);
  }
  touched_.clear();
  return std::exchange(delivered_, 0);
}

void Path::deliver(broker::PeerId to, const broker::Frame& frame) {
  Port& port = *ports_[to.slot];
  if (!port.is_touched) touched_.push_back(&port);
  port.is_touched = true;
  ++delivered_;
  port.output.push({.head = frame.head, .body = frame.body}, pool_);
}

void Path::disconnect(broker::PeerId, broker::Disconnect reason) {
  throw std::runtime_error(broker::describe(reason));
}

}  // namespace bench
