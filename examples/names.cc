// SPDX-License-Identifier: MIT
// Without types or a loop: who is on the bus.
#include <headway/headway.h>

#include <iostream>

int main() try {
  const auto bus = headway::connection::open(headway::bus::session);
  const auto what =
      headway::message_builder::method_call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                            "org.freedesktop.DBus", "ListNames")
          .build();
  const headway::message reply = bus.call(what).wait();
  headway::message_reader names = reply.body();
  for (names.enter(); !names.at_end();) {
    const std::string_view name = names.string();
    if (!name.starts_with(':')) {
      std::cout << name << " is " << bus.name_owner(name).wait() << "\n";
    }
  }
} catch (const headway::error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
