// SPDX-License-Identifier: MIT
// In a program of libuv, such as those of Node.js: its loop runs our coroutines.
#include <headway/headway.h>
#include <headway/loops/libuv.h>

#include <iostream>

headway::task<> greet(const headway::connection& bus, uv_loop_t* uv) {
  const std::string owner = co_await bus.name_owner("org.freedesktop.DBus");
  std::cout << "the bus is " << owner << "\n";
  uv_stop(uv);
}

int main() {
  uv_loop_t* const uv = uv_default_loop();
  {
    headway::libuv_loop loop(uv);
    const auto bus = headway::connection::open(headway::bus::session);
    bus.attach(loop);
    loop.spawn(greet(bus, uv));
    uv_run(uv, UV_RUN_DEFAULT);
  }
  uv_run(uv, UV_RUN_DEFAULT);  // handles close in the loop's next turn
  return uv_loop_close(uv);
}
