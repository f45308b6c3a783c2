// SPDX-License-Identifier: MIT
#include "testing/world.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "client/open.h"
#include "io/error.h"
#include "io/socket.h"

namespace headway::testing {
namespace {

constexpr int turns_max = 100'000;  // without a pause: something goes round in circles

bool is_ready(int fd, bool to_write) {
  pollfd wanted{.fd = fd, .events = POLLIN, .revents = 0};
  if (to_write) wanted.events |= POLLOUT;
  return ::poll(&wanted, 1, 0) != 0;
}

/// A connection's core, and the world it lives in for as long as anybody has the connection.
struct Inhabitant {
  std::shared_ptr<World> world;
  std::shared_ptr<client::Core> core;
};

}  // namespace

class World::Starter final : loop::source {
 public:
  explicit Starter(World& world) : world_(world) {}
  Starter(const Starter&) = delete;
  Starter& operator=(const Starter&) = delete;
  ~Starter() { world_.loop_->forget(*this); }

  std::map<std::string, std::function<void()>, std::less<>> starts;

  void take(std::vector<std::string> names) {
    if (names.empty()) return;
    std::ranges::move(names, std::back_inserter(wanted_));
    world_.loop_->post(*this);
  }

 private:
  void ready() override {
    for (const std::string& name : std::exchange(wanted_, {})) {
      const auto start = starts.find(name)->second;
      start();
    }
  }
  void loop_ended() noexcept override {}

  World& world_;
  std::vector<std::string> wanted_;
};

World::World(const bus_options& options)
    : hub_(settings_of(options)),
      starter_(std::make_unique<Starter>(*this)),
      loop_(std::make_unique<event_loop>(loop_side_)) {}

World::~World() { end(); }

void World::end() {
  if (!loop_) return;
  starter_.reset();
  loop_.reset();
}

connection World::connect(const peer_options& who) {
  auto ends = io::socket_pair();
  if (!ends) throw error(error_name::failed, io::describe(ends.error()));
  broker::Credentials credentials{
      .uid = who.uid, .pid = 1, .groups = who.groups, .label = who.label};
  std::ranges::sort(*credentials.groups);
  const broker::PeerId id = hub_.connect(std::move(ends->first), std::move(credentials), time_);
  auto opened = client::open_socket(std::move(ends->second), who.connection, *this);
  if (!opened) throw std::move(opened.error());
  peers_.insert_or_assign(opened->get(), id);

  auto inhabitant = std::make_shared<Inhabitant>(shared_from_this(), std::move(*opened));
  client::Core* const core = inhabitant->core.get();
  connection made(std::shared_ptr<client::Core>(std::move(inhabitant), core));
  made.attach(*loop_);
  return made;
}

broker::PeerId World::peer_of(const connection& which) const {
  const auto found = peers_.find(which.core().get());
  if (found == peers_.end()) throw std::invalid_argument("that connection is not of this bus");
  return found->second;
}

void World::on_start(std::string_view name, std::function<void()> start) {
  hub_.add_service(name);
  starter_->starts.insert_or_assign(std::string(name), std::move(start));
}

bool World::others_work() {
  const bool moved = hub_.turn(time_);
  starter_->take(hub_.take_starts());
  return moved;
}

/// A connection sleeps, and the others go on.
void World::wait(int socket, bool to_write, std::optional<Time> deadline) {
  if (others_work() || is_ready(socket, to_write)) return;
  if (turn_loop()) let_pass(earlier(deadline, loop_due_));
}

void World::sleep_of_loop(int fd, std::optional<Time> deadline) {
  if (others_work() || is_ready(fd, false) || (deadline && *deadline <= time_)) return;
  loop_is_idle_ = true;
  loop_due_ = deadline;
  if (loop_may_sleep_) let_pass(deadline);
}

/// Whether nothing was ready. A turn may be made from within another one's handlers, and then there
/// was something.
bool World::turn_loop() {
  const bool before = std::exchange(loop_may_sleep_, false);
  loop_is_idle_ = false;
  try {
    loop_->turn();
  } catch (...) {
    loop_may_sleep_ = before;
    loop_is_idle_ = false;
    throw;
  }
  loop_may_sleep_ = before;
  return std::exchange(loop_is_idle_, false);
}

void World::let_pass(std::optional<Time> until) {
  const auto next = earlier(until, hub_.next_deadline());
  if (!next) {
    throw stuck(
        "what is waited for can never come: nothing is under way on the test's bus, and no "
        "timer runs on its loop");
  }
  time_ = std::max(time_, *next);
}

void World::settle() {
  for (int turns = 0; turns < turns_max; ++turns) {
    if (turn_loop()) return;
  }
  throw stuck("what happens on the test's bus goes round in circles without any time passing");
}

void World::advance(Duration time) {
  const Time target = time_ + time;
  while (true) {
    settle();
    const auto next = earlier(loop_due_, hub_.next_deadline());
    if (!next || *next > target) break;
    time_ = std::max(time_, *next);
  }
  time_ = std::max(time_, target);
  settle();
}

}  // namespace headway::testing
