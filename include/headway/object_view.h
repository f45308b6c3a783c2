// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headway/proxy.h"

/// The objects below somebody else's ObjectManager. See object_view.
namespace headway {

namespace detail {

/// What an ObjectManager says of one interface, followed in turn: what is told on arrival is of
/// messages, and this is of objects, which come and go between what a program does with them.
class object_watch : public std::enable_shared_from_this<object_watch> {
 public:
  explicit object_watch(const target& of);
  object_watch(const object_watch&) = delete;
  object_watch& operator=(const object_watch&) = delete;
  virtual ~object_watch();

  /// Subscribes and asks. Once.
  void start();

 protected:
  /// May run users' code.
  virtual void on_added(const std::string& path, std::shared_ptr<client::PropertyCache> cache) = 0;
  virtual void on_removed(const std::string& path) = 0;
  virtual void on_changed(const std::string& path) = 0;
  /// All objects of now are there, or why not.
  virtual void on_listed(const std::optional<error>& failure) = 0;
  /// Nothing more will come.
  virtual void on_over(const error& why) = 0;

  target of_;

 private:
  class listener;
  class listing;

  void list(std::uint8_t flags);
  void listed(result<message> reply);
  void interfaces_added(const message& what);
  void interfaces_removed(const message& what);
  void properties_changed(const message& what);
  void owner_changed(const message& what);
  void lost(const error& why);
  void remove_all();
  bool add(std::string_view path, message_reader& interfaces, const message& from,
           std::uint64_t told);
  void remove(const std::string& path);

  struct object {
    std::shared_ptr<client::PropertyCache> cache;
    std::uint64_t told = 0;
  };
  std::map<std::string, object, std::less<>> objects_;
  std::set<std::string, std::less<>> gone_;  // since asked_
  std::uint64_t clock_ = 0;
  std::uint64_t asked_ = 0;
  std::vector<std::unique_ptr<listener>> listeners_;
  std::unique_ptr<listing> listing_;
};

}  // namespace detail

/// What happened to an object: it has come, has gone, or has other properties.
enum class object_change : std::uint8_t { added, removed, changed };
struct object_event {
  object_change what = object_change::added;
  std::string path;
};

/// The objects below an ObjectManager that have an interface, as they are now: a live map from
/// paths to proxies, which keep properties (see proxy::keep_properties()) without a question asked.
///
///     auto units = bus.objects<Unit1>("org.example.Units", "/org/example/units");
///     co_await units.complete();                            // throws if nobody can tell
///     for (const auto& [path, unit] : units) std::cout << path << unit->state.last().value_or("");
///     units.on_added([](const std::string& path, const headway::proxy<Unit1>& unit) { ... });
///     auto next = co_await units.next();                    // or as a stream of object_event
///
/// It changes in turn, when the connection's loop runs. When the name gets another owner, or the
/// connection is lost, all objects go; those that are there then come. Costs four match rules,
/// however many objects there are.
template <template <class> class Interface>
class object_view {
 public:
  using objects = std::map<std::string, proxy<Interface>, std::less<>>;

  object_view(const connection& bus, bus_name_or_none destination, path_text path)
      : inside_(std::make_shared<inside>(
            detail::target{.bus = bus,
                           .destination = std::string(destination.view()),
                           .path = std::string(object_path(path).view()),
                           .interface = detail::name_of_interface<Interface<role::client>>(),
                           .errors = detail::errors_of<Interface<role::client>>,
                           .annotations = detail::annotations_of<Interface<role::client>>()})) {
    inside_->start();
  }
  object_view(object_view&&) noexcept = default;
  object_view& operator=(object_view&&) noexcept = default;
  ~object_view() {
    if (inside_) inside_->end();
  }

  [[nodiscard]] auto begin() const noexcept { return inside_->all.cbegin(); }
  [[nodiscard]] auto end() const noexcept { return inside_->all.cend(); }
  [[nodiscard]] std::size_t size() const noexcept { return inside_->all.size(); }
  /// Null if there is none.
  [[nodiscard]] const proxy<Interface>* find(std::string_view path) const {
    const auto found = inside_->all.find(path);
    return found == inside_->all.end() ? nullptr : &found->second;
  }

  /// Calls `handler(const std::string& path, const proxy<Interface>&)` for each that comes. Those
  /// that are there already are told of at once.
  void on_added(std::function<void(const std::string&, const proxy<Interface>&)> handler) {
    for (const auto& [path, object] : inside_->all) handler(path, object);
    inside_->added = std::move(handler);
  }
  /// Calls `handler(const std::string& path)` for each that has gone.
  void on_removed(std::function<void(const std::string&)> handler) {
    inside_->removed = std::move(handler);
  }
  /// Calls `handler(const std::string& path, const proxy<Interface>&)` for each whose properties
  /// have changed, and knows them.
  void on_changed(std::function<void(const std::string&, const proxy<Interface>&)> handler) {
    inside_->changed = std::move(handler);
  }

 private:
  struct inside;
  class completion;
  class events;

 public:
  /// `co_await`: until the objects of now are here. Throws why they cannot be told.
  [[nodiscard]] detail::next_of<completion> complete() {
    return detail::next_of<completion>(inside_->first);
  }
  /// std::expected<object_event, gap>: what happened since the last time; after a gap look at the
  /// objects themselves.
  [[nodiscard]] detail::next_of<events> next() { return detail::next_of<events>(inside_->queue); }

 private:
  static constexpr std::size_t events_max = 1024;

  class completion {
   public:
    [[nodiscard]] bool is_ready() const noexcept { return is_done_; }
    void take() const {
      if (failure_) throw *failure_;
    }
    void set(const std::optional<error>& failure) {
      is_done_ = true;
      failure_ = failure;
      if (waiter) std::exchange(waiter, nullptr).resume();
    }
    std::coroutine_handle<> waiter;

   private:
    bool is_done_ = false;
    std::optional<error> failure_;
  };

  class events {
   public:
    [[nodiscard]] bool is_ready() const noexcept {
      return !waiting_.empty() || missed_ > 0 || over_;
    }
    std::expected<object_event, gap> take() {
      if (waiting_.empty() && missed_ > 0) {
        return std::unexpected(gap{std::exchange(missed_, 0)});
      }
      if (waiting_.empty()) throw *over_;
      object_event first = std::move(waiting_.front());
      waiting_.pop_front();
      return first;
    }
    void put(object_change what, const std::string& path) {
      if (missed_ > 0 || waiting_.size() >= events_max) {
        ++missed_;
      } else {
        waiting_.push_back({.what = what, .path = path});
      }
      resume();
    }
    void end(const error& why) {
      over_ = why;
      resume();
    }
    std::coroutine_handle<> waiter;

   private:
    void resume() {
      if (waiter) std::exchange(waiter, nullptr).resume();
    }

    std::optional<error> over_;
    std::deque<object_event> waiting_;
    std::uint64_t missed_ = 0;
  };

  struct inside final : detail::object_watch {
    using object_watch::object_watch;

    void on_added(const std::string& path, std::shared_ptr<client::PropertyCache> cache) override {
      const auto at =
          all.emplace(path, proxy<Interface>(of_.bus, of_.destination, path, std::move(cache)))
              .first;
      if (const auto handler = added) handler(path, at->second);
      queue.put(object_change::added, path);
    }
    void on_removed(const std::string& path) override {
      all.erase(path);
      if (const auto handler = removed) handler(path);
      queue.put(object_change::removed, path);
    }
    void on_changed(const std::string& path) override {
      if (const auto handler = changed) handler(path, all.at(path));
      queue.put(object_change::changed, path);
    }
    void on_listed(const std::optional<error>& failure) override { first.set(failure); }
    void on_over(const error& why) override {
      first.set(why);
      queue.end(why);
    }
    /// Nobody is told of anything any more.
    void end() {
      added = nullptr;
      removed = nullptr;
      changed = nullptr;
      first.waiter = nullptr;
      queue.waiter = nullptr;
    }

    objects all;
    std::function<void(const std::string&, const proxy<Interface>&)> added;
    std::function<void(const std::string&)> removed;
    std::function<void(const std::string&, const proxy<Interface>&)> changed;
    completion first;
    events queue;
  };

  std::shared_ptr<inside> inside_;
};

}  // namespace headway
