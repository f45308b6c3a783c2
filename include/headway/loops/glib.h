// SPDX-License-Identifier: MIT
#pragma once

#include <glib-unix.h>
#include <glib.h>

#include "headway/loops/adapter.h"

namespace headway {

namespace detail {

/// One GSource per connection, which has a descriptor and a time.
class glib_entry {
 public:
  glib_entry(GMainContext* context, loop::source& who) : who_(who) {
    static GSourceFuncs functions{nullptr, nullptr, dispatch, nullptr, nullptr, nullptr};
    source_ = g_source_new(&functions, sizeof(cell));
    reinterpret_cast<cell*>(source_)->entry = this;
    // A handler may run a main loop of its own, a dialogue's for instance.
    g_source_set_can_recurse(source_, TRUE);
    g_source_attach(source_, context);
  }
  glib_entry(const glib_entry&) = delete;
  glib_entry& operator=(const glib_entry&) = delete;
  ~glib_entry() {
    g_source_destroy(source_);
    g_source_unref(source_);
  }

  void watch(int fd, bool to_write) {
    const auto wanted = static_cast<GIOCondition>(to_write ? G_IO_IN | G_IO_OUT : G_IO_IN);
    if (fd == fd_) return g_source_modify_unix_fd(source_, tag_, wanted);
    if (tag_ != nullptr) g_source_remove_unix_fd(source_, tag_);
    tag_ = g_source_add_unix_fd(source_, fd, wanted);
    fd_ = fd;
  }
  void wake(std::optional<loop::time_point> when) {
    alarm_.set(when);
    arm();
  }
  void post() {
    alarm_.post();
    arm();
  }

 private:
  struct cell {
    GSource source;
    glib_entry* entry;
  };

  static gboolean dispatch(GSource* source, GSourceFunc, gpointer) noexcept {
    glib_entry& self = *reinterpret_cast<cell*>(source)->entry;
    self.alarm_.ring(std::chrono::steady_clock::now());
    self.arm();
    self.who_.ready();
    return G_SOURCE_CONTINUE;
  }
  /// GLib's clock is the steady one, in microseconds; 0 is at once and -1 never.
  void arm() {
    const auto next = alarm_.next();
    gint64 time = -1;
    if (next) {
      const auto since = next->time_since_epoch();
      time = *next == loop::time_point::min()
                 ? 0
                 : std::chrono::ceil<std::chrono::microseconds>(since).count();
    }
    g_source_set_ready_time(source_, time);
  }

  loop::source& who_;
  GSource* source_ = nullptr;
  gpointer tag_ = nullptr;
  int fd_ = -1;
  alarm alarm_;
};

}  // namespace detail

/// A GMainContext as a loop: for programs of GLib, GTK and what builds on them. Lives as long as
/// the connections that are attached to it, which it closes otherwise, and is used in the thread
/// that iterates the context. What a handler throws ends the program: C lies between it and any
/// catch.
///
///     headway::glib_loop loop;                       // the default main context
///     bus.attach(loop);
///     loop.spawn(work(bus));
///     g_main_loop_run(main_loop);
class glib_loop final : public detail::adapter<detail::glib_entry, GMainContext*> {
 public:
  /// Null: the default context. Keeps a reference to it.
  explicit glib_loop(GMainContext* context = nullptr)
      : adapter(g_main_context_ref(context != nullptr ? context : g_main_context_default())),
        reference_(this->context()) {}

 private:
  struct unref {
    void operator()(GMainContext* context) const noexcept { g_main_context_unref(context); }
  };
  std::unique_ptr<GMainContext, unref> reference_;
};

}  // namespace headway
