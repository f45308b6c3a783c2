// SPDX-License-Identifier: MIT
#include <headway/headway.h>
#include <headway/testing.h>

#include <iostream>

template <class Role>
struct Thermostat1 {
  static constexpr std::string_view name = "org.example.Thermostat1";
  headway::method<Role, double(double)> set_target;
};

int main() {
  headway::testing::bus bus;
  const auto service = bus.connect();
  const auto client = bus.connect();
  const auto thermo = service.serve<Thermostat1>("/t");
  thermo->set_target = [](double target) {
    if (target > 35) throw headway::error("org.example.Error.OutOfRange", "above 35");
    return target;
  };
  const auto remote = client.proxy<Thermostat1>(service.unique_name(), "/t");
  std::cout << remote->set_target(31).wait() << "\n";
  try {  // thrown in one library, caught in another
    remote->set_target(40).wait();
  } catch (const headway::error& error) {
    std::cout << error.name() << "\n";
  }
}
