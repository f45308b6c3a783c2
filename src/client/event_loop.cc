// SPDX-License-Identifier: MIT
#include <sys/eventfd.h>

#include <deque>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "base/fd.h"
#include "client/surroundings.h"
#include "headway/error.h"
#include "headway/loop.h"
#include "io/clock.h"
#include "io/loop.h"

namespace headway {
namespace {

/// What other threads pass to the loop's.
class Mailbox final : loop::source {
 public:
  explicit Mailbox(event_loop& runner) : told_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!told_) throw std::system_error(errno, std::generic_category(), "eventfd");
    runner.watch(*this, told_.get(), false);
  }

  void put(std::function<void()> work) {
    const std::lock_guard guard(mutex_);
    if (waiting_.size() >= waiting_max) {
      throw error(error_name::limits_exceeded, "the loop does not come to what was passed to it");
    }
    waiting_.push_back(std::move(work));
    if (waiting_.size() == 1) static_cast<void>(::eventfd_write(told_.get(), 1));
  }

 private:
  static constexpr std::size_t waiting_max = 65'536;

  void ready() override {
    eventfd_t count = 0;
    static_cast<void>(::eventfd_read(told_.get(), &count));
    std::deque<std::function<void()>> all;
    {
      const std::lock_guard guard(mutex_);
      all.swap(waiting_);
    }
    while (!all.empty()) {
      const auto work = std::move(all.front());
      all.pop_front();
      try {
        work();
      } catch (...) {
        put_back(std::move(all));
        throw;
      }
    }
  }
  void loop_ended() noexcept override {}
  void put_back(std::deque<std::function<void()>> rest) {
    const std::lock_guard guard(mutex_);
    rest.insert(rest.end(), std::make_move_iterator(waiting_.begin()),
                std::make_move_iterator(waiting_.end()));
    waiting_.swap(rest);
    if (!waiting_.empty()) static_cast<void>(::eventfd_write(told_.get(), 1));
  }

  Fd told_;
  std::mutex mutex_;
  std::deque<std::function<void()>> waiting_;
};

Time time_of(loop::time_point point) { return Time(point.time_since_epoch()); }

}  // namespace

struct event_loop::state {
  struct Entry {
    int fd = -1;
    bool to_write = false;
    bool is_posted = false;
    std::optional<std::multimap<Time, source*>::iterator> timer = {};
  };

  explicit state(io::Loop made) : epoll(std::move(made)) {}

  io::Loop epoll;
  client::Surroundings* world = nullptr;  // none: the kernel
  std::unordered_map<source*, Entry> entries;
  std::multimap<Time, source*> timers;
  std::multimap<Time, source*>::node_type spare_timer;  // the last: calls come and go with theirs
  std::vector<source*> posted;
  std::optional<Mailbox> mailbox;

  [[nodiscard]] bool has(source* who) const { return entries.contains(who); }
  [[nodiscard]] Time now() const { return world != nullptr ? world->now() : io::now(); }

  /// What is ready, after a sleep if it may sleep.
  std::span<const epoll_event> wait(bool may_sleep) {
    std::optional<Time> deadline;
    if (!timers.empty()) deadline = timers.begin()->first;
    if (world == nullptr) return may_sleep ? epoll.wait(deadline) : epoll.poll();
    world->wait(epoll.fd(), false, may_sleep ? deadline : now());
    return epoll.poll();
  }
};

event_loop::event_loop() {
  auto epoll = io::Loop::create();
  if (!epoll) {
    throw std::system_error(epoll.error().number, std::generic_category(), epoll.error().call);
  }
  state_ = std::make_unique<state>(std::move(*epoll));
  state_->mailbox.emplace(*this);
}

event_loop::event_loop(client::Surroundings& world) : event_loop() { state_->world = &world; }

event_loop::~event_loop() {
  spawned_.clear();
  while (!state_->entries.empty()) {
    source* const who = state_->entries.begin()->first;
    forget(*who);
    who->loop_ended();
  }
}

event_loop::time_point event_loop::now() const {
  return time_point(state_->now().time_since_epoch());
}

void event_loop::watch(source& who, int fd, bool to_write) {
  state::Entry& entry = state_->entries[&who];
  const std::uint32_t events = EPOLLIN | (to_write ? EPOLLOUT : 0u);
  const auto tag = reinterpret_cast<std::uintptr_t>(&who);
  if (entry.fd == fd) {
    if (entry.to_write != to_write) state_->epoll.change(fd, events, tag);
  } else {
    if (entry.fd >= 0) state_->epoll.remove(entry.fd);
    entry.fd = -1;
    if (auto added = state_->epoll.add(fd, events, tag); !added) {
      throw std::system_error(added.error().number, std::generic_category(), added.error().call);
    }
    entry.fd = fd;
  }
  entry.to_write = to_write;
}

void event_loop::forget(source& who) noexcept {
  const auto found = state_->entries.find(&who);
  if (found == state_->entries.end()) return;
  if (found->second.fd >= 0) state_->epoll.remove(found->second.fd);
  if (found->second.timer) state_->timers.erase(*found->second.timer);
  if (found->second.is_posted) std::erase(state_->posted, &who);
  state_->entries.erase(found);
}

void event_loop::wake(source& who, std::optional<time_point> when) {
  state::Entry& entry = state_->entries[&who];
  if (entry.timer) state_->spare_timer = state_->timers.extract(*entry.timer);
  entry.timer.reset();
  if (!when) return;
  if (state_->spare_timer.empty()) {
    entry.timer = state_->timers.emplace(time_of(*when), &who);
    return;
  }
  state_->spare_timer.key() = time_of(*when);
  state_->spare_timer.mapped() = &who;
  entry.timer = state_->timers.insert(std::move(state_->spare_timer));
}

void event_loop::post(source& who) {
  state::Entry& entry = state_->entries[&who];
  if (std::exchange(entry.is_posted, true)) return;
  state_->posted.push_back(&who);
}

void event_loop::post(std::function<void()> work) { state_->mailbox->put(std::move(work)); }

void event_loop::turn() {
  // Only what was posted before: what these post comes after what is ready now. They may have ended
  // what the caller waits for, so the sleep is left out then.
  const bool may_sleep = state_->posted.empty();
  for (std::size_t left = state_->posted.size(); left > 0 && !state_->posted.empty(); --left) {
    source* const who = state_->posted.front();
    state_->posted.erase(state_->posted.begin());
    state_->entries[who].is_posted = false;
    who->ready();
  }
  end_done_tasks();
  if (is_stopped_) return;

  for (const epoll_event& event : state_->wait(may_sleep)) {
    auto* const who = reinterpret_cast<source*>(static_cast<std::uintptr_t>(event.data.u64));
    if (state_->has(who)) who->ready();
  }
  const Time time = state_->now();
  while (!state_->timers.empty() && state_->timers.begin()->first <= time) {
    source* const who = state_->timers.begin()->second;
    wake(*who, std::nullopt);
    who->ready();
  }
  end_done_tasks();
}

void event_loop::run() {
  for (is_stopped_ = false; !is_stopped_;) turn();
}

void event_loop::spawn(task<void> work) {
  work.start();
  spawned_.push_back(std::move(work));
  if (spawned_.back().is_done()) end_done_tasks();
}

void event_loop::end_done_tasks() {
  for (std::size_t i = 0; i < spawned_.size();) {
    if (!spawned_[i].is_done()) {
      ++i;
      continue;
    }
    task<void> done = std::move(spawned_[i]);
    if (i + 1 < spawned_.size()) spawned_[i] = std::move(spawned_.back());
    spawned_.pop_back();
    std::move(done).get();
  }
}

}  // namespace headway
