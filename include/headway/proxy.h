// SPDX-License-Identifier: MIT
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "headway/connection.h"
#include "headway/interface.h"

/// The client's side of an interface. See interface.h.
namespace headway {

template <class T>
class change_stream;

namespace detail {

/// Whose interface it is.
struct target {
  connection bus;
  std::string destination;
  std::string path;
  std::string_view interface;
  std::span<const known_error> errors = {};
  std::string_view annotations = {};
  std::shared_ptr<client::PropertyCache> cache = {};

  [[nodiscard]] envelope call_of(std::string_view member) const {
    return {.destination = destination, .path = path, .interface = interface, .member = member};
  }
  [[nodiscard]] std::string rule_of_signal(std::string_view member) const;
  [[nodiscard]] std::string rule_of_changes() const;
  /// ",sender='...'" for a rule; empty where peers have no names.
  [[nodiscard]] std::string rule_of_sender() const;
  [[nodiscard]] message get(std::string_view property) const;
  [[nodiscard]] message get_all() const;
  [[nodiscard]] message set(std::string_view property, const type& type, const void* value) const;

  void keep_properties();
  /// Null if none is kept or if this one cannot be.
  [[nodiscard]] std::shared_ptr<client::PropertyCache> cache_of(
      std::string_view property_annotations) const;
  /// Null if it is not known without asking.
  [[nodiscard]] const variant* known(std::string_view property, std::string_view annotations) const;
  void forget(std::string_view property) const;
};

class client_member {
 public:
  void bind(const target& of, const member_words& words) {
    target_ = &of;
    name_ = words.name;
    annotations_ = words.annotations;
  }

 protected:
  const target* target_ = nullptr;
  std::string_view name_;
  std::string_view annotations_;
};

/// Told of each value that a property gets: what PropertiesChanged says and, where that says only
/// that there is another one or where it was missed, what the service answers when it is asked.
class change_watcher : public subscriber {
 public:
  change_watcher(const target& of, std::string_view name, std::string_view signature)
      : subscriber(of.bus.core(), of.rule_of_changes(), when::in_turn),
        name_(name),
        signature_(signature),
        get_(of.get(name)),
        answer_(*this) {}

 protected:
  ~change_watcher() override = default;

 private:
  class answer final : public pending {
   public:
    explicit answer(change_watcher& to) : to_(to) {}

   private:
    void complete(result<message> reply) override;
    change_watcher& to_;
  };

  /// The value at `at`, whose type fits. May destroy this.
  virtual void on_value(const message& from, std::size_t at) = 0;
  void on_message(const message& what) override;
  void on_missed(std::uint64_t) override { ask(); }
  void ask();

  std::string_view name_;
  std::string_view signature_;
  message get_;
  answer answer_;
};

/// The value, or none if it lacks something or holds what its type does not know.
template <class Decode>
auto decode_or_pass(Decode decode) -> std::optional<decltype(decode())> {
  try {
    return decode();
  } catch (const error&) {
    return std::nullopt;
  }
}
template <class T>
std::optional<T> value_or_pass(const message& from, std::size_t at) {
  return decode_or_pass([&] {
    T value{};
    codec::decode(from, at, type_of<T>, &value);
    return value;
  });
}

/// Calls a handler with the values of signals. One whose types are others is not for us.
template <class T, class Handler>
class signal_handler final : public slot_content, subscriber {
 public:
  signal_handler(const target& of, std::string_view name, Handler handler)
      : subscriber(of.bus.core(), of.rule_of_signal(name), when::in_turn),
        handler_(std::make_shared<Handler>(std::move(handler))) {}

 private:
  void on_message(const message& what) override {
    if (what.signature() != signalled<T>::signature.view()) return;
    const auto handler = handler_;
    if constexpr (std::is_void_v<T>) {
      (*handler)();
    } else {
      if (auto value = decode_or_pass([&] { return signalled<T>::decode(what); })) {
        (*handler)(std::move(*value));
      }
    }
  }
  void on_end(const error&) override {}

  std::shared_ptr<Handler> handler_;
};

template <class T, class Handler>
class change_handler final : public slot_content, change_watcher {
 public:
  change_handler(const target& of, std::string_view name, Handler handler)
      : change_watcher(of, name, type_of<T>.signature),
        handler_(std::make_shared<Handler>(std::move(handler))) {}

 private:
  void on_value(const message& from, std::size_t at) override {
    const auto handler = handler_;
    if (auto value = value_or_pass<T>(from, at)) (*handler)(std::move(*value));
  }
  void on_end(const error&) override {}

  std::shared_ptr<Handler> handler_;
};

}  // namespace detail

/// The values that a property gets, for one coroutine:
///
///     auto changes = thermo->current.changes();
///     while (true) {
///       auto now = co_await changes.next();
///
/// A slow reader gets the newest value and not those before it. next() throws when no more can
/// come.
template <class T>
class change_stream {
 public:
  change_stream(const detail::target& of, std::string_view name)
      : inside_(std::make_unique<inside>(of, name)) {}

 private:
  class inside final : public detail::change_watcher {
   public:
    inside(const detail::target& of, std::string_view name)
        : change_watcher(of, name, detail::type_of<T>.signature) {}

    [[nodiscard]] bool is_ready() const noexcept { return value_ || over_; }
    T take() {
      if (!value_) throw *over_;
      return *std::exchange(value_, std::nullopt);
    }

    std::coroutine_handle<> waiter;

   private:
    void on_value(const message& from, std::size_t at) override {
      auto value = detail::value_or_pass<T>(from, at);
      if (!value) return;
      value_ = std::move(value);
      resume();
    }
    void on_end(const error& why) override {
      over_ = why;
      resume();
    }
    void resume() {
      if (waiter) std::exchange(waiter, nullptr).resume();
    }

    std::optional<T> value_;
    std::optional<error> over_;
  };

 public:
  /// Once at a time.
  [[nodiscard]] detail::next_of<inside> next() { return detail::next_of<inside>(*inside_); }

 private:
  std::unique_ptr<inside> inside_;
};

/// A method to call: with its arguments, or with the members of its only argument.
template <class R, class... A, literal Name>
class method<role::client, R(A...), Name> : public detail::client_member,
                                            detail::named_member<Name> {
 public:
  using value_type = typename detail::returned<R>::type;

  call<value_type> operator()(const A&... arguments) const {
    detail::output content;
    (detail::codec::encode(content, detail::type_of<A>, &arguments), ...);
    const message what =
        detail::make_message(target_->call_of(Name.size > 0 ? Name.view() : name_),
                             detail::list_traits<A...>::signature.view(), std::move(content));
    return target_->bus.call_as<value_type>(what, decode, target_->errors);
  }
  template <class... Members>
    requires(sizeof...(A) == 1 && sizeof...(Members) > 1 && (detail::made_of<A, Members...> && ...))
  call<value_type> operator()(Members&&... members) const {
    return (*this)(detail::make<A>(std::forward<Members>(members)...)...);
  }

 private:
  static value_type decode(const message& reply) {
    detail::check_signature(reply, detail::returned<R>::signature.view());
    return detail::returned<R>::decode(reply);
  }
};

template <class T, access Access, literal Name>
class property<role::client, T, Access, Name> : public detail::client_member,
                                                detail::named_member<Name> {
 public:
  /// Asks the service, unless the proxy keeps properties and knows it.
  [[nodiscard]] call<T> get() const
    requires(Access != access::write)
  {
    return target_->bus.template call_as<T>(target_->get(name()), decode, target_->errors,
                                            target_->cache_of(annotations_));
  }
  /// What the proxy knows, if it keeps properties; asks nobody.
  [[nodiscard]] std::optional<T> last() const
    requires(Access != access::write)
  {
    const variant* const known = target_->known(name(), annotations_);
    if (known == nullptr || !known->template holds<T>()) return std::nullopt;
    return detail::decode_or_pass([&] { return known->template get<T>(); });
  }
  [[nodiscard]] call<void> set(const T& value) const
    requires(Access != access::read)
  {
    target_->forget(name());
    return target_->bus.template call_as<void>(
        target_->set(name(), detail::type_of<T>, &value), [](const message&) {}, target_->errors);
  }
  /// Calls `handler(T)` when the service says that it has changed. If it does not say to what, it
  /// is asked.
  template <class Handler>
  slot on_change(Handler handler) const
    requires(Access != access::write)
  {
    return slot(
        std::make_unique<detail::change_handler<T, Handler>>(*target_, name(), std::move(handler)));
  }
  /// The same for a coroutine.
  [[nodiscard]] change_stream<T> changes() const
    requires(Access != access::write)
  {
    return change_stream<T>(*target_, name());
  }

 private:
  [[nodiscard]] std::string_view name() const { return Name.size > 0 ? Name.view() : name_; }
  static T decode(const message& reply) {
    detail::check_signature(reply, "v");
    return detail::arguments<variant>::decode(reply).get<T>();
  }
};

template <class T, literal Name>
class signal<role::client, T, Name> : public detail::client_member, detail::named_member<Name> {
 public:
  /// Calls `handler(T)` for each, in the order they were sent.
  template <class Handler>
  slot on(Handler handler) const {
    return slot(
        std::make_unique<detail::signal_handler<T, Handler>>(*target_, name(), std::move(handler)));
  }
  /// The same for a coroutine. At most `waiting_max` wait to be taken.
  [[nodiscard]] headway::stream<T> stream(std::size_t waiting_max = 256) const {
    return {target_->bus.core(), target_->rule_of_signal(name()), waiting_max,
            detail::signalled<T>::signature.view(),
            [](const message& what) { return detail::signalled<T>::decode(what); }};
  }

 private:
  [[nodiscard]] std::string_view name() const { return Name.size > 0 ? Name.view() : name_; }
};

/// An object of somebody else: `proxy->method(...)`. Asks nothing of anybody when it is made.
template <template <class> class Interface>
class proxy {
 public:
  proxy(const connection& bus, bus_name_or_none destination, path_text path,
        std::shared_ptr<client::PropertyCache> cache = {})
      : inside_(std::make_unique<inside>(
            inside{.of = {.bus = bus,
                          .destination = std::string(destination.view()),
                          .path = std::string(object_path(path).view()),
                          .interface = detail::name_of_interface<Interface<role::client>>(),
                          .errors = detail::errors_of<Interface<role::client>>,
                          .annotations = detail::annotations_of<Interface<role::client>>(),
                          .cache = std::move(cache)},
                   .members = {}})) {
    detail::for_each_member(inside_->members, [this](auto& member, const member_words& words) {
      member.bind(inside_->of, words);
    });
  }

  /// From now on the values of properties are kept: the first get() asks for all of them, and
  /// PropertiesChanged says what is new. Changes that arrive before a reply are known when the call
  /// returns. Properties that say of themselves that they emit nothing are asked for each time.
  void keep_properties() { inside_->of.keep_properties(); }

  const Interface<role::client>* operator->() const noexcept { return &inside_->members; }
  const Interface<role::client>& operator*() const noexcept { return inside_->members; }

 private:
  struct inside {
    detail::target of;
    Interface<role::client> members;
  };
  std::unique_ptr<inside> inside_;
};

}  // namespace headway
