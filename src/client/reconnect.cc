// SPDX-License-Identifier: MIT
#include "client/reconnect.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "client/addresses.h"
#include "client/core.h"
#include "client/open.h"
#include "io/random.h"
#include "wire/address.h"

namespace headway::client {
namespace {

std::minstd_rand::result_type seed() {
  std::minstd_rand::result_type value = 0;
  const std::string bytes = io::random_bytes(sizeof(value));
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

/// The server may be another when it is connected to again.
result<std::string> without_guids(std::string_view address) {
  auto entries = wire::parse_address(address);
  if (!entries) return std::unexpected(error(error_name::bad_address, entries.error().text));
  for (wire::AddressEntry& entry : *entries) {
    std::erase_if(entry.pairs, [](const auto& pair) { return pair.key == "guid"; });
  }
  return wire::to_string(*entries);
}

}  // namespace

Reconnector::Reconnector(Core& core, Where where, const connection_options& options)
    : core_(core),
      where_(std::move(where)),
      policy_(options.reconnect.value_or(reconnect_policy())),
      options_(options),
      dice_(seed()) {
  options_.reconnect.reset();  // of the attempts themselves
}

void Reconnector::start(loop& runner, Surroundings& world) {
  Waiter waiter;
  waiter.surroundings = &world;
  waiter.runner = &runner;
  work_.emplace(run(waiter));
  work_->start();
}

/// Between half of it and all of it.
Duration Reconnector::shortened(Duration pause) {
  return pause / 2 + Duration(std::uniform_int_distribution<Duration::rep>(
                         0, std::max<Duration::rep>((pause / 2).count(), 0))(dice_));
}

task<void> Reconnector::run(Waiter waiter) {
  for (Duration pause = policy_.first_pause;; pause = std::min(pause * 2, policy_.longest_pause)) {
    const Time until = waiter.now() + shortened(pause);
    while (waiter.now() < until) co_await Moment(waiter, -1, false, until);
    auto address = where_();
    if (!address) continue;
    auto opened = co_await open_address(waiter, std::move(*address), options_);
    if (!opened || (*opened)->has_unsent()) continue;
    co_return core_.take_over(**opened);
  }
}

std::shared_ptr<Core> keep_open(std::shared_ptr<Core> core, bus which,
                                const connection_options& options) {
  if (!options.reconnect) return core;
  const auto where = [which]() -> result<std::string> {
    auto address = address_of(which);
    if (!address) return address;
    return without_guids(*address);
  };
  core->come_back(std::make_unique<Reconnector>(*core, where, options));
  return core;
}

std::shared_ptr<Core> keep_open(std::shared_ptr<Core> core, std::string address,
                                const connection_options& options) {
  if (!options.reconnect) return core;
  const auto where = [address = std::move(address)] { return without_guids(address); };
  core->come_back(std::make_unique<Reconnector>(*core, where, options));
  return core;
}

message name_request(std::string_view name, std::uint32_t flags) {
  return message_builder::method_call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                      "org.freedesktop.DBus", "RequestName")
      .string(name)
      .uint32(flags)
      .build();
}

}  // namespace headway::client
