// SPDX-License-Identifier: MIT
// In a program of Asio: its coroutines, futures and handlers take our calls as operations of
// theirs.
#include <headway/headway.h>
#include <headway/loops/asio.h>

#include <asio/io_context.hpp>
#include <iostream>

int main() {
  asio::io_context context;
  headway::asio_loop loop(context.get_executor());
  const auto bus = headway::connection::open(headway::bus::session);
  bus.attach(loop);

  loop.async(bus.name_owner("org.freedesktop.DBus"),
             [&](std::exception_ptr failed, const std::string& owner) {
               std::cout << "the bus is " << (failed ? "gone" : owner) << "\n";
               context.stop();
             });
  context.run();
}
