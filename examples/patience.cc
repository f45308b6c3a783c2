// SPDX-License-Identifier: MIT
// Handlers that take their time, calls that do not wait for ever, and calls that are given up.
#include <headway/headway.h>

#include <iostream>

template <class Role>
struct Kitchen1 {
  static constexpr std::string_view name = "org.example.Kitchen1";
  headway::method<Role, std::string(std::uint32_t)> boil;
};

headway::task<> dine(headway::event_loop& loop, const headway::connection& bus, std::string cook) {
  using namespace std::chrono_literals;
  auto kitchen = bus.proxy<Kitchen1>(cook, "/kitchen");
  const std::string egg = co_await kitchen->boil(10);
  std::cout << egg << "\n";
  const auto late = co_await kitchen->boil(60'000).within(20ms).as_result();
  if (!late) std::cout << late.error().name() << "\n";

  // Two at once; what is not wanted any more is cancelled by going.
  std::string first;
  {
    auto slow =
        kitchen->boil(60'000).then([&](const headway::result<std::string>&) { first = "?"; });
    auto fast = kitchen->boil(5).then(
        [&](const headway::result<std::string>& done) { first = done.value_or("nothing"); });
    while (first.empty()) co_await loop.sleep(1ms);
  }
  std::cout << first << "\n";
}

int main() {
  headway::event_loop loop;
  auto cook = headway::connection::open(headway::bus::session);
  auto guest = headway::connection::open(headway::bus::session);
  cook.attach(loop);
  guest.attach(loop);
  auto kitchen = cook.serve<Kitchen1>("/kitchen");
  kitchen->boil = [&](std::uint32_t ms) -> headway::task<std::string> {
    co_await loop.sleep(std::chrono::milliseconds(ms));  // others are served meanwhile
    co_return "boiled for " + std::to_string(ms) + " ms";
  };
  loop.run(dine(loop, guest, cook.unique_name()));
}
