// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <utility>

#include "client/core.h"
#include "client/property_cache.h"
#include "headway/object_view.h"

namespace headway::detail {
namespace {

constexpr std::string_view manager = "org.freedesktop.DBus.ObjectManager";
constexpr std::string_view properties = "org.freedesktop.DBus.Properties";

std::string rule_of_manager(const target& of, std::string_view member) {
  return fmt::format("type='signal',interface='{}',member='{}',path='{}'{}", manager, member,
                     of.path, of.rule_of_sender());
}

std::string rule_of_properties(const target& of) {
  return fmt::format(
      "type='signal',interface='{}',member='PropertiesChanged',path_namespace='{}',arg0='{}'{}",
      properties, of.path, of.interface, of.rule_of_sender());
}

}  // namespace

/// The watch may go when it is told: it is kept until it has heard.
class object_watch::listener final : subscriber {
 public:
  using tell = void (object_watch::*)(const message&);
  listener(object_watch& to, std::string_view rule, tell what)
      : subscriber(to.of_.bus.core(), rule, when::in_turn), to_(to), tell_(what) {}

 private:
  void on_message(const message& what) override {
    const auto kept = to_.shared_from_this();
    (to_.*tell_)(what);
  }
  void on_missed(std::uint64_t) override { to_.list(no_auto_start); }
  void on_lost(const error& why) override {
    const auto kept = to_.shared_from_this();
    to_.lost(why);
  }
  void on_end(const error& why) override {
    const auto kept = to_.shared_from_this();
    to_.on_over(why);
  }

  object_watch& to_;
  tell tell_;
};

class object_watch::listing final : public pending {
 public:
  explicit listing(object_watch& to) : to_(to) {}

 private:
  void complete(result<message> reply) override {
    const auto kept = to_.shared_from_this();
    kept->listed(std::move(reply));
  }

  object_watch& to_;
};

object_watch::object_watch(const target& of) : of_(of) {}
object_watch::~object_watch() = default;

void object_watch::start() {
  const auto listen = [&](std::string_view rule, listener::tell what) {
    listeners_.push_back(std::make_unique<listener>(*this, rule, what));
  };
  if (!of_.bus.unique_name().empty()) {
    listen(client::rule_of_owner(of_.destination), &object_watch::owner_changed);
  }
  listen(rule_of_manager(of_, "InterfacesAdded"), &object_watch::interfaces_added);
  listen(rule_of_manager(of_, "InterfacesRemoved"), &object_watch::interfaces_removed);
  listen(rule_of_properties(of_), &object_watch::properties_changed);
  list(0);
}

/// What signals say after this question counts more than its answer, which may be older.
void object_watch::list(std::uint8_t flags) {
  gone_.clear();
  asked_ = clock_;
  listing_ = std::make_unique<listing>(*this);
  const message what = make_message({.destination = of_.destination,
                                     .path = of_.path,
                                     .interface = manager,
                                     .member = "GetManagedObjects"},
                                    {}, {});
  // If it cannot be sent the connection is over, which all listeners are told.
  client::Core& core = *of_.bus.core();
  client::Core::CallTerms terms{.flags = flags};
  if (const auto limit = core.call_limit()) terms.deadline = core.now() + *limit;
  std::ignore = core.start(*listing_, what, terms);
  core.kick();
}

void object_watch::listed(result<message> reply) {
  const auto over = std::move(listing_);
  if (!reply) return on_listed(reply.error());
  if (reply->signature() != "a{oa{sa{sv}}}") {
    return on_listed(
        error(error_name::invalid_signature,
              fmt::format("GetManagedObjects of {} answers \"{}\"", of_.path, reply->signature())));
  }
  std::set<std::string, std::less<>> seen;
  auto values = reply->body();
  values.enter();
  for (; !values.at_end(); values.leave()) {
    values.enter();
    const std::string_view path = values.object_path();
    if (gone_.contains(path)) continue;
    message_reader interfaces = values;
    if (add(path, interfaces, *reply, asked_)) seen.emplace(path);
  }
  std::vector<std::string> lost;
  for (const auto& [path, known] : objects_) {
    if (!seen.contains(path) && known.told <= asked_) lost.push_back(path);
  }
  for (const std::string& path : lost) remove(path);
  on_listed(std::nullopt);
}

/// `interfaces` comes to a{sa{sv}}, and stays somewhere in it. Whether ours is among them.
bool object_watch::add(std::string_view path, message_reader& interfaces, const message& from,
                       std::uint64_t told) {
  interfaces.enter();
  for (; !interfaces.at_end(); interfaces.leave()) {
    interfaces.enter();
    if (interfaces.string() != of_.interface) continue;
    const auto [at, is_new] = objects_.try_emplace(std::string(path));
    const std::string name = at->first;
    object& there = at->second;
    there.told = told;
    if (is_new) {
      target of = of_;
      of.path = path;
      there.cache = std::make_shared<client::PropertyCache>(of, client::PropertyCache::Fed{});
    }
    const auto cache = there.cache;
    cache->learn_all(interfaces, from);
    if (is_new) on_added(name, cache);
    return true;
  }
  return false;
}

void object_watch::remove(const std::string& path) {
  if (objects_.erase(path) > 0) on_removed(path);
}

void object_watch::interfaces_added(const message& what) {
  if (what.signature() != "oa{sa{sv}}") return;
  auto values = what.body();
  const std::string_view path = values.object_path();
  if (!add(path, values, what, ++clock_)) return;
  const auto found = gone_.find(path);
  if (found != gone_.end()) gone_.erase(found);
}

void object_watch::interfaces_removed(const message& what) {
  if (what.signature() != "oas") return;
  auto values = what.body();
  const std::string path(values.object_path());
  values.enter();
  while (!values.at_end()) {
    if (values.string() != of_.interface) continue;
    if (listing_) gone_.insert(path);
    return remove(path);
  }
}

void object_watch::properties_changed(const message& what) {
  const auto found = objects_.find(what.path());
  if (found == objects_.end()) return;
  found->second.cache->change(what);
  on_changed(std::string(what.path()));
}

void object_watch::owner_changed(const message& what) {
  if (what.signature() != "sss") return;
  auto values = what.body();
  values.skip();
  values.skip();
  const bool is_owned = !values.string().empty();
  const bool was_asked = listing_ != nullptr;
  listing_.reset();
  if (is_owned) list(no_auto_start);
  remove_all();
  if (!is_owned && was_asked) {
    on_listed(error(error_name::name_has_no_owner,
                    fmt::format("{} went before it answered", of_.destination)));
  }
}

/// When the connection is back, which is told as on_missed(), it is asked again.
void object_watch::lost(const error& why) {
  const bool was_asked = listing_ != nullptr;
  listing_.reset();
  remove_all();
  if (was_asked) on_listed(why);
}

void object_watch::remove_all() {
  std::vector<std::string> all;
  for (const auto& [path, known] : objects_) all.push_back(path);
  for (const std::string& path : all) remove(path);
}

}  // namespace headway::detail
