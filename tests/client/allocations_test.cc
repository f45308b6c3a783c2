// SPDX-License-Identifier: MIT
// What a call allocates when many were made before: nothing that belongs to it, at either end.
// Every allocation of the process is counted, for each thread; the bus is another process.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <iostream>
#include <new>
#include <string>
#include <thread>

#include "bus_testing.h"
#include "headway/headway.h"

namespace {

thread_local std::uint64_t allocated = 0;

void* allocate(std::size_t bytes) {
  ++allocated;
  if (void* const memory = std::malloc(bytes > 0 ? bytes : 1)) return memory;
  throw std::bad_alloc();
}
void* allocate(std::size_t bytes, std::align_val_t alignment) {
  ++allocated;
  void* memory = nullptr;
  const auto wanted = std::max(static_cast<std::size_t>(alignment), sizeof(void*));
  if (::posix_memalign(&memory, wanted, bytes) == 0) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) { return allocate(bytes); }
void* operator new[](std::size_t bytes) { return allocate(bytes); }
void* operator new(std::size_t bytes, std::align_val_t a) { return allocate(bytes, a); }
void* operator new[](std::size_t bytes, std::align_val_t a) { return allocate(bytes, a); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

using headway::connection;
using headway::event_loop;
using headway::task;

struct Reading {
  std::int32_t number;
  double value;
  std::string unit;
};
template <class Role>
struct Meter1 {
  static constexpr std::string_view name = "org.example.Meter1";
  headway::method<Role, void()> nothing;
  headway::method<Role, double(Reading)> read;
  headway::method<Role, std::string(std::string)> text;
  headway::method<Role, std::uint64_t()> allocations;  // of the service so far
  headway::property<Role, double, headway::access::read_write> level;
};

constexpr std::string_view path = "/org/example/meter";
constexpr unsigned before = 200;
constexpr unsigned counted = 1000;
// What waits for its turn lies in a std::deque, which takes another block for every 64 messages,
// and buffers grow a few times: less than one for 32 calls. One for each would be seen.
constexpr unsigned blocks_max = counted / 32;

/// In a thread of its own, until it goes.
class Service {
 public:
  Service() : thread_([this] { run(); }) { name_ = told_.get_future().get(); }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service() {
    loop_->post([this] { loop_->stop(); });
    thread_.join();
  }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  void run() {
    event_loop loop;
    loop_ = &loop;
    const connection bus = connection::open(entry("unix:"));
    bus.attach(loop);
    const auto meter = bus.serve<Meter1>(path);
    meter->nothing = [] {};
    meter->read = [](const Reading& reading) { return reading.value; };
    meter->text = [](std::string text) { return text; };
    meter->allocations = [] { return allocated; };
    told_.set_value(bus.unique_name());
    loop.run();
  }

  event_loop* loop_ = nullptr;
  std::promise<std::string> told_;
  std::string name_;
  std::thread thread_;
};

class Allocations : public testing::Test {
 protected:
  struct Counts {
    std::uint64_t client = 0;
    std::uint64_t service = 0;
  };

  /// What `counted` calls allocate.
  template <class Call>
  Counts count(Call call) {
    for (unsigned i = 0; i < before; ++i) call();
    Counts all{.client = 0, .service = meter->allocations().wait()};
    const std::uint64_t mine = allocated;
    for (unsigned i = 0; i < counted; ++i) call();
    all.client = allocated - mine;
    all.service = meter->allocations().wait() - all.service;
    std::cout << "[          ] per call: client " << static_cast<double>(all.client) / counted
              << ", service " << static_cast<double>(all.service) / counted << "\n";
    return all;
  }

  Service service;
  connection client = connection::open(entry("unix:"));
  headway::proxy<Meter1> meter = client.proxy<Meter1>(service.name(), path);
};

TEST_F(Allocations, ABlockingCallMakesNoneAndAServedCallNoneOfItsOwn) {
  const Counts nothing = count([&] { meter->nothing().wait(); });
  EXPECT_EQ(nothing.client, 0u);
  EXPECT_LE(nothing.service, blocks_max);
  const Reading reading{.number = 1, .value = 2, .unit = "C"};
  const Counts read = count([&] { meter->read(reading).wait(); });
  EXPECT_EQ(read.client, 0u);
  EXPECT_LE(read.service, blocks_max);
  const Counts text = count([&] { meter->text("short").wait(); });
  EXPECT_EQ(text.client, 0u);
  EXPECT_LE(text.service, blocks_max);
}

TEST_F(Allocations, APropertyThatIsAskedForMakesNone) {
  const Counts asked = count([&] { meter->level.get().wait(); });
  EXPECT_EQ(asked.client, 0u);
  EXPECT_LE(asked.service, blocks_max);
}

TEST_F(Allocations, AnAwaitedCallMakesNoneOfItsOwn) {
  event_loop loop;
  client.attach(loop);
  Counts all;
  auto work = [&]() -> task<void> {
    for (unsigned i = 0; i < before; ++i) co_await meter->nothing();
    const std::uint64_t mine = allocated;
    for (unsigned i = 0; i < counted; ++i) co_await meter->nothing();
    all.client = allocated - mine;
  };
  loop.run(work());
  std::cout << "[          ] per awaited call: " << static_cast<double>(all.client) / counted
            << "\n";
  EXPECT_LE(all.client, blocks_max);
}

}  // namespace
