// SPDX-License-Identifier: MIT
// A dictionary as a struct, an enum, several results, a signal as a stream.
#include <headway/headway.h>

#include <iostream>

enum class Urgency : std::uint8_t { low, normal, critical };
struct Hints {
  std::optional<Urgency> urgency;
  std::optional<std::string> category;
  static constexpr auto key_spelling = headway::spelling::kebab;
};
struct Closed {
  std::uint32_t id;
  std::uint32_t reason;
};
template <class Role>
struct Notifications {
  static constexpr std::string_view name = "org.example.Notifications";
  headway::method<Role, std::uint32_t(std::string, headway::dict<Hints>)> notify;
  headway::method<Role, void(std::uint32_t)> close_notification;
  headway::signal<Role, Closed> notification_closed;
};

headway::task<> tell(const headway::connection& bus, std::string service) {
  auto notes = bus.proxy<Notifications>(service, "/notes");
  auto closed = notes->notification_closed.stream();
  const Hints hints{.urgency = Urgency::critical, .category = std::nullopt};
  const std::uint32_t id = co_await notes->notify("The kettle boils", hints);
  co_await notes->close_notification(id);
  const auto end = co_await closed.next();
  if (end) std::cout << end->id << " closed, reason " << end->reason << "\n";
}

int main() {
  headway::event_loop loop;
  auto server = headway::connection::open(headway::bus::session);
  auto client = headway::connection::open(headway::bus::session);
  server.attach(loop);
  client.attach(loop);
  auto notes = server.serve<Notifications>("/notes");
  notes->notify = [](const std::string& summary, const Hints& hints) -> std::uint32_t {
    std::cout << (hints.urgency == Urgency::critical ? "! " : "  ") << summary << "\n";
    return 7;
  };
  notes->close_notification = [&](std::uint32_t id) { notes->notification_closed(id, 3u); };
  loop.run(tell(client, server.unique_name()));
}
