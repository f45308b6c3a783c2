// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "headway/message.h"
#include "wire/build.h"

/// Messages as a bus delivers them, for tests.
namespace headway::tool::testing {

inline message received(const wire::HeaderFields& fields) {
  std::vector<std::uint8_t> bytes;
  wire::build_message(fields, {}, bytes);
  return *message::parse(bytes);
}

inline message call_of(std::string_view sender, std::string_view destination,
                       std::uint32_t serial = 7) {
  return received({.type = wire::MessageType::method_call,
                   .serial = serial,
                   .path = "/p",
                   .interface = "a.b",
                   .member = "M",
                   .destination = destination,
                   .sender = sender});
}

inline message reply_of(std::string_view sender, std::string_view destination,
                        std::uint32_t reply_serial = 7) {
  return received({.type = wire::MessageType::method_return,
                   .serial = 1,
                   .reply_serial = reply_serial,
                   .destination = destination,
                   .sender = sender});
}

inline message signal_of(std::string_view sender) {
  return message_builder::signal("/p/q", "a.b", "S").sender(sender).build();
}

inline message name_owner_changed(std::string_view name, std::string_view from, std::string_view to,
                                  std::string_view sender = "org.freedesktop.DBus") {
  return message_builder::signal("/org/freedesktop/DBus", "org.freedesktop.DBus",
                                 "NameOwnerChanged")
      .sender(sender)
      .string(name)
      .string(from)
      .string(to)
      .build();
}

}  // namespace headway::tool::testing
