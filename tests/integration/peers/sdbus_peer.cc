// SPDX-License-Identifier: MIT
// A service and its client on sdbus-c++ (sd-bus), on two connections. Prints `met` at the end.
#include <sdbus-c++/sdbus-c++.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace {

const std::string name = "org.example.Sdbus";
const std::string path = "/org/example/Sdbus";
const std::string interface = "org.example.Sdbus1";

void check(bool fact, const char* what) {
  if (fact) return;
  std::cerr << "not so: " << what << std::endl;
  std::_Exit(1);
}

using Options = std::map<std::string, sdbus::Variant>;

class Service {
 public:
  Service() : connection_(sdbus::createSessionBusConnection(name)) {
    object_ = sdbus::createObject(*connection_, path);
    object_->registerMethod("Sum").onInterface(interface).implementedAs(
        [](const std::vector<std::int32_t>& values, const Options& options) {
          std::int64_t sum = options.at("start").get<std::int64_t>();
          for (const std::int32_t value : values) sum += value;
          return sum;
        });
    object_->registerMethod("Refuse").onInterface(interface).implementedAs(
        []() { throw sdbus::Error("org.example.Error.Refused", "as it was asked to"); });
    object_->registerMethod("Take").onInterface(interface).implementedAs(
        [](const sdbus::UnixFd& fd) {
          char text[64];
          const ssize_t count = ::read(fd.get(), text, sizeof(text));
          return std::string(text, static_cast<std::size_t>(count < 0 ? 0 : count));
        });
    object_->registerMethod("Count").onInterface(interface).implementedAs([this](std::uint32_t n) {
      for (std::uint32_t i = 0; i < n; ++i) {
        object_->emitSignal("Counted").onInterface(interface).withArguments(i);
      }
    });
    object_->registerSignal("Counted").onInterface(interface).withParameters<std::uint32_t>();
    object_->registerProperty("Level").onInterface(interface).withGetter([]() { return 7; });
    object_->finishRegistration();
    connection_->enterEventLoopAsync();
  }

 private:
  std::unique_ptr<sdbus::IConnection> connection_;
  std::unique_ptr<sdbus::IObject> object_;
};

void use(sdbus::IProxy& proxy) {
  std::int64_t sum = 0;
  proxy.callMethod("Sum")
      .onInterface(interface)
      .withArguments(std::vector<std::int32_t>{1, 2, -4},
                     Options{{"start", sdbus::Variant(std::int64_t{1} << 40)}})
      .storeResultsTo(sum);
  check(sum == (std::int64_t{1} << 40) - 1, "the sum");

  std::string refused;
  try {
    proxy.callMethod("Refuse").onInterface(interface);
  } catch (const sdbus::Error& error) {
    refused = error.getName();
  }
  check(refused == "org.example.Error.Refused", "the error");

  int ends[2];
  check(::pipe(ends) == 0 && ::write(ends[1], "hello", 5) == 5, "a pipe");
  std::string text;
  proxy.callMethod("Take")
      .onInterface(interface)
      .withArguments(sdbus::UnixFd(ends[0]))
      .storeResultsTo(text);
  check(text == "hello", "what came through the pipe");
  const int level = proxy.getProperty("Level").onInterface(interface);
  check(level == 7, "the property");
}

void hear(sdbus::IProxy& proxy) {
  constexpr std::uint32_t count = 200;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::uint32_t> heard;
  proxy.uponSignal("Counted").onInterface(interface).call([&](std::uint32_t number) {
    const std::lock_guard lock(mutex);
    heard.push_back(number);
    changed.notify_all();
  });
  proxy.finishRegistration();
  proxy.callMethod("Count").onInterface(interface).withArguments(count);
  std::unique_lock lock(mutex);
  changed.wait_for(lock, std::chrono::seconds(30), [&] { return heard.size() == count; });
  check(heard.size() == count, "all signals");
  for (std::uint32_t i = 0; i < count; ++i) check(heard[i] == i, "their order");
}

}  // namespace

int main() {
  const Service service;
  const auto connection = sdbus::createSessionBusConnection();
  const auto proxy = sdbus::createProxy(*connection, name, path);
  use(*proxy);
  connection->enterEventLoopAsync();
  hear(*proxy);
  connection->leaveEventLoop();
  std::cout << "met" << std::endl;
  return 0;
}
