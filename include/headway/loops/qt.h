// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/QObject>
#include <QtCore/QSocketNotifier>
#include <QtCore/QTimer>
#include <algorithm>
#include <limits>

#include "headway/loops/adapter.h"

namespace headway {

namespace detail {

/// A QObject may not be deleted by what it calls.
struct qt_delete_later {
  void operator()(QObject* object) const noexcept {
    object->disconnect();
    object->deleteLater();
  }
};

class qt_entry {
 public:
  qt_entry(QObject*, loop::source& who) : who_(who), timer_(new QTimer) {
    timer_->setSingleShot(true);
    timer_->setTimerType(Qt::PreciseTimer);
    QObject::connect(timer_.get(), &QTimer::timeout, [this]() noexcept {
      const bool is_due = alarm_.ring(std::chrono::steady_clock::now());
      arm();
      if (is_due) who_.ready();
    });
  }
  qt_entry(const qt_entry&) = delete;
  qt_entry& operator=(const qt_entry&) = delete;
  /// Before its descriptor is closed.
  ~qt_entry() {
    for (notifier* one : {&read_, &write_}) {
      if (*one) (*one)->setEnabled(false);
    }
  }

  void watch(int fd, bool to_write) {
    if (fd != fd_) {
      make(read_, fd, QSocketNotifier::Read);
      make(write_, fd, QSocketNotifier::Write);
      fd_ = fd;
    }
    write_->setEnabled(to_write);
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
  using notifier = std::unique_ptr<QSocketNotifier, qt_delete_later>;

  void make(notifier& to, int fd, QSocketNotifier::Type type) {
    if (to) to->setEnabled(false);
    to.reset(new QSocketNotifier(fd, type));
    QObject::connect(to.get(), &QSocketNotifier::activated, [this]() noexcept { who_.ready(); });
  }
  void arm() {
    const auto next = alarm_.next();
    if (!next) return timer_->stop();
    using std::chrono::milliseconds;
    const auto left = alarm::left<milliseconds>(*next, std::chrono::steady_clock::now());
    constexpr milliseconds longest{std::numeric_limits<int>::max()};
    timer_->start(static_cast<int>(std::min(left, longest).count()));
  }

  loop::source& who_;
  int fd_ = -1;
  notifier read_;
  notifier write_;
  std::unique_ptr<QTimer, qt_delete_later> timer_;
  alarm alarm_;
};

}  // namespace detail

/// The event loop of a Qt thread: for programs of Qt 5 or 6. It is made, used and destroyed in one
/// thread, which has a QCoreApplication or runs a QThread's loop. Lives as long as the connections
/// that are attached to it, which it closes otherwise. What a handler throws ends the program: Qt
/// lets nothing through.
///
///     QCoreApplication application(argc, argv);
///     headway::qt_loop loop;
///     bus.attach(loop);
///     loop.spawn(work(bus));
///     application.exec();
class qt_loop final : public detail::adapter<detail::qt_entry, QObject*> {
 public:
  qt_loop() : adapter(nullptr) {}
};

}  // namespace headway
