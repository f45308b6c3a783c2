// SPDX-License-Identifier: MIT
// sdbuscpp_twin serve | use: the twin of headway_twin.cc with sdbus-c++.
#include <fcntl.h>
#include <sdbus-c++/sdbus-c++.h>
#include <unistd.h>

#include <condition_variable>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace {

using namespace std::chrono_literals;
using Target = sdbus::Struct<double, std::string>;
using Facts = std::map<std::string, sdbus::Variant>;
using Row = sdbus::Struct<std::int32_t, std::map<std::string, std::vector<std::int32_t>>>;
using Basic = std::tuple<std::uint8_t, bool, std::int16_t, std::uint16_t, std::int32_t,
                         std::uint32_t, std::int64_t, std::uint64_t, double, std::string,
                         sdbus::ObjectPath, sdbus::Signature>;

const std::string name = "org.example.Twin";
const std::string path = "/org/example/Twin";
const std::string interface = "org.example.Twin1";
const std::string refusal = "org.example.Error.OutOfRange";

int serve() {
  const auto bus = sdbus::createSessionBusConnection();
  const auto object = sdbus::createObject(*bus, path);
  double current = 20;
  std::string unit = "C";
  std::vector<sdbus::Result<>> waiting;
  object->registerMethod("SetTarget")
      .onInterface(interface)
      .implementedAs([&](const Target& target) {
        const double degrees = target.get<0>();
        if (degrees > 35) throw sdbus::Error(refusal, "above 35");
        const double was = current;
        current = degrees;
        object->emitPropertiesChangedSignal(interface, {"Current"});
        if (degrees > 30) {
          object->emitSignal("Overheated")
              .onInterface(interface)
              .withArguments(degrees, std::string("hall"));
        }
        return was;
      });
  object->registerMethod("Echo").onInterface(interface).implementedAs(
      [](std::uint8_t y, bool b, std::int16_t n, std::uint16_t q, std::int32_t i, std::uint32_t u,
         std::int64_t x, std::uint64_t t, double d, const std::string& s,
         const sdbus::ObjectPath& o,
         const sdbus::Signature& g) { return Basic(y, b, n, q, i, u, x, t, d, s, o, g); });
  object->registerMethod("Nest").onInterface(interface).implementedAs(
      [](const Facts& facts, const std::vector<Row>& rows) { return std::tuple(facts, rows); });
  object->registerMethod("Pass").onInterface(interface).implementedAs(
      [](const sdbus::UnixFd& file) { return file; });
  object->registerMethod("Big").onInterface(interface).implementedAs(
      [](const std::vector<std::uint8_t>& bytes) { return bytes; });
  object->registerMethod("Never").onInterface(interface).implementedAs(
      [&](sdbus::Result<>&& result) { waiting.push_back(std::move(result)); });
  object->registerProperty("Current").onInterface(interface).withGetter([&] { return current; });
  object->registerProperty("Unit")
      .onInterface(interface)
      .withGetter([&] { return unit; })
      .withSetter([&](const std::string& value) { unit = value; });
  object->registerSignal("Overheated").onInterface(interface).withParameters<double, std::string>();
  object->finishRegistration();
  bus->requestName(name);
  std::cout << "ready" << std::endl;
  bus->enterEventLoop();
  return 0;
}

void say(std::string_view text, bool is_so = true) {
  std::cout << text << (is_so ? "" : ": not so") << std::endl;
}

void use_values(sdbus::IProxy& twin) {
  Basic got;
  const Basic sent(255, true, -2, 3, -4, 5, -6, 1ull << 63, 0.5, "Grüße", sdbus::ObjectPath("/a/b"),
                   sdbus::Signature("a{sv}"));
  std::apply(
      [&](const auto&... values) {
        twin.callMethod("Echo").onInterface(interface).withArguments(values...).storeResultsTo(got);
      },
      sent);
  say("echo", got == sent);
  Facts facts{{"list", std::vector<std::string>{"a", "b"}}, {"number", std::uint32_t{7}}};
  const std::vector<Row> rows{Row(0, {}), Row(-1, {{"k", {1, 2, 3}}})};
  std::vector<Row> same;
  twin.callMethod("Nest")
      .onInterface(interface)
      .withArguments(facts, rows)
      .storeResultsTo(facts, same);
  say("nest", facts.at("number").get<std::uint32_t>() == 7 &&
                  facts.at("list").get<std::vector<std::string>>().at(1) == "b" && same == rows);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) throw std::runtime_error("pipe2");
  sdbus::UnixFd file;
  twin.callMethod("Pass")
      .onInterface(interface)
      .withArguments(sdbus::UnixFd(ends[1]))
      .storeResultsTo(file);
  char c = 0;
  say("pass", ::write(file.get(), "x", 1) == 1 && ::read(ends[0], &c, 1) == 1 && c == 'x');
  const std::vector<std::uint8_t> bytes(4u << 20, 42);
  std::vector<std::uint8_t> big;
  twin.callMethod("Big").onInterface(interface).withArguments(bytes).storeResultsTo(big);
  say("big", big == bytes);
}

/// The name of the error that it throws.
template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const sdbus::Error& e) {
    return e.getName();
  }
  return {};
}

int use() {
  const auto twin = sdbus::createProxy(name, path);
  std::mutex mutex;
  std::condition_variable told;
  bool changed = false;
  bool overheated = false;
  const auto note = [&](bool& which) {
    const std::lock_guard lock(mutex);
    which = true;
    told.notify_all();
  };
  twin->uponSignal("PropertiesChanged")
      .onInterface("org.freedesktop.DBus.Properties")
      .call([&](const std::string&, const Facts& values, const std::vector<std::string>&) {
        if (values.count("Current") > 0 && values.at("Current").get<double>() == 31) note(changed);
      });
  twin->uponSignal("Overheated")
      .onInterface(interface)
      .call([&](double value, const std::string& sensor) {
        if (value == 31 && sensor == "hall") note(overheated);
      });
  twin->finishRegistration();
  double was = 0;
  twin->callMethod("SetTarget")
      .onInterface(interface)
      .withTimeout(20s)
      .withArguments(Target(31, "C"))
      .storeResultsTo(was);
  say("was", was == 20);
  {
    std::unique_lock lock(mutex);
    told.wait(lock, [&] { return changed && overheated; });
  }
  say("heard");
  say("current", twin->getProperty("Current").onInterface(interface).get<double>() == 31);
  say("refused",
      error_of([&] {
        twin->callMethod("SetTarget").onInterface(interface).withArguments(Target(40, "C"));
      }) == refusal);
  twin->setProperty("Unit").onInterface(interface).toValue(std::string("K"));
  say("unit", twin->getProperty("Unit").onInterface(interface).get<std::string>() == "K");
  use_values(*twin);
  // What sd-bus calls it when a call is not answered in time.
  const std::string late =
      error_of([&] { twin->callMethod("Never").onInterface(interface).withTimeout(50ms); });
  say("late",
      late == "org.freedesktop.DBus.Error.Timeout" || late == "org.freedesktop.DBus.Error.NoReply");
  return 0;
}

}  // namespace

int main(int count, char** values) {
  return count > 1 && std::string_view(values[1]) == "serve" ? serve() : use();
}
