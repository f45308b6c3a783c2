// SPDX-License-Identifier: MIT
#pragma once

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

namespace detail {

/// Whose interface it is.
struct target {
  connection bus;
  std::string destination;
  std::string path;
  std::string_view interface;
  std::span<const known_error> errors = {};

  [[nodiscard]] envelope call_of(std::string_view member) const {
    return {.destination = destination, .path = path, .interface = interface, .member = member};
  }
  [[nodiscard]] std::string rule_of_signal(std::string_view member) const;
  [[nodiscard]] std::string rule_of_changes() const;
  [[nodiscard]] message get(std::string_view property) const;
  [[nodiscard]] message set(std::string_view property, const type& type, const void* value) const;
};

/// Where in a PropertiesChanged of `interface` the new value of `property` is; 0 if it is not there
/// or is of another type.
[[nodiscard]] std::size_t find_change(const message& changes, std::string_view property,
                                      std::string_view signature);

class client_member {
 public:
  void bind(const target& of, std::string_view name) {
    target_ = &of;
    name_ = name;
  }

 protected:
  const target* target_ = nullptr;
  std::string_view name_;
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
class change_handler final : public slot_content, subscriber {
 public:
  change_handler(const target& of, std::string_view name, Handler handler)
      : subscriber(of.bus.core(), of.rule_of_changes(), when::in_turn),
        name_(name),
        handler_(std::make_shared<Handler>(std::move(handler))) {}

 private:
  void on_message(const message& what) override {
    std::size_t at = find_change(what, name_, type_of<T>.signature);
    if (at == 0) return;
    auto value = decode_or_pass([&] {
      T read{};
      codec::decode(what, at, type_of<T>, &read);
      return read;
    });
    const auto handler = handler_;
    if (value) (*handler)(std::move(*value));
  }
  void on_end(const error&) override {}

  std::string_view name_;
  std::shared_ptr<Handler> handler_;
};

}  // namespace detail

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
  /// Asks the service.
  [[nodiscard]] call<T> get() const
    requires(Access != access::write)
  {
    return target_->bus.template call_as<T>(target_->get(name()), decode, target_->errors);
  }
  [[nodiscard]] call<void> set(const T& value) const
    requires(Access != access::read)
  {
    return target_->bus.template call_as<void>(
        target_->set(name(), detail::type_of<T>, &value), [](const message&) {}, target_->errors);
  }
  /// Calls `handler(T)` when the service says that it has changed, and to what.
  template <class Handler>
  slot on_change(Handler handler) const {
    return slot(
        std::make_unique<detail::change_handler<T, Handler>>(*target_, name(), std::move(handler)));
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
  proxy(const connection& bus, bus_name_or_none destination, path_text path)
      : inside_(std::make_unique<inside>(
            inside{.of = {.bus = bus,
                          .destination = std::string(destination.view()),
                          .path = std::string(object_path(path).view()),
                          .interface = detail::name_of_interface<Interface<role::client>>(),
                          .errors = detail::errors_of<Interface<role::client>>},
                   .members = {}})) {
    detail::for_each_member(inside_->members, [this](auto& member, const member_words& words) {
      member.bind(inside_->of, words.name);
    });
  }

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
