// SPDX-License-Identifier: MIT
#include "headway/proxy.h"

#include <fmt/format.h>

#include "client/message_data.h"
#include "wire/body.h"

namespace headway::detail {
namespace {

constexpr std::string_view properties = "org.freedesktop.DBus.Properties";

envelope to_properties(const target& of, std::string_view member) {
  return {
      .destination = of.destination, .path = of.path, .interface = properties, .member = member};
}

/// Peers without a bus have no names to ask for.
std::string sender_of(const target& of) {
  if (of.bus.unique_name().empty() || of.destination.empty()) return {};
  return fmt::format(",sender='{}'", of.destination);
}

}  // namespace

std::string target::rule_of_signal(std::string_view member) const {
  return fmt::format("type='signal',interface='{}',member='{}',path='{}'{}", interface, member,
                     path, sender_of(*this));
}

std::string target::rule_of_changes() const {
  return fmt::format(
      "type='signal',interface='{}',member='PropertiesChanged',path='{}',arg0='{}'{}", properties,
      path, interface, sender_of(*this));
}

message target::get(std::string_view property) const {
  output content;
  wire::BodyWriter writer(content.body);
  writer.string(interface);
  writer.string(property);
  return make_message(to_properties(*this, "Get"), "ss", std::move(content));
}

message target::set(std::string_view property, const type& type, const void* value) const {
  output content;
  wire::BodyWriter writer(content.body);
  writer.string(interface);
  writer.string(property);
  codec::encode_variant(content, type, value);
  return make_message(to_properties(*this, "Set"), "ssv", std::move(content));
}

std::size_t find_change(const message& changes, std::string_view property,
                        std::string_view signature) {
  if (changes.signature() != "sa{sv}as") return 0;
  auto values = changes.body();
  values.skip();
  values.enter();
  for (; !values.at_end(); values.leave()) {
    values.enter();
    if (values.string() != property) continue;
    values.enter();
    return values.type_signature() == signature ? position_of(values) : 0;
  }
  return 0;
}

}  // namespace headway::detail
