// SPDX-License-Identifier: MIT
#include "client/managers.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/core.h"
#include "client/object_properties.h"
#include "wire/names.h"

namespace headway {
namespace client {
namespace {

bool is_below(std::string_view path, std::string_view manager) {
  return path != manager && wire::is_path_within(path, manager);
}

/// a{sa{sv}}
void add_interfaces(detail::output& to, std::span<offered* const> interfaces) {
  wire::BodyWriter writer(to.body);
  const auto array = writer.open_array('{');
  for (offered* const& object : interfaces) {
    writer.begin_struct();
    writer.string(object->interface);
    add_properties(to, std::span(&object, 1),
                   [](const detail::service_property& one) { return one.can_be_read; });
  }
  writer.close_array(array);
}

}  // namespace

bool Managers::is_managed(std::string_view path) const {
  return std::ranges::any_of(paths_,
                             [&](const std::string& manager) { return is_below(path, manager); });
}

bool Managers::note_added(offered& object) {
  if (!is_managed(object.path)) return false;
  added_.push_back(&object);
  return true;
}

bool Managers::note_removed(const offered& object) {
  if (std::erase(added_, &object) > 0 || !is_managed(object.path)) return false;
  removed_[object.path].emplace_back(object.interface);
  return true;
}

/// `add_rest` appends what comes behind the object's path.
template <class Add>
void Managers::send(Core& core, std::string_view object, std::string_view member,
                    std::string_view signature, Add add_rest) const {
  for (const std::string& manager : paths_) {
    if (!is_below(object, manager)) continue;
    detail::output content;
    wire::BodyWriter(content.body).string(object);
    add_rest(content);
    core.send_or_drop(detail::make_message({.type = message_type::signal,
                                            .path = manager,
                                            .interface = "org.freedesktop.DBus.ObjectManager",
                                            .member = member},
                                           signature, std::move(content)));
  }
}

void Managers::tell(Core& core) {
  for (const auto& [path, interfaces] : std::exchange(removed_, {})) {
    send(core, path, "InterfacesRemoved", "oas", [&](detail::output& content) {
      wire::BodyWriter writer(content.body);
      const auto array = writer.open_array('s');
      for (const std::string& interface : interfaces) writer.string(interface);
      writer.close_array(array);
    });
  }
  std::map<std::string_view, Interfaces> added;
  for (offered* const object : std::exchange(added_, {})) added[object->path].push_back(object);
  for (const auto& [path, interfaces] : added) {
    send(core, path, "InterfacesAdded", "oa{sa{sv}}",
         [&](detail::output& content) { add_interfaces(content, interfaces); });
    for (offered* const object : interfaces) {
      object->has_changes = false;  // all of it was told
      for (auto* const property : object->properties) property->has_changed = false;
    }
  }
}

detail::output Managers::objects_below(std::string_view path, const ByPath& objects) {
  detail::output content;
  wire::BodyWriter writer(content.body);
  const auto array = writer.open_array('{');
  for (const auto& [other, interfaces] : objects) {
    if (!is_below(other, path)) continue;
    writer.begin_struct();
    writer.string(other);
    add_interfaces(content, interfaces);
  }
  writer.close_array(array);
  return content;
}

}  // namespace client

namespace {

class managed final : public detail::slot_content {
 public:
  managed(connection bus, std::string path) : bus_(std::move(bus)), path_(std::move(path)) {}
  ~managed() override { bus_.core()->objects().managers().remove(path_); }

 private:
  connection bus_;
  std::string path_;
};

}  // namespace

slot connection::manage(std::string_view path) const {
  const std::string where = object_path(path).str();
  if (!core_->objects().managers().add(where)) {
    throw error(error_name::failed, fmt::format("there is an ObjectManager at {} already", where));
  }
  return slot(std::make_unique<managed>(*this, where));
}

}  // namespace headway
