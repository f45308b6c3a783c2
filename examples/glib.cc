// SPDX-License-Identifier: MIT
// In a program of GLib: its main loop runs our coroutines.
#include <headway/headway.h>
#include <headway/loops/glib.h>

#include <iostream>

headway::task<> greet(const headway::connection& bus, GMainLoop* main_loop) {
  const std::string owner = co_await bus.name_owner("org.freedesktop.DBus");
  std::cout << "the bus is " << owner << "\n";
  g_main_loop_quit(main_loop);
}

int main() {
  GMainLoop* const main_loop = g_main_loop_new(nullptr, FALSE);
  {
    headway::glib_loop loop;  // of the default main context
    const auto bus = headway::connection::open(headway::bus::session);
    bus.attach(loop);
    loop.spawn(greet(bus, main_loop));
    g_main_loop_run(main_loop);
  }
  g_main_loop_unref(main_loop);
}
