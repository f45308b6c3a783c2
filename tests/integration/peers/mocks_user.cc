// SPDX-License-Identifier: MIT
// Uses services through the headers that `headway gen` made of what they say.
#include <login1.h>
#include <network.h>
#include <policykit.h>
#include <upower.h>

#include <iostream>

namespace {

using headway::connection;
using headway::task;

void say(std::string_view text, bool is_so = true) {
  std::cout << text << (is_so ? "" : ": not so") << std::endl;
}

// What the mocks do not say of themselves: signals, and types of some properties.
struct Added {
  headway::object_path device;
};
template <class Role>
struct Power {
  static constexpr std::string_view name = "org.freedesktop.UPower";
  headway::signal<Role, Added> device_added;
};
struct NewObject {
  headway::object_path path;
  std::map<std::string, std::map<std::string, headway::variant>> interfaces;
};
template <class Role>
struct Objects {
  static constexpr std::string_view name = "org.freedesktop.DBus.ObjectManager";
  headway::signal<Role, NewObject> interfaces_added;
};
template <class Role>
struct Battery {
  static constexpr std::string_view name = "org.freedesktop.UPower.Device";
  headway::property<Role, double> percentage;
};

task<> use_logind(connection bus) {
  constexpr std::string_view name = "org.freedesktop.login1";
  constexpr std::string_view path = "/org/freedesktop/login1";
  const auto control = bus.proxy<login1::Mock>(name, path);
  const auto manager = bus.proxy<login1::Manager>(name, path);
  const auto where = co_await control->add_session("c2", "seat0", 501u, "ann", true);
  const auto sessions = co_await manager->list_sessions();
  bool is_listed = false;
  for (const auto& one : sessions) {
    is_listed |= one.field1 == "c2" && one.field2 == 501 && one.field3 == "ann" &&
                 one.field4 == "seat0" && one.field5.str() == where;
  }
  say("logind lists sessions", is_listed);
  const auto session = bus.proxy<login1::Session>(name, where);
  const auto user = co_await session->user.get();
  say("logind has a user of a session", user.field1 == 501);
  const auto inhibitors = co_await manager->list_inhibitors();
  const auto held = co_await manager->inhibit("sleep", "headway", "a test", "block");
  const auto more = co_await manager->list_inhibitors();
  say("logind hands out descriptors",
      held.get() >= 0 && inhibitors.empty() && more.size() == 1 && more[0].field2 == "headway");
}

task<> use_upower(connection bus) {
  constexpr std::string_view name = "org.freedesktop.UPower";
  constexpr std::string_view path = "/org/freedesktop/UPower";
  const auto control = bus.proxy<upower::Mock>(name, path);
  const auto power = bus.proxy<upower::UPower>(name, path);
  const auto signals = bus.proxy<Power>(name, path);
  std::string added;
  const auto devices =
      signals->device_added.on([&](const Added& what) { added = what.device.str(); });
  const auto battery = co_await control->add_charging_battery("battery", "Model", 30.0, 1200);
  say("upower tells of devices", added == battery);
  const auto device = bus.proxy<Battery>(name, battery);
  std::vector<double> told;
  const auto changes = device->percentage.on_change([&](double now) { told.push_back(now); });
  const auto before = co_await device->percentage.get();
  std::map<std::string, headway::variant> changed;
  changed["Percentage"] = 55.0;
  co_await control->set_device_properties(battery, changed);
  say("upower tells of changes", before == 30 && told == std::vector<double>{55});
  const auto all = co_await power->enumerate_devices();
  say("upower lists devices", all.size() == 2);
}

task<> use_polkit(connection bus) {
  constexpr std::string_view name = "org.freedesktop.PolicyKit1";
  constexpr std::string_view path = "/org/freedesktop/PolicyKit1/Authority";
  const auto control = bus.proxy<policykit::Mock>(name, path);
  const auto authority = bus.proxy<policykit::Authority>(name, path);
  const auto version = co_await authority->backend_name.get();
  say("polkit has properties", version == "local");
  const std::vector<std::string> allowed(1, "org.example.allowed");
  co_await control->set_allowed(allowed);
  policykit::authority_types::Subject subject;
  subject.field1 = "unix-session";
  subject.field2["session-id"] = std::string("c2");
  const std::map<std::string, std::string> details;
  const auto yes =
      co_await authority->check_authorization(subject, "org.example.allowed", details, 0, "");
  const auto no =
      co_await authority->check_authorization(subject, "org.example.other", details, 0, "");
  say("polkit decides", yes.field1 && !no.field1 && yes.field3.at("test") == "test");
}

task<> use_network(connection bus) {
  constexpr std::string_view name = "org.freedesktop.NetworkManager";
  const auto control = bus.proxy<network::Mock>(name, "/org/freedesktop");
  const auto objects = bus.proxy<network::ObjectManager>(name, "/org/freedesktop");
  std::string added;
  const auto signals = bus.proxy<Objects>(name, "/org/freedesktop");
  const auto news =
      signals->interfaces_added.on([&](const NewObject& what) { added = what.path.str(); });
  const auto device = co_await control->add_ethernet_device("eth1", "eth1", 30);
  say("NetworkManager tells of objects", added == device);
  const auto all = co_await objects->get_managed_objects();
  say("NetworkManager has them all", all.at(headway::object_path(device))
                                             .at("org.freedesktop.NetworkManager.Device")
                                             .at("Interface")
                                             .get<std::string>() == "eth1");
  const auto manager = bus.proxy<network::NetworkManager>(name, "/org/freedesktop/NetworkManager");
  const auto devices = co_await manager->get_devices();
  say("NetworkManager lists devices", devices.size() == 2);
}

task<> use_all(connection bus) {
  co_await use_logind(bus);
  co_await use_upower(bus);
  co_await use_polkit(bus);
  co_await use_network(bus);
}

}  // namespace

int main() {
  headway::event_loop loop;
  const auto bus = connection::open(headway::bus::system);
  bus.attach(loop);
  loop.run(use_all(bus));
  return 0;
}
