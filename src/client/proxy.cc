// SPDX-License-Identifier: MIT
#include "headway/proxy.h"

#include <fmt/format.h>

#include <tuple>

#include "client/introspection.h"
#include "client/message_data.h"
#include "client/property_cache.h"
#include "wire/body.h"

namespace headway::detail {
namespace {

constexpr std::string_view properties = "org.freedesktop.DBus.Properties";

envelope to_properties(const target& of, std::string_view member) {
  return {
      .destination = of.destination, .path = of.path, .interface = properties, .member = member};
}

}  // namespace

std::string target::rule_of_sender() const {
  if (bus.unique_name().empty() || destination.empty()) return {};
  return fmt::format(",sender='{}'", destination);
}

std::string target::rule_of_signal(std::string_view member) const {
  return fmt::format("type='signal',interface='{}',member='{}',path='{}'{}", interface, member,
                     path, rule_of_sender());
}

std::string target::rule_of_changes() const {
  return fmt::format(
      "type='signal',interface='{}',member='PropertiesChanged',path='{}',arg0='{}'{}", properties,
      path, interface, rule_of_sender());
}

message target::get(std::string_view property) const {
  output content;
  wire::BodyWriter writer(content.body);
  writer.string(interface);
  writer.string(property);
  return make_message(to_properties(*this, "Get"), "ss", std::move(content));
}

message target::get_all() const {
  output content;
  wire::BodyWriter(content.body).string(interface);
  return make_message(to_properties(*this, "GetAll"), "s", std::move(content));
}

message target::set(std::string_view property, const type& type, const void* value) const {
  output content;
  wire::BodyWriter writer(content.body);
  writer.string(interface);
  writer.string(property);
  codec::encode_variant(content, type, value);
  return make_message(to_properties(*this, "Set"), "ssv", std::move(content));
}

void target::keep_properties() {
  if (!cache) cache = std::make_shared<client::PropertyCache>(*this);
}

std::shared_ptr<client::PropertyCache> target::cache_of(
    std::string_view property_annotations) const {
  if (!cache) return {};
  const auto emission = client::emission_of(property_annotations, annotations);
  return emission == client::Emission::nothing ? nullptr : cache;
}

const variant* target::known(std::string_view property, std::string_view said) const {
  const auto kept = cache_of(said);
  return kept ? kept->find(property) : nullptr;
}

void target::forget(std::string_view property) const {
  if (cache) cache->invalidate(property);
}

void change_watcher::on_message(const message& what) {
  if (what.signature() != "sa{sv}as") return;
  auto values = what.body();
  values.skip();
  values.enter();
  for (; !values.at_end(); values.leave()) {
    values.enter();
    if (values.string() != name_) continue;
    values.enter();
    if (values.type_signature() != signature_) return;
    answer_.cancel();  // it is not newer
    return on_value(what, position_of(values));
  }
  values.leave();
  values.enter();
  while (!values.at_end()) {
    if (values.string() == name_) return ask();
  }
}

void change_watcher::ask() {
  answer_.cancel();
  std::ignore = core()->start(answer_, get_, {});
  core()->kick();
}

void change_watcher::answer::complete(result<message> reply) {
  if (!reply || reply->signature() != "v") return;
  auto values = reply->body();
  values.enter();
  if (values.type_signature() == to_.signature_) to_.on_value(*reply, position_of(values));
}

}  // namespace headway::detail
