// SPDX-License-Identifier: MIT
// A family of objects, made when somebody asks for them, and another program's view of them.
#include <headway/headway.h>

#include <iostream>
#include <map>

template <class Role>
struct Unit1 {
  static constexpr std::string_view name = "org.example.Unit1";
  headway::method<Role, void()> stop;
  headway::property<Role, std::string> state;
};
using Unit = Unit1<headway::role::service>;

headway::task<> look(const headway::connection& bus, std::string service) {
  auto units = bus.objects<Unit1>(service, "/org/example/units");
  co_await units.complete();
  for (const auto& [path, unit] : units) {
    std::cout << path << " is " << unit->state.last().value_or("?") << "\n";
  }
  const headway::proxy<Unit1>& ssh = *units.find("/org/example/units/ssh_2eservice");
  co_await ssh->stop();
  auto next = co_await units.next();
  while (!next || next->what != headway::object_change::removed) next = co_await units.next();
  std::cout << next->path << " went\n";

  auto dbus = bus.proxy<Unit1>(service, "/org/example/units/dbus_2eservice");
  dbus.keep_properties();
  const std::string state = co_await dbus->state.get();  // asks for all of them
  std::cout << state << ", " << dbus->state.last().value_or("?") << "\n";
}

int main() {
  headway::event_loop loop;
  auto server = headway::connection::open(headway::bus::session);
  auto client = headway::connection::open(headway::bus::session);
  server.attach(loop);
  client.attach(loop);
  std::map<std::string, std::string> known{{"dbus.service", "running"}, {"ssh.service", "failed"}};
  headway::served_family<Unit1> units = server.serve<Unit1>(
      "/org/example/units/{name}", [&](Unit& unit, const headway::path_words& words) {
        const auto found = known.find(words[0]);
        if (found == known.end()) return false;  // there is no such object
        unit.state = found->second;
        unit.stop = [&, name = words[0]] {
          known.erase(name);
          units.forget(name);
        };
        return true;
      });
  units.list([&] {
    std::vector<std::string> names;
    for (const auto& [name, state] : known) names.push_back(name);
    return names;
  });
  auto manager = server.manage("/org/example/units");
  loop.run(look(client, server.unique_name()));
}
