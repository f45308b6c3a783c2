// SPDX-License-Identifier: MIT
#include "tool/properties.h"

#include "tool/value_print.h"

namespace headway::tool {

Outcome<Member> find_property(const Service& service, const Output& output, std::string_view path,
                              std::string_view text) {
  const auto name = whole_name(text);
  if (path.empty() || !name) {
    return resolve_member(service, output, path, MemberKind::property, text);
  }
  return Member{.path = std::string(path),
                .interface = std::string(name->interface),
                .name = std::string(name->name)};
}

Outcome<message> get_property(const Service& service, const Member& which) {
  return service.bus.call(
      properties_call(service, which.path, "Get", which.interface).string(which.name).build());
}

Outcome<message> get_all_properties(const Service& service, std::string_view path,
                                    std::string_view interface) {
  return service.bus.call(properties_call(service, path, "GetAll", interface).build());
}

message_builder properties_call(const Service& service, std::string_view path,
                                std::string_view method, std::string_view interface) {
  auto what =
      message_builder::method_call(service.name, path, "org.freedesktop.DBus.Properties", method);
  what.string(interface);
  return what;
}

JsonText json_of_property(const Member& which, message_reader& value) {
  JsonText json;
  json.open_object().member("path", which.path).member("interface", which.interface);
  json.member("property", which.name).member("type", value.type_signature()).key("data");
  append_json(json, value);
  json.close_object();
  return json;
}

}  // namespace headway::tool
