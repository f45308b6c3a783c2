// SPDX-License-Identifier: MIT
#include "summary.h"

#include <fmt/format.h>

#include "wire/body.h"

namespace headway::sim {
namespace {

std::string arguments_of(const wire::Message& message) {
  std::string text;
  std::string_view signature = message.signature;
  wire::BodyReader reader(message.order, message.body());
  while (!signature.empty()) {
    if (signature.starts_with("as")) {
      const std::size_t end = reader.open_array('s');
      text += " [";
      while (!reader.at_end(end)) text += fmt::format("{} ", reader.string());
      text += "]";
      signature.remove_prefix(2);
      continue;
    }
    switch (signature.front()) {
      case 's':
      case 'o':
        text += fmt::format(" '{}'", reader.string());
        break;
      case 'u':
        text += fmt::format(" {}", reader.uint32());
        break;
      case 'b':
        text += reader.boolean() ? " true" : " false";
        break;
      default:
        return text + " ...";
    }
    signature.remove_prefix(1);
  }
  return text;
}

}  // namespace

std::string summarize(const wire::Message& message) {
  const bool is_ours = message.sender == "org.freedesktop.DBus";
  std::string text =
      fmt::format("type{} {}>{} serial{} re{}", static_cast<int>(message.type), message.sender,
                  message.destination, is_ours ? 0 : message.serial, message.reply_serial);
  if (!message.member.empty()) text += fmt::format(" {}.{}", message.interface, message.member);
  if (!message.error_name.empty()) text += fmt::format(" {}", message.error_name);
  if (!(is_ours && message.type == wire::MessageType::error)) text += arguments_of(message);
  return text;
}

}  // namespace headway::sim
