// SPDX-License-Identifier: MIT
// In a program of sd-event: its loop runs our coroutines, beside sd-bus if it is used there, too.
#include <headway/headway.h>
#include <headway/loops/sd_event.h>

#include <iostream>

headway::task<> greet(const headway::connection& bus, sd_event* events) {
  const std::string owner = co_await bus.name_owner("org.freedesktop.DBus");
  std::cout << "the bus is " << owner << "\n";
  sd_event_exit(events, 0);
}

int main() {
  sd_event* events = nullptr;
  if (sd_event_default(&events) < 0) return 1;
  int status = 0;
  {
    headway::sd_event_loop loop(events);
    const auto bus = headway::connection::open(headway::bus::session);
    bus.attach(loop);
    loop.spawn(greet(bus, events));
    status = sd_event_loop(events);
  }
  sd_event_unref(events);
  return status;
}
