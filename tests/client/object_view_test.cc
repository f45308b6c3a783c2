// SPDX-License-Identifier: MIT
// Views of what ObjectManagers tell of: our own, and those of other libraries.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bus_testing.h"
#include "headway/headway.h"

namespace {

using headway::connection;
using headway::message_builder;
using headway::task;
using headway::variant;
namespace error_name = headway::error_name;

// Not Unit1, which another file has: see peers_interop_test.cc.
template <class Role>
struct ViewedUnit1 {
  static constexpr std::string_view name = "org.example.Unit1";
  headway::method<Role, void(std::string)> change;
  headway::property<Role, std::string> state;
};
template <class Role>
struct ViewedJob1 {
  static constexpr std::string_view name = "org.example.Job1";
  headway::property<Role, std::uint32_t> number;
};
template <class Role>
struct Report1 {
  static constexpr std::string_view name = "org.example.Report1";
  headway::method<Role, void(std::string)> report;
};

constexpr std::string_view units_name = "org.example.Units";

/// A program in another process. It ends with the object.
class Program {
 public:
  explicit Program(std::vector<std::string> words) {
    words.insert(words.begin(), {"/usr/bin/env", "DBUS_SESSION_BUS_ADDRESS=" + address()});
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (::posix_spawn(&pid_, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0) {
      throw std::runtime_error("posix_spawn");
    }
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_ = 0;
};

class ObjectView : public testing::Test {
 protected:
  using View = headway::object_view<ViewedUnit1>;

  ObjectView() {
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
  void settle() {
    run(service.name_owner(service.unique_name()));
    run(client.name_owner(client.unique_name()));
    run(client.name_owner(client.unique_name()));
  }
  static task<std::string> complete(View& view) {
    try {
      co_await view.complete();
    } catch (const headway::error& e) {
      co_return e.name();
    }
    co_return text(view);
  }
  /// "/units/a=up /units/b=?": from what is known without asking.
  static std::string text(const View& view) {
    std::string all;
    for (const auto& [path, unit] : view) {
      all += (all.empty() ? "" : " ") + path + "=" + unit->state.last().value_or("?");
    }
    return all;
  }
  std::string shown(View& view) {
    settle();
    return text(view);
  }
  void become_units() { service.request_name(units_name).wait(); }

  headway::event_loop loop;
  connection service = connection::open(entry("unix:"));
  connection client = connection::open(entry("unix:"));
  headway::slot managing = service.manage("/units");
};

TEST_F(ObjectView, ShowsWhatIsThereAndFollowsIt) {
  const auto first = service.serve<ViewedUnit1>("/units/a");
  first->state = "up";
  const auto job = service.serve<ViewedJob1>("/units/job");
  View view = client.objects<ViewedUnit1>(service.unique_name(), "/units");
  EXPECT_EQ(loop.run(complete(view)), "/units/a=up");
  {
    const auto second = service.serve<ViewedUnit1>("/units/b");
    second->state = "new";
    EXPECT_EQ(shown(view), "/units/a=up /units/b=new");
    second->state = "old";
    first->state = "down";
    EXPECT_EQ(shown(view), "/units/a=down /units/b=old");
    EXPECT_EQ(view.size(), 2u);
    EXPECT_NE(view.find("/units/b"), nullptr);
  }
  EXPECT_EQ(shown(view), "/units/a=down");
  EXPECT_EQ(view.find("/units/b"), nullptr);
}

TEST_F(ObjectView, ItsProxiesCallAndAnswerFromWhatTheyKnow) {
  const auto unit = service.serve<ViewedUnit1>("/units/a");
  unit->state = "up";
  unit->change = [&](std::string to) { unit->state = to; };
  View view = client.objects<ViewedUnit1>(service.unique_name(), "/units");
  loop.run(complete(view));
  auto work = [&]() -> task<std::string> {
    const headway::proxy<ViewedUnit1>& there = *view.find("/units/a");
    co_await there->change(std::string("changed"));
    // The change preceded the reply.
    std::string known = there->state.last().value();
    auto asked = co_await there->state.get();
    co_return known + " " + asked;
  };
  EXPECT_EQ(loop.run(work()), "changed changed");
}

TEST_F(ObjectView, HandlersHearOfThoseThatComeAndGo) {
  const auto first = service.serve<ViewedUnit1>("/units/a");
  View view = client.objects<ViewedUnit1>(service.unique_name(), "/units");
  loop.run(complete(view));
  std::string told;
  view.on_added([&](const std::string& path, const headway::proxy<ViewedUnit1>& unit) {
    told += "+" + path + "=" + unit->state.last().value() + " ";
  });
  view.on_removed([&](const std::string& path) { told += "-" + path + " "; });
  view.on_changed([&](const std::string& path, const headway::proxy<ViewedUnit1>& unit) {
    told += "~" + path + "=" + unit->state.last().value() + " ";
  });
  {
    const auto second = service.serve<ViewedUnit1>("/units/b");
    second->state = "new";
    settle();
    second->state = "old";
    settle();
  }
  settle();
  EXPECT_EQ(told, "+/units/a= +/units/b=new ~/units/b=old -/units/b ");
}

TEST_F(ObjectView, EventsAreAStreamToo) {
  View view = client.objects<ViewedUnit1>(service.unique_name(), "/units");
  loop.run(complete(view));
  std::optional<headway::served<ViewedUnit1>> unit = service.serve<ViewedUnit1>("/units/a");
  auto next = [&]() -> task<std::string> {
    auto event = co_await view.next();
    co_return std::string(1, "+-~"[static_cast<int>(event->what)]) + event->path;
  };
  EXPECT_EQ(loop.run(next()), "+/units/a");
  (*unit)->state = "up";
  EXPECT_EQ(loop.run(next()), "~/units/a");
  EXPECT_EQ(text(view), "/units/a=up");
  unit.reset();
  EXPECT_EQ(loop.run(next()), "-/units/a");
  client.close();
  EXPECT_THROW(loop.run(next()), headway::error);
}

TEST_F(ObjectView, AViewMayGoWhileItTells) {
  std::optional<View> view(client.objects<ViewedUnit1>(service.unique_name(), "/units"));
  loop.run(complete(*view));
  int told = 0;
  view->on_added([&](const std::string&, const headway::proxy<ViewedUnit1>&) {
    ++told;
    view.reset();
  });
  const auto unit = service.serve<ViewedUnit1>("/units/a");
  const auto other = service.serve<ViewedUnit1>("/units/b");
  settle();
  EXPECT_EQ(told, 1);
}

TEST_F(ObjectView, AnotherOwnersObjectsReplaceThose) {
  const auto unit = service.serve<ViewedUnit1>("/units/a");
  unit->state = "up";
  become_units();
  View view = client.objects<ViewedUnit1>(units_name, "/units");
  EXPECT_EQ(loop.run(complete(view)), "/units/a=up");
  const connection other = connection::open(entry("unix:"));
  other.attach(loop);
  const auto managing_too = other.manage("/units");
  const auto others = other.serve<ViewedUnit1>("/units/z");
  others->state = "other";
  run(service.release_name(units_name));
  EXPECT_EQ(shown(view), "");
  run(other.request_name(units_name));
  while (view.size() == 0) loop.turn();
  EXPECT_EQ(text(view), "/units/z=other");
}

TEST_F(ObjectView, WhereNobodyManagesItSaysSo) {
  View nobody = client.objects<ViewedUnit1>("org.example.Nobody", "/units");
  EXPECT_EQ(loop.run(complete(nobody)), error_name::service_unknown);
  View nothing = client.objects<ViewedUnit1>(service.unique_name(), "/nothing");
  EXPECT_EQ(loop.run(complete(nothing)), error_name::unknown_object);
}

TEST_F(ObjectView, WhatTheConnectionDroppedIsAskedForAgain) {
  const connection narrow =
      connection::open(entry("unix:"), {.incoming_bytes_max = std::size_t{2} << 10});
  View view = narrow.objects<ViewedUnit1>(service.unique_name(), "/units");
  narrow.attach(loop);
  loop.run(complete(view));
  narrow.detach();
  std::vector<headway::served<ViewedUnit1>> units;
  for (int i = 0; i < 30; ++i) {
    units.push_back(service.serve<ViewedUnit1>("/units/u" + std::to_string(i)));
  }
  settle();
  narrow.name_owner(service.unique_name()).wait();
  EXPECT_GT(narrow.dropped(), 0u);
  narrow.attach(loop);
  while (view.size() < 30) loop.turn();
}

TEST_F(ObjectView, GDBusSeesOurObjects) {
  std::vector<std::string> reports;
  const auto report = service.serve<Report1>("/report");
  report->report = [&](std::string text) { reports.push_back(std::move(text)); };
  const auto until = [&](std::string_view text) {
    while (reports.empty() || reports.back() != text) loop.turn();
  };
  const auto first = service.serve<ViewedUnit1>("/units/a");
  first->state = "up";
  become_units();
  const Program gdbus({"/usr/bin/python3", HEADWAY_TEST_FILES "/gdbus_objects.py", entry("unix:"),
                       std::string(units_name)});
  until("ready");
  EXPECT_EQ(reports.front(), "=/units/a up");
  std::optional<headway::served<ViewedUnit1>> second = service.serve<ViewedUnit1>("/units/b");
  (*second)->state = "new";
  until("+/units/b new");
  (*second)->state = "old";
  until("~/units/b old");
  second.reset();
  until("-/units/b");
  EXPECT_EQ(reports.size(), 5u);
}

TEST_F(ObjectView, WeSeeTheObjectsOfPythonDbusmock) {
  const Program mock({"/usr/bin/python3", "-m", "dbusmock", "--is-object-manager",
                      std::string(units_name), "/units", "org.example.Manager1"});
  bool is_there = false;
  const headway::slot owner =
      client.on_owner(units_name, [&](std::string_view name) { is_there = !name.empty(); });
  while (!is_there) loop.turn();
  const auto to_mock = [&](std::string_view path, std::string_view member) {
    return message_builder::method_call(units_name, path, "org.freedesktop.DBus.Mock", member);
  };
  message_builder add = to_mock("/units", "AddObject");
  add.string("/units/a").string("org.example.Unit1").open_array("{sv}").open_dict_entry();
  add.string("State").open_variant("s").string("mocked").close().close().close();
  run(client.call(add.open_array("(ssss)").close().build()));
  View view = client.objects<ViewedUnit1>(units_name, "/units");
  EXPECT_EQ(loop.run(complete(view)), "/units/a=mocked");
  message_builder update = to_mock("/units/a", "UpdateProperties");
  update.string("org.example.Unit1").open_array("{sv}").open_dict_entry();
  update.string("State").open_variant("s").string("changed").close().close().close();
  run(client.call(update.build()));
  EXPECT_EQ(shown(view), "/units/a=changed");
  // It tells of objects when it is told to.
  message_builder gone = to_mock("/units", "EmitSignal");
  gone.string("org.freedesktop.DBus.ObjectManager").string("InterfacesRemoved").string("oas");
  gone.open_array("v").open_variant("o").object_path(std::string("/units/a")).close();
  gone.open_variant("as").open_array("s").string("org.example.Unit1").close().close().close();
  run(client.call(gone.build()));
  EXPECT_EQ(shown(view), "");
}

}  // namespace
