// SPDX-License-Identifier: MIT
#include "client/objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <ranges>
#include <set>
#include <span>
#include <system_error>
#include <utility>

#include "client/caller.h"
#include "client/core.h"
#include "client/introspection.h"
#include "client/object_properties.h"
#include "wire/body.h"
#include "wire/names.h"

namespace headway {
namespace client {
namespace {

constexpr std::string_view standard_prefix = "org.freedesktop.DBus.";
constexpr std::string_view peer = "org.freedesktop.DBus.Peer";
constexpr std::string_view introspectable = "org.freedesktop.DBus.Introspectable";
constexpr std::string_view object_manager = "org.freedesktop.DBus.ObjectManager";
constexpr std::string_view properties = "org.freedesktop.DBus.Properties";

std::string machine_id() {
  for (const char* const path : {"/etc/machine-id", "/var/lib/dbus/machine-id"}) {
    std::ifstream file(path);
    std::string id;
    if (file >> id && wire::is_uuid(id)) return id;
  }
  throw error(error_name::failed, "this machine has no id (/etc/machine-id)");
}

detail::service_property& property_of(std::span<offered* const> interfaces,
                                      std::string_view interface, std::string_view name) {
  for (const offered* const object : interfaces) {
    const auto found = std::ranges::find(object->properties, name, &detail::service_property::name);
    if (found != object->properties.end()) return **found;
  }
  throw error(error_name::unknown_property,
              interface.empty() ? fmt::format("no interface here has a property {}", name)
                                : fmt::format("{} has no property {}", interface, name));
}

/// What PropertiesChanged says of it.
Emission changes_of(const offered& object, const detail::service_property& property) {
  if (!property.can_be_read) return Emission::nothing;
  return emission_of(property.words.annotations, object.annotations);
}

}  // namespace

bool Objects::add(offered& object) {
  Interfaces& there = by_path_[object.path];
  if (std::ranges::find(there, object.interface, &offered::interface) != there.end()) return false;
  there.push_back(&object);
  if (managers_.note_added(object)) core_.kick();
  return true;
}

void Objects::remove(const offered& object) noexcept {
  std::erase(changed_, &object);
  const auto found = by_path_.find(object.path);
  if (found == by_path_.end()) return;
  latest_ = nullptr;
  if (std::erase(found->second, &object) > 0 && managers_.note_removed(object)) core_.kick();
  if (found->second.empty()) by_path_.erase(found);
}

void Objects::note_changes(offered& object) {
  if (!std::exchange(object.has_changes, true)) changed_.push_back(&object);
  core_.kick();
}

void Objects::emit_changes() {
  if (managers_.has_news()) managers_.tell(core_);
  if (changed_.empty()) return;
  for (offered* const& object : std::exchange(changed_, {})) {
    if (!std::exchange(object->has_changes, false)) continue;
    detail::output content;
    wire::BodyWriter writer(content.body);
    writer.string(object->interface);
    std::vector<std::string_view> invalidated;
    add_properties(content, std::span(&object, 1), [&](detail::service_property& one) {
      if (!std::exchange(one.has_changed, false)) return false;
      const bool is_told = changes_of(*object, one) == Emission::value;
      if (!is_told) invalidated.push_back(one.name);
      return is_told;
    });
    const auto names = writer.open_array('s');
    for (const std::string_view name : invalidated) writer.string(name);
    writer.close_array(names);
    core_.send_or_drop(detail::make_message({.type = message_type::signal,
                                             .path = object->path,
                                             .interface = properties,
                                             .member = "PropertiesChanged"},
                                            "sa{sv}as", std::move(content)));
  }
}

void Objects::dispatch(const message& call) {
  const detail::incoming back(core_.shared_from_this(), call);
  const HandlingCall handling(back);
  try {
    const bool may_be_standard =
        call.interface().empty() || call.interface().starts_with(standard_prefix);
    if (!may_be_standard || !answer_standard(back)) invoke(back);
  } catch (...) {
    back.fail();
  }
}

const Objects::Interfaces* Objects::find(std::string_view path) {
  if (latest_ != nullptr && latest_->first == path) return &latest_->second;
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) return nullptr;
  return &(latest_ = &*found)->second;
}

/// STD-003: no interface means any.
std::span<offered* const> Objects::interfaces_of(const message& call, std::string_view interface) {
  for (const bool is_all_there : {false, true}) {
    if (is_all_there || interface.empty()) make_missing(call.path());
    const Interfaces* const there = find(call.path());
    if (there == nullptr) continue;
    if (interface.empty()) return *there;
    const auto found = std::ranges::find(*there, interface, &offered::interface);
    if (found != there->end()) return {&*found, 1};
  }
  if (find(call.path()) == nullptr) {
    throw error(error_name::unknown_object, fmt::format("there is no object {} here", call.path()));
  }
  throw error(error_name::unknown_interface,
              fmt::format("the object {} has no interface {}", call.path(), interface));
}

void Objects::make_missing(std::string_view path) {
  families_.make(path, [&](std::string_view interface) {
    const Interfaces* const there = find(path);
    return there != nullptr &&
           std::ranges::find(*there, interface, &offered::interface) != there->end();
  });
}

/// Without an interface in the call, the first that has such a method.
void Objects::invoke(const detail::incoming& back) {
  const message& call = back.call();
  for (const offered* object : interfaces_of(call, call.interface())) {
    const auto found =
        std::ranges::find(object->methods, call.member(), &detail::service_method::name);
    if (found != object->methods.end()) return (*found)->invoke(back);
  }
  throw error(error_name::unknown_method,
              fmt::format("the object {} has no method {}", call.path(), call.member()));
}

bool Objects::answer_standard(const detail::incoming& back) {
  const message& call = back.call();
  const auto is = [&](std::string_view interface, std::string_view member) {
    return call.member() == member && (call.interface().empty() || call.interface() == interface);
  };
  detail::output content;
  if (is(peer, "Ping")) {
    back.reply({}, {});
  } else if (is(peer, "GetMachineId")) {
    wire::BodyWriter(content.body).string(machine_id());
    back.reply("s", std::move(content));
  } else if (is(introspectable, "Introspect")) {
    const auto xml = introspect(call.path());
    if (!xml) return false;
    wire::BodyWriter(content.body).string(*xml);
    back.reply("s", std::move(content));
  } else if (is(object_manager, "GetManagedObjects") && managers_.is_at(call.path())) {
    for (const std::string& path : families_.paths()) {
      if (wire::is_path_within(path, call.path())) make_missing(path);
    }
    back.reply("a{oa{sa{sv}}}", Managers::objects_below(call.path(), by_path_));
  } else if (call.interface() == properties) {
    answer_properties(back);
  } else {
    return false;
  }
  return true;
}

void Objects::answer_properties(const detail::incoming& back) {
  const message& call = back.call();
  detail::output content;
  auto values = call.body();
  if (call.member() == "GetAll") {
    detail::check_signature(call, "s");
    add_properties(content, interfaces_of(call, values.string()),
                   [](const detail::service_property& one) { return one.can_be_read; });
    return back.reply("a{sv}", std::move(content));
  }
  const bool sets = call.member() == "Set";
  if (!sets && call.member() != "Get") {
    throw error(error_name::unknown_method,
                fmt::format("{} has no method {}", properties, call.member()));
  }
  detail::check_signature(call, sets ? "ssv" : "ss");
  const std::string_view interface = values.string();
  detail::service_property& property =
      property_of(interfaces_of(call, interface), interface, values.string());
  if (!sets) {
    if (!property.can_be_read) {
      throw error(error_name::invalid_args, fmt::format("{} can only be set", property.name));
    }
    property.encode(content);
    return back.reply("v", std::move(content));
  }
  if (!property.can_be_set) {
    throw error(error_name::property_read_only, fmt::format("{} can only be read", property.name));
  }
  values.enter();
  if (values.type_signature() != property.signature) {
    throw error(error_name::invalid_args,
                fmt::format("{} is of type \"{}\", not \"{}\"", property.name, property.signature,
                            values.type_signature()));
  }
  property.set(call, detail::position_of(values));
  back.reply({}, {});
}

/// None if there is nothing there, nor below.
std::optional<std::string> Objects::introspect(std::string_view path) {
  make_missing(path);
  bool is_known = path == "/";
  std::set<std::string> children;
  const auto look_at = [&](std::string_view other) {
    if (!wire::is_path_within(other, path)) return;
    is_known = true;
    if (other == path) return;
    other.remove_prefix(path == "/" ? 1 : path.size() + 1);
    children.emplace(other.substr(0, other.find('/')));
  };
  std::ranges::for_each(families_.paths(), look_at);
  std::ranges::for_each(std::views::keys(by_path_), look_at);
  std::ranges::for_each(managers_.paths(), look_at);
  if (!is_known) return std::nullopt;
  const auto found = by_path_.find(path);
  return introspection::to_xml(
      node_of(found != by_path_.end() ? std::span(found->second) : std::span<offered* const>(),
              managers_.is_at(path), children));
}

}  // namespace client

namespace detail {

bool is_same(const type& type, const void* value, const void* other) {
  output one;
  output two;
  try {
    codec::encode(one, type, value);
    codec::encode(two, type, other);
  } catch (const error&) {
    return false;  // one cannot be sent, as a variant that holds nothing
  }
  return one.body == two.body && one.fds.empty() && two.fds.empty();
}

offered::offered(const connection& runner, std::string_view where, std::string_view what,
                 std::string_view said)
    : bus(runner), path(object_path(where).str()), interface(what), annotations(said) {}

void offered::publish() {
  if (!bus.core()->objects().add(*this)) {
    throw error(error_name::failed, fmt::format("{} is offered at {} already", interface, path));
  }
}

offered::~offered() { bus.core()->objects().remove(*this); }

void offered::send_signal(std::string_view member, std::string_view signature,
                          output content) const {
  bus.core()->objects().emit_changes();
  const auto sent = bus.core()->send(
      make_message(
          {.type = message_type::signal, .path = path, .interface = interface, .member = member},
          signature, std::move(content)),
      0);
  if (!sent) throw sent.error();
  bus.core()->kick();
}

void offered::changed(service_property& which) {
  const auto emission = client::changes_of(*this, which);
  if (emission == client::Emission::nothing || emission == client::Emission::constant) return;
  which.has_changed = true;
  bus.core()->objects().note_changes(*this);
}

incoming::incoming(const std::shared_ptr<client::Core>& core, message call)
    : core_(core), life_(core->life()), call_(std::move(call)) {}

void incoming::reply(std::string_view signature, output content) const {
  const auto core = core_.lock();
  if (!core || core->life() != life_) return;
  core->objects().emit_changes();
  if (!call_.expects_reply()) return;
  core->send_or_drop(make_message({.type = message_type::method_return,
                                   .reply_serial = call_.serial(),
                                   .destination = call_.sender()},
                                  signature, std::move(content)));
  core->kick_for_reply();
}

void incoming::fail() const noexcept {
  const auto core = core_.lock();
  if (!core || core->life() != life_ || !call_.expects_reply()) return;
  const auto refuse = [&](std::string_view name, std::string_view text) {
    core->objects().emit_changes();
    core->send_or_drop(message_builder::error_reply(call_, name, text).build());
    core->kick_for_reply();
  };
  try {
    throw;
  } catch (const error& e) {
    refuse(e.name(), e.text());
  } catch (const std::system_error& e) {
    const bool is_errno = e.code().category() == std::generic_category() ||
                          e.code().category() == std::system_category();
    refuse(is_errno ? error_of_errno(e.code().value()).name() : error_name::failed, e.what());
  } catch (const std::exception& e) {
    refuse(error_name::failed, e.what());
  } catch (...) {
    refuse(error_name::failed, "the service has failed");
  }
}

void incoming::keep(task<void> handler) const {
  handler.start();
  const auto core = core_.lock();
  if (core && !handler.is_done()) core->keep(std::move(handler));
}

}  // namespace detail
}  // namespace headway
