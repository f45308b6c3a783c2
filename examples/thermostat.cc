// SPDX-License-Identifier: MIT
// A service and its client: one definition of the interface serves both.
#include <headway/headway.h>

#include <iostream>

struct Target {
  double degrees;
  std::string unit;
};
struct Overheat {
  double value;
  std::string sensor;
};
template <class Role>
struct Thermostat1 {
  static constexpr std::string_view name = "org.example.Thermostat1";
  headway::method<Role, double(Target)> set_target;
  headway::property<Role, double> current;
  headway::signal<Role, Overheat> overheated;
};
using OutOfRange = headway::named_error<"org.example.Error.OutOfRange">;

headway::task<> use(const headway::connection& bus) {
  auto thermo = bus.proxy<Thermostat1>("org.example.Thermostat", "/org/example/Thermostat");
  auto changes = thermo->current.on_change([](double now) { std::cout << "now " << now << "\n"; });
  auto alarms = thermo->overheated.on([](Overheat o) { std::cout << o.sensor << "!\n"; });
  double was = co_await thermo->set_target(31, "C").within(std::chrono::seconds(2));
  std::cout << "was " << was << "\n";
  auto refused = co_await thermo->set_target(40, "C").as_result();
  if (!refused) std::cout << refused.error().what() << "\n";
}

int main() {
  headway::event_loop loop;
  auto service = headway::connection::open(headway::bus::session);
  auto client = headway::connection::open(headway::bus::session);
  service.attach(loop);
  client.attach(loop);
  auto thermo = service.serve<Thermostat1>("/org/example/Thermostat");
  thermo->current = 20.0;
  thermo->set_target = [&](const Target& target) {
    if (target.degrees > 35) throw OutOfRange("above 35");
    const double was = thermo->current;
    thermo->current = target.degrees;
    if (target.degrees > 30) thermo->overheated(target.degrees, "hall");
    return was;
  };
  service.request_name("org.example.Thermostat").wait();
  loop.run(use(client));
}
