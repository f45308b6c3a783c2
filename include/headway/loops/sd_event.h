// SPDX-License-Identifier: MIT
#pragma once

#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include <cstdint>
#include <system_error>

#include "headway/loops/adapter.h"

namespace headway {

namespace detail {

struct sd_event_source_off {
  void operator()(sd_event_source* source) const noexcept { sd_event_source_disable_unref(source); }
};

class sd_event_entry {
 public:
  sd_event_entry(sd_event* event, loop::source& who) : event_(event), who_(who) {}
  sd_event_entry(const sd_event_entry&) = delete;
  sd_event_entry& operator=(const sd_event_entry&) = delete;

  void watch(int fd, bool to_write) {
    const std::uint32_t wanted = EPOLLIN | (to_write ? EPOLLOUT : 0u);
    if (fd == fd_) return check(sd_event_source_set_io_events(io_.get(), wanted));
    io_.reset();
    add(io_, [&](sd_event_source** made) {
      return sd_event_add_io(event_, made, fd, wanted, on_io, this);
    });
    fd_ = fd;
  }
  void wake(std::optional<loop::time_point> when) {
    if (!when)
      return time_ ? check(sd_event_source_set_enabled(time_.get(), SD_EVENT_OFF)) : void();
    const auto since = std::chrono::ceil<std::chrono::microseconds>(when->time_since_epoch());
    const auto usec =
        static_cast<std::uint64_t>(std::max(since.count(), decltype(since.count()){0}));
    if (!time_) {
      return add(time_, [&](sd_event_source** made) {
        return sd_event_add_time(event_, made, CLOCK_MONOTONIC, usec, accuracy_usec, on_time, this);
      });
    }
    check(sd_event_source_set_time(time_.get(), usec));
    check(sd_event_source_set_enabled(time_.get(), SD_EVENT_ONESHOT));
  }
  void post() {
    if (post_) return check(sd_event_source_set_enabled(post_.get(), SD_EVENT_ONESHOT));
    add(post_,
        [&](sd_event_source** made) { return sd_event_add_defer(event_, made, on_post, this); });
  }

 private:
  using source_ptr = std::unique_ptr<sd_event_source, sd_event_source_off>;
  static constexpr std::uint64_t accuracy_usec = 1;

  template <class Make>
  static void add(source_ptr& to, Make make) {
    sd_event_source* made = nullptr;
    check(make(&made));
    to.reset(made);
  }
  static void check(int outcome) {
    if (outcome < 0) throw std::system_error(-outcome, std::generic_category(), "sd-event");
  }
  static int tell(void* entry) noexcept {
    static_cast<sd_event_entry*>(entry)->who_.ready();
    return 0;
  }
  static int on_io(sd_event_source*, int, std::uint32_t, void* entry) { return tell(entry); }
  static int on_time(sd_event_source*, std::uint64_t, void* entry) { return tell(entry); }
  static int on_post(sd_event_source*, void* entry) { return tell(entry); }

  sd_event* event_;
  loop::source& who_;
  int fd_ = -1;
  source_ptr io_;
  source_ptr time_;
  source_ptr post_;
};

}  // namespace detail

/// An sd_event as a loop: for programs of libsystemd. Lives as long as the connections that are
/// attached to it, which it closes otherwise. What a handler throws ends the program: C lies
/// between it and any catch. Throws std::system_error if sd-event has no memory.
///
///     headway::sd_event_loop loop(event);
///     bus.attach(loop);
///     loop.spawn(work(bus));
///     sd_event_loop(event);
class sd_event_loop final : public detail::adapter<detail::sd_event_entry, sd_event*> {
 public:
  /// Keeps a reference to it.
  explicit sd_event_loop(sd_event* event) : adapter(sd_event_ref(event)), reference_(event) {}

 private:
  struct unref {
    void operator()(sd_event* event) const noexcept { sd_event_unref(event); }
  };
  std::unique_ptr<sd_event, unref> reference_;
};

}  // namespace headway
