// SPDX-License-Identifier: MIT
// ObjectManager and what belongs to it, as others see it on a real bus.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bus_testing.h"
#include "headway/headway.h"

namespace {

using headway::connection;
using headway::message;
using headway::message_builder;
using headway::task;
using headway::variant;
namespace error_name = headway::error_name;

template <class Role>
struct Unit1 {
  static constexpr std::string_view name = "org.example.Unit1";
  headway::method<Role, void()> start;
  headway::property<Role, std::string> state;
  headway::signal<Role, void> started;
};
template <class Role>
struct Job1 {
  static constexpr std::string_view name = "org.example.Job1";
  headway::property<Role, std::uint32_t> number;
};

using Interfaces = std::map<std::string, std::map<std::string, variant>>;
using Objects = std::map<headway::object_path, Interfaces>;
struct Added {
  headway::object_path object;
  Interfaces interfaces;
};
struct Removed {
  headway::object_path object;
  std::vector<std::string> interfaces;
};
template <class Role>
struct Manager {
  static constexpr std::string_view name = "org.freedesktop.DBus.ObjectManager";
  headway::method<Role, Objects()> get_managed_objects;
  headway::signal<Role, Added> interfaces_added;
  headway::signal<Role, Removed> interfaces_removed;
};

class ObjectManager : public testing::Test {
 protected:
  ObjectManager() {
    service.attach(loop);
    client.attach(loop);
    slots.push_back(manager->interfaces_added.on(
        [&](const Added& what) { told += "+" + what.object.str() + text(what.interfaces) + " "; }));
    slots.push_back(manager->interfaces_removed.on([&](const Removed& what) {
      told += "-" + what.object.str() + "(";
      for (const std::string& interface : what.interfaces) told += interface + ";";
      told += ") ";
    }));
    slots.push_back(client.on("member='PropertiesChanged'", [&](const message& what) {
      told += "~" + std::string(what.path()) + " ";
    }));
    settle();
  }

  template <class T>
  T run(headway::call<T> asked) {
    auto ask = [](headway::call<T> what) -> task<T> {
      auto value = co_await std::move(what);
      co_return value;
    };
    return loop.run(ask(std::move(asked)));
  }
  /// What was said before was heard.
  void settle() {
    run(service.name_owner(service.unique_name()));
    run(client.name_owner(client.unique_name()));
    run(client.name_owner(client.unique_name()));
  }
  static std::string text(const Interfaces& interfaces) {
    std::string text = "(";
    for (const auto& [interface, properties] : interfaces) {
      text += interface.substr(12);
      for (const auto& [name, value] : properties) {
        text += " " + name + "=" +
                (value.holds<std::string>() ? value.get<std::string>()
                                            : std::to_string(value.get<std::uint32_t>()));
      }
      text += ";";
    }
    return text + ")";
  }
  std::string managed() {
    std::string all;
    for (const auto& [path, interfaces] : run(manager->get_managed_objects())) {
      all += path.str() + text(interfaces) + " ";
    }
    return all;
  }
  std::string taken() {
    settle();
    return std::exchange(told, {});
  }
  headway::call<message> raw(std::string_view path, std::string_view interface,
                             std::string_view member) const {
    return client.call(
        message_builder::method_call(service.unique_name(), path, interface, member).build());
  }
  template <class T>
  std::string error_of(headway::call<T> asked) {
    auto value = run(std::move(asked).as_result());
    return value ? "no error" : value.error().name();
  }

  headway::event_loop loop;
  connection service = connection::open(entry("unix:"));
  connection client = connection::open(entry("unix:"));
  headway::slot managing = service.manage("/units");
  headway::proxy<Manager> manager = client.proxy<Manager>(service.unique_name(), "/units");
  std::vector<headway::slot> slots;
  std::string told;
};

TEST_F(ObjectManager, ObjectsAreToldOfWhenTheyAreSetUp) {
  std::optional<headway::served<Unit1>> unit = service.serve<Unit1>("/units/a");
  (*unit)->state = "new";
  std::optional<headway::served<Job1>> job = service.serve<Job1>("/units/a");
  (*job)->number = 7;
  EXPECT_EQ(taken(), "+/units/a(Job1 Number=7;Unit1 State=new;) ");
  EXPECT_EQ(managed(), "/units/a(Job1 Number=7;Unit1 State=new;) ");
  (*unit)->state = "old";
  EXPECT_EQ(taken(), "~/units/a ");
  job.reset();
  EXPECT_EQ(taken(), "-/units/a(org.example.Job1;) ");
  EXPECT_EQ(managed(), "/units/a(Unit1 State=old;) ");
  unit.reset();
  EXPECT_EQ(taken(), "-/units/a(org.example.Unit1;) ");
  EXPECT_EQ(managed(), "");
}

TEST_F(ObjectManager, OnlyWhatIsBelowIsManaged) {
  const auto self = service.serve<Unit1>("/units");
  const auto other = service.serve<Unit1>("/unitsandmore");
  const auto deep = service.serve<Unit1>("/units/a/b/c");
  EXPECT_EQ(taken(), "+/units/a/b/c(Unit1 State=;) ");
  EXPECT_EQ(managed(), "/units/a/b/c(Unit1 State=;) ");
}

TEST_F(ObjectManager, WhatNobodyWasToldOfIsNotTakenBack) {
  {
    const auto brief = service.serve<Unit1>("/units/a");
  }
  EXPECT_EQ(taken(), "");
}

TEST_F(ObjectManager, AnObjectThatIsReplacedGoesBeforeItComes) {
  std::optional<headway::served<Unit1>> unit = service.serve<Unit1>("/units/a");
  taken();
  unit.reset();
  const auto again = service.serve<Unit1>("/units/a");
  again->state = "again";
  EXPECT_EQ(taken(), "-/units/a(org.example.Unit1;) +/units/a(Unit1 State=again;) ");
}

TEST_F(ObjectManager, AnObjectIsToldOfBeforeItsSignalsAndBeforeTheReply) {
  const auto factory = service.serve<Unit1>("/factory");
  std::optional<headway::served<Unit1>> unit;
  factory->start = [&] {
    unit = service.serve<Unit1>("/units/a");
    (*unit)->state = "up";
    (*unit)->started();
    (*unit)->state = "running";
  };
  const auto started = client.proxy<Unit1>(service.unique_name(), "/units/a")->started.on([&] {
    told += "started ";
  });
  settle();
  auto work = [&]() -> task<void> {
    co_await client.proxy<Unit1>(service.unique_name(), "/factory")->start();
    told += "replied ";
  };
  loop.run(work());
  EXPECT_EQ(taken(), "+/units/a(Unit1 State=up;) started ~/units/a replied ");
}

TEST_F(ObjectManager, ManagersMayBeNested) {
  const auto outer = service.manage("/");
  const auto unit = service.serve<Unit1>("/units/a");
  EXPECT_EQ(taken(), "+/units/a(Unit1 State=;) ");
  EXPECT_THROW(std::ignore = service.manage("/units"), headway::error);
}

TEST_F(ObjectManager, ItIsThereWhileItsSlotIs) {
  const auto xml = [&](std::string_view path) {
    return std::string(
        run(raw(path, "org.freedesktop.DBus.Introspectable", "Introspect")).body().string());
  };
  EXPECT_NE(xml("/units").find("GetManagedObjects"), std::string::npos);
  EXPECT_NE(xml("/").find(R"(<node name="units"/>)"), std::string::npos);
  const auto unit = service.serve<Unit1>("/units/deep/a");
  EXPECT_NE(xml("/units").find(R"(<node name="deep"/>)"), std::string::npos);
  EXPECT_NE(xml("/units/deep").find(R"(<node name="a"/>)"), std::string::npos);
  EXPECT_EQ(xml("/units/deep/a").find("GetManagedObjects"), std::string::npos);
  managing.reset();
  EXPECT_EQ(error_of(manager->get_managed_objects()), error_name::unknown_object);
  const auto other = service.serve<Unit1>("/units/b");
  taken();
  EXPECT_EQ(xml("/units").find("GetManagedObjects"), std::string::npos);
}

/// STD-003
TEST_F(ObjectManager, PropertiesOfNoInterfaceAreThoseOfAny) {
  const auto unit = service.serve<Unit1>("/a");
  const auto job = service.serve<Job1>("/a");
  unit->state = "up";
  job->number = 3;
  const auto ask = [&](std::string_view member, std::string_view interface, std::string_view name) {
    message_builder what = message_builder::method_call(service.unique_name(), "/a",
                                                        "org.freedesktop.DBus.Properties", member);
    what.string(interface);
    if (member == "Get") what.string(name);
    return client.call(what.build());
  };
  auto number = run(ask("Get", "", "Number")).body();
  number.enter();
  EXPECT_EQ(number.uint32(), 3u);
  const auto all = headway::detail::arguments<std::map<std::string, variant>>::decode(
      run(ask("GetAll", "", "")));
  EXPECT_EQ(all.at("State").get<std::string>(), "up");
  EXPECT_EQ(all.at("Number").get<std::uint32_t>(), 3u);
  EXPECT_EQ(error_of(ask("Get", "", "Nonsense")), error_name::unknown_property);
  EXPECT_EQ(error_of(ask("Get", "org.example.Unit1", "Number")), error_name::unknown_property);
  EXPECT_EQ(error_of(ask("GetAll", "org.example.Nonsense", "")), error_name::unknown_interface);
}

}  // namespace
