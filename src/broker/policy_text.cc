// SPDX-License-Identifier: MIT
#include <optional>
#include <string>
#include <string_view>

#include "broker/policy.h"

namespace headway::broker {

namespace {

void append_escaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    switch (c) {
      case '&':
        text += "&amp;";
        break;
      case '<':
        text += "&lt;";
        break;
      case '"':
        text += "&quot;";
        break;
      default:
        text += c;
    }
  }
}

/// One element in the making.
class Element {
 public:
  explicit Element(bool allow) : text_(allow ? "<allow" : "<deny") {}

  void put(std::string_view name, std::string_view value) {
    text_.append(" ").append(name).append("=\"");
    append_escaped(text_, value);
    text_ += '"';
  }
  void put_if(std::string_view name, std::string_view value) {
    if (!value.empty()) put(name, value);
  }
  void put_if(std::string_view name, std::optional<bool> value) {
    if (value) put(name, *value ? "true" : "false");
  }

  [[nodiscard]] std::string finish() && { return std::move(text_) + "/>"; }

 private:
  std::string text_;
};

std::string type_name(std::uint8_t type) {
  if (type == 0) return "";
  return std::string(wire::to_string(static_cast<wire::MessageType>(type)));
}

void put_message_conditions(Element& element, const PolicyRule& rule) {
  const bool send = rule.kind == PolicyRule::Kind::send;
  const auto name = [send](const char* rest) {
    return (send ? "send_" : "receive_") + std::string(rest);
  };
  const std::string type = type_name(rule.type);
  const bool constrained = !rule.peer.empty() || !rule.peer_prefix.empty() ||
                           !rule.interface.empty() || !rule.member.empty() || !rule.error.empty() ||
                           !rule.path.empty() || !type.empty() || rule.broadcast ||
                           rule.requested_reply || (!send && rule.eavesdrop);

  if (!constrained) element.put(name(send ? "destination" : "sender"), "*");
  element.put_if(name(send ? "destination" : "sender"), rule.peer);
  element.put_if(name("destination_prefix"), rule.peer_prefix);
  element.put_if(name("interface"), rule.interface);
  element.put_if(name("member"), rule.member);
  element.put_if(name("error"), rule.error);
  element.put_if(name("path"), rule.path);
  element.put_if(name("type"), type);
  element.put_if(name("broadcast"), rule.broadcast);
  element.put_if(name("requested_reply"), rule.requested_reply);
  element.put_if("eavesdrop", rule.eavesdrop);
  if (rule.fds_min != 0) element.put("min_fds", std::to_string(rule.fds_min));
  if (rule.fds_max != PolicyRule{}.fds_max) element.put("max_fds", std::to_string(rule.fds_max));
}

void put_own_condition(Element& element, const PolicyRule& rule) {
  switch (rule.own) {
    case PolicyRule::Own::any:
      return element.put("own", "*");
    case PolicyRule::Own::exact:
      return element.put("own", rule.name);
    case PolicyRule::Own::prefix:
      return element.put("own_prefix", rule.name);
  }
}

void put_connect_condition(Element& element, const PolicyRule& rule) {
  if (rule.uid) element.put("user", std::to_string(*rule.uid));
  if (rule.gid) element.put("group", std::to_string(*rule.gid));
  if (!rule.uid && !rule.gid) element.put("user", "*");
}

}  // namespace

std::string to_string(const PolicyRule& rule) {
  Element element(rule.allow);
  switch (rule.kind) {
    case PolicyRule::Kind::send:
    case PolicyRule::Kind::receive:
      put_message_conditions(element, rule);
      break;
    case PolicyRule::Kind::own:
      put_own_condition(element, rule);
      break;
    case PolicyRule::Kind::connect:
      put_connect_condition(element, rule);
      break;
  }
  if (rule.log) element.put("log", "true");
  return std::move(element).finish();
}

}  // namespace headway::broker
