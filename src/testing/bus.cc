// SPDX-License-Identifier: MIT
#include "headway/testing/bus.h"

#include "testing/world.h"

namespace headway::testing {

bus::bus(const bus_options& options) : world_(std::make_shared<World>(options)) {}
bus::~bus() { world_->end(); }

connection bus::connect(const peer_options& who) { return world_->connect(who); }
event_loop& bus::loop() noexcept { return world_->loop(); }
event_loop::time_point bus::now() const {
  return event_loop::time_point(world_->now().time_since_epoch());
}
void bus::advance(duration time) { world_->advance(time); }
void bus::settle() { world_->settle(); }

void bus::on_start(std::string_view name, std::function<void()> start) {
  world_->on_start(name, std::move(start));
}

void bus::disconnect(const connection& peer) { world_->hub().disconnect(world_->peer_of(peer)); }
void bus::stop_reading(const connection& peer) {
  world_->hub().set_reading(world_->peer_of(peer), false);
}
void bus::resume_reading(const connection& peer) {
  world_->hub().set_reading(world_->peer_of(peer), true);
}

injection bus::when(predicate applies) { return {*world_, std::move(applies)}; }
void bus::chaos(std::uint64_t seed, const chaos_options& options) {
  world_->hub().faults().start_chaos(seed, options);
}

std::shared_ptr<const recording> bus::record(const connection& peer) {
  return world_->hub().record(world_->peer_of(peer));
}

std::vector<std::string> bus::log() const { return world_->hub().log(); }

}  // namespace headway::testing
