// SPDX-License-Identifier: MIT
// Families of objects, made when somebody asks for them, as others see them on a real bus.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bus_testing.h"
#include "headway/headway.h"

namespace {

using headway::connection;
using headway::message;
using headway::message_builder;
using headway::path_words;
using headway::task;
namespace error_name = headway::error_name;

// Not Unit1, which another file has: see peers_interop_test.cc.
template <class Role>
struct FamilyUnit1 {
  static constexpr std::string_view name = "org.example.Unit1";
  headway::method<Role, std::string(std::string)> change;
  headway::property<Role, std::string> state;
};
template <class Role>
struct FamilyJob1 {
  static constexpr std::string_view name = "org.example.Job1";
  headway::property<Role, std::uint32_t> number;
};
using Unit = FamilyUnit1<headway::role::service>;
using Job = FamilyJob1<headway::role::service>;

class FamilyOfObjects : public testing::Test {
 protected:
  FamilyOfObjects() {
    service.attach(loop);
    client.attach(loop);
  }

  template <class T>
  T run(headway::call<T> asked) {
    auto ask = [](headway::call<T> what) -> task<T> {
      auto value = co_await std::move(what);
      co_return value;
    };
    return loop.run(ask(std::move(asked)));
  }
  std::string state_of(std::string_view path) {
    auto value =
        run(client.proxy<FamilyUnit1>(service.unique_name(), path)->state.get().as_result());
    return value ? *value : value.error().name();
  }
  std::string xml(std::string_view path) {
    auto reply = run(
        client
            .call(message_builder::method_call(service.unique_name(), path,
                                               "org.freedesktop.DBus.Introspectable", "Introspect")
                      .build())
            .as_result());
    return reply ? std::string(reply->body().string()) : reply.error().name();
  }
  static std::string node(std::string_view name) {
    return "<node name=\"" + std::string(name) + "\"/>";
  }

  headway::event_loop loop;
  connection service = connection::open(entry("unix:"));
  connection client = connection::open(entry("unix:"));
  std::map<std::string, std::string> known{{"a.service", "up"}, {"b", "down"}};
  int made = 0;
  headway::served_family<FamilyUnit1> units =
      service.serve<FamilyUnit1>("/units/{name}", [this](Unit& unit, const path_words& words) {
        ++made;
        const auto found = known.find(words[0]);
        if (found == known.end()) return false;
        unit.state = found->second;
        unit.change = [&unit](std::string to) {
          std::string was = unit.state;
          unit.state = std::move(to);
          return was;
        };
        return true;
      });
};

TEST_F(FamilyOfObjects, IsMadeWhenItIsAskedFor) {
  EXPECT_EQ(made, 0);
  EXPECT_EQ(state_of("/units/a_2eservice"), "up");
  EXPECT_EQ(state_of("/units/a_2eservice"), "up");
  EXPECT_EQ(made, 1);
  EXPECT_EQ(state_of("/units/b"), "down");
  EXPECT_EQ(made, 2);
}

TEST_F(FamilyOfObjects, WhatIsNotThereIsAnUnknownObject) {
  for (const char* const path : {"/units/c", "/units", "/units/a_2eservice/x", "/units/a_service",
                                 "/units/b_62", "/other"}) {
    EXPECT_EQ(state_of(path), error_name::unknown_object) << path;
  }
  known["c"] = "new";
  EXPECT_EQ(state_of("/units/c"), "new");
}

TEST_F(FamilyOfObjects, ItsObjectsLastAndTellOfChanges) {
  const auto proxy = client.proxy<FamilyUnit1>(service.unique_name(), "/units/b");
  std::string told;
  const headway::slot changes =
      proxy->state.on_change([&](const std::string& state) { told += state + " "; });
  EXPECT_EQ(run(proxy->change("one")), "down");
  EXPECT_EQ(run(proxy->change("two")), "one");
  EXPECT_EQ(state_of("/units/b"), "two");
  Unit* const same = units.find("b");
  ASSERT_NE(same, nullptr);
  same->state = "three";
  while (told != "one two three ") loop.turn();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(units.find("nonsense"), nullptr);
}

TEST_F(FamilyOfObjects, WhatIsForgottenIsAskedForAgain) {
  EXPECT_EQ(state_of("/units/b"), "down");
  known.erase("b");
  EXPECT_EQ(state_of("/units/b"), "down");
  units.forget("b");
  EXPECT_EQ(state_of("/units/b"), error_name::unknown_object);
  known["b"] = "again";
  EXPECT_EQ(state_of("/units/b"), "again");
}

TEST_F(FamilyOfObjects, WhatItThrowsIsTheCallersError) {
  const auto broken =
      service.serve<FamilyUnit1>("/broken/{name}", [](Unit&, const path_words&) -> bool {
        throw headway::error("org.example.Error.Broken", "it is");
      });
  EXPECT_EQ(state_of("/broken/a"), "org.example.Error.Broken");
  EXPECT_EQ(state_of("/units/b"), "down");
}

TEST_F(FamilyOfObjects, ManyInterfacesAreOneObject) {
  std::set<std::string> jobs{"b"};
  const auto family =
      service.serve<FamilyJob1>("/units/{name}", [&](Job& job, const path_words& words) {
        job.number = 7;
        return jobs.contains(words[0]);
      });
  const auto number_of = [&](std::string_view path) {
    auto number =
        run(client.proxy<FamilyJob1>(service.unique_name(), path)->number.get().as_result());
    return number ? std::to_string(*number) : number.error().name();
  };
  EXPECT_EQ(state_of("/units/b"), "down");
  EXPECT_EQ(number_of("/units/b"), "7");
  EXPECT_EQ(state_of("/units/a_2eservice"), "up");
  EXPECT_EQ(number_of("/units/a_2eservice"), error_name::unknown_interface);
  jobs.insert("a.service");
  EXPECT_EQ(number_of("/units/a_2eservice"), "7");
  // One that is offered by itself stands.
  const auto own = service.serve<FamilyUnit1>("/units/own");
  own->state = "own";
  known["own"] = "of the family";
  EXPECT_EQ(state_of("/units/own"), "own");
}

TEST_F(FamilyOfObjects, ATemplateMayHaveManyWords) {
  const auto ports = service.serve<FamilyUnit1>("/hosts/{host}/ports/{port}",
                                                [](Unit& unit, const path_words& words) {
                                                  unit.state = words[0] + ":" + words[1];
                                                  return true;
                                                });
  EXPECT_EQ(state_of("/hosts/here_2elan/ports/_380"), "here.lan:80");
  EXPECT_EQ(state_of("/hosts/here/ports"), error_name::unknown_object);
  EXPECT_NE(ports.find("there", "1"), nullptr);
  EXPECT_THROW(std::ignore = ports.find("there"), headway::error);
}

TEST_F(FamilyOfObjects, WhatItListsCanBeSeen) {
  EXPECT_NE(xml("/").find(node("units")), std::string::npos);
  EXPECT_EQ(xml("/units").find("<node name"), std::string::npos);
  units.list([&] {
    std::vector<std::string> names;
    for (const auto& [name, state] : known) names.push_back(name);
    return names;
  });
  EXPECT_NE(xml("/units").find(node("a_2eservice")), std::string::npos);
  EXPECT_NE(xml("/units").find(node("b")), std::string::npos);
  EXPECT_EQ(made, 0);
  EXPECT_NE(xml("/units/b").find("org.example.Unit1"), std::string::npos);
  EXPECT_EQ(made, 1);
  EXPECT_EQ(xml("/units/c"), error_name::unknown_object);
}

TEST_F(FamilyOfObjects, AnObjectManagerTellsOfThoseThatAreListed) {
  const auto managing = service.manage("/units");
  auto view = client.objects<FamilyUnit1>(service.unique_name(), "/units");
  std::string told;
  view.on_added([&](const std::string& path, const headway::proxy<FamilyUnit1>& unit) {
    told += "+" + path + "=" + unit->state.last().value_or("?") + " ";
  });
  view.on_removed([&](const std::string& path) { told += "-" + path + " "; });
  units.list([] { return std::vector<path_words>{{"b"}}; });
  auto complete = [](headway::object_view<FamilyUnit1>& of) -> task<> { co_await of.complete(); };
  loop.run(complete(view));
  EXPECT_EQ(told, "+/units/b=down ");
  EXPECT_EQ(state_of("/units/a_2eservice"), "up");  // nobody had listed it
  units.forget("b");
  while (view.find("/units/b") != nullptr) loop.turn();
  EXPECT_EQ(told, "+/units/b=down +/units/a_2eservice=up -/units/b ");
}

TEST_F(FamilyOfObjects, ItEndsWithItsSlot) {
  {
    const auto brief =
        service.serve<FamilyUnit1>("/brief/{name}", [](Unit& unit, const path_words&) {
          unit.state = "brief";
          return true;
        });
    EXPECT_EQ(state_of("/brief/a"), "brief");
  }
  EXPECT_EQ(state_of("/brief/a"), error_name::unknown_object);
  EXPECT_EQ(state_of("/brief/b"), error_name::unknown_object);
  EXPECT_EQ(xml("/").find(node("brief")), std::string::npos);
}

}  // namespace
