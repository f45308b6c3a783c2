// SPDX-License-Identifier: MIT
// In a program of Qt: its event loop runs our coroutines, and delivers our signals.
#include <headway/headway.h>
#include <headway/loops/qt.h>

#include <QtCore/QCoreApplication>
#include <iostream>

headway::task<> greet(const headway::connection& bus) {
  const std::string owner = co_await bus.name_owner("org.freedesktop.DBus");
  std::cout << "the bus is " << owner << "\n";
  QCoreApplication::quit();
}

int main(int argc, char** argv) {
  const QCoreApplication application(argc, argv);
  headway::qt_loop loop;  // of this thread
  const auto bus = headway::connection::open(headway::bus::session);
  bus.attach(loop);
  loop.spawn(greet(bus));
  return QCoreApplication::exec();
}
