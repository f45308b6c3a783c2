// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "headway/connection.h"
#include "headway/interface.h"
#include "headway/task.h"

/// The service's side of an interface. See interface.h.
namespace headway {

/// Who calls a method, and how.
class caller {
 public:
  explicit caller(message call) : call_(std::move(call)) {}

  [[nodiscard]] const message& what() const noexcept { return call_; }
  /// ":1.42"; empty without a bus.
  [[nodiscard]] std::string_view sender() const noexcept { return call_.sender(); }
  /// The service may ask the user for a password first.
  [[nodiscard]] bool is_interactive() const noexcept {
    return call_.has(allow_interactive_authorization);
  }
  [[nodiscard]] bool expects_reply() const noexcept { return call_.expects_reply(); }

 private:
  message call_;
};

namespace detail {

class offered;

/// A call that came in, and the way back. Outlives the object and the connection.
class incoming {
 public:
  incoming(const std::shared_ptr<client::Core>& core, message call);

  [[nodiscard]] const message& call() const noexcept { return call_; }
  /// Null if the connection is gone.
  [[nodiscard]] std::shared_ptr<client::Core> core() const noexcept { return core_.lock(); }
  void reply(std::string_view signature, output content) const;
  /// With the error that is being handled.
  void fail() const noexcept;
  /// Runs it until it is done; with the connection it ends.
  void keep(task<void> handler) const;

 private:
  std::weak_ptr<client::Core> core_;
  std::uint64_t life_;  // of the connection, whose next life knows nothing of this call
  message call_;
};

struct service_member : member_facts {
  void bind(offered& object, const member_words& told) {
    object_ = &object;
    words = told;
    if (name.empty()) name = told.name;
  }

 protected:
  offered* object_ = nullptr;
};

struct service_method : service_member {
  virtual void invoke(incoming what) = 0;

 protected:
  virtual ~service_method() = default;
};

struct service_property : service_member {
  bool has_changed = false;
  /// As a variant.
  virtual void encode(output& to) const = 0;
  /// The value at `at`, whose type fits. Throws what the service's own check throws.
  virtual void set(const message& from, std::size_t at) = 0;

 protected:
  virtual ~service_property() = default;
};

struct service_signal : service_member {};

/// Whether two values are the same when they are sent. Descriptors never are.
[[nodiscard]] bool is_same(const type& type, const void* value, const void* other);

/// One interface at one path, as the connection knows it.
class offered {
 public:
  offered(const connection& bus, std::string_view path, std::string_view interface,
          std::string_view annotations);
  offered(const offered&) = delete;
  offered& operator=(const offered&) = delete;
  ~offered();

  void add(service_method& member) { methods.push_back(&member); }
  void add(service_property& member) { properties.push_back(&member); }
  void add(service_signal& member) { signal_members.push_back(&member); }
  /// When all members are there.
  void publish();

  void send_signal(std::string_view member, std::string_view signature, output content) const;
  /// PropertiesChanged will say so, once for all that changes until something else is sent.
  void changed(service_property& which);

  connection bus;
  std::string path;
  std::string_view interface;
  std::string_view annotations;
  std::vector<service_method*> methods;
  std::vector<service_property*> properties;
  std::vector<service_signal*> signal_members;
  bool has_changes = false;
};

/// The caller, where nobody asks.
struct nobody {
  explicit nobody(const message&) {}
};

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

}  // namespace detail

/// A method to offer: assigned a function or a coroutine of its arguments, before which it may take
/// a `const caller&`. What that throws is the caller's error; a std::system_error becomes that of
/// its errno. Without one, callers get UnknownMethod. Arguments that a coroutine takes by reference
/// or as views, and its caller, live until it is done.
template <class R, class... A, literal Name>
class method<role::service, R(A...), Name> : public detail::service_method,
                                             detail::named_member<Name> {
 public:
  using value_type = typename detail::returned<R>::type;

  method() { this->template set_method<R, A...>(Name.view()); }
  method(const method&) = delete;
  method& operator=(const method&) = delete;

  template <class Handler>
    requires(std::invocable<Handler&, A...> || std::invocable<Handler&, const caller&, A...>)
  method& operator=(Handler function) {
    handler_ = std::make_shared<bound<Handler>>(std::move(function));
    return *this;
  }

 private:
  struct handler {
    virtual ~handler() = default;
    virtual void run(std::shared_ptr<handler> self, detail::incoming what,
                     std::tuple<A...> arguments) = 0;
  };
  template <class Handler>
  struct bound final : handler {
    static constexpr bool asks = !std::invocable<Handler&, A...>;
    using asker = std::conditional_t<asks, caller, detail::nobody>;

    explicit bound(Handler given) : function(std::move(given)) {}

    void run(std::shared_ptr<handler> self, detail::incoming what,
             std::tuple<A...> arguments) override {
      const asker from(what.call());
      using Result = decltype(call(from, arguments));
      if constexpr (detail::is_task<Result>) {
        what.keep(finish(std::static_pointer_cast<bound>(self), what, from, std::move(arguments)));
      } else if constexpr (std::is_void_v<Result>) {
        call(from, arguments);
        what.reply({}, {});
      } else {
        answer(what, call(from, arguments));
      }
    }

    decltype(auto) call(const asker& from, std::tuple<A...>& arguments) {
      return std::apply(
          [&](A&... argument) -> decltype(auto) {
            if constexpr (asks) {
              return function(from, std::move(argument)...);
            } else {
              return function(std::move(argument)...);
            }
          },
          arguments);
    }

    /// The function with what it captured, the arguments and the message that they may be views
    /// into stay until its coroutine is done.
    static task<void> finish(std::shared_ptr<bound> self, detail::incoming what, asker from,
                             std::tuple<A...> arguments) {
      try {
        auto work = self->call(from, arguments);
        if constexpr (std::is_same_v<decltype(work), task<void>>) {
          co_await work;
          what.reply({}, {});
        } else {
          auto value = co_await work;
          answer(what, value);
        }
      } catch (...) {
        what.fail();
      }
    }

    Handler function;
  };

  static void answer(const detail::incoming& what, const auto& value) {
    detail::output content;
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, value_type>) {
      detail::returned<R>::encode(content, value);
    } else {
      detail::returned<R>::encode(content, value_type(value));
    }
    what.reply(detail::returned<R>::signature.view(), std::move(content));
  }
  std::shared_ptr<handler> handler_;

 protected:
  /// Of a call whose signature fits.
  [[nodiscard]] static std::tuple<A...> arguments_of(const message& call) {
    std::tuple<A...> arguments;
    std::size_t at = 0;
    std::apply(
        [&](A&... argument) {
          (detail::codec::decode(call, at, detail::type_of<A>, &argument), ...);
        },
        arguments);
    return arguments;
  }
  void invoke(detail::incoming what) override {
    if (!handler_) throw error(error_name::unknown_method, "the service does not offer it");
    detail::check_signature(what.call(), signature);
    auto arguments = arguments_of(what.call());
    const auto current = handler_;
    current->run(current, std::move(what), std::move(arguments));
  }
};

/// A property to offer: a value. Assigning tells everybody, if it is another value.
template <class T, access Access, literal Name>
class property<role::service, T, Access, Name> : public detail::service_property,
                                                 detail::named_member<Name> {
 public:
  property() { this->template set_property<T, Access>(Name.view()); }
  property(const property&) = delete;
  property& operator=(const property&) = delete;

  property& operator=(T value) {
    if (is_same(value, value_)) return *this;
    value_ = std::move(value);
    if (object_ != nullptr) object_->changed(*this);
    return *this;
  }
  operator const T&() const noexcept { return value_; }
  [[nodiscard]] const T& value() const noexcept { return value_; }
  /// `check(const T&)` is called before others set it; what it throws refuses.
  template <class Check>
  void before_set(Check check)
    requires(Access != access::read)
  {
    check_ = std::make_unique<checked<Check>>(std::move(check));
  }

 private:
  struct checker {
    virtual ~checker() = default;
    virtual void run(const T& value) = 0;
  };
  template <class Check>
  struct checked final : checker {
    explicit checked(Check given) : check(std::move(given)) {}
    void run(const T& value) override { check(value); }
    Check check;
  };

  void encode(detail::output& to) const override {
    detail::codec::encode_variant(to, detail::type_of<T>, &value_);
  }
  void set(const message& from, std::size_t at) override {
    T value{};
    detail::codec::decode(from, at, detail::type_of<T>, &value);
    if (check_) check_->run(value);
    *this = std::move(value);
  }

  static bool is_same(const T& value, const T& other) {
    if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
      return value == other;
    } else {
      return detail::is_same(detail::type_of<T>, &value, &other);
    }
  }

  T value_{};
  std::unique_ptr<checker> check_;
};

/// A signal to emit: called with what it carries, or with the members of that.
template <class T, literal Name>
class signal<role::service, T, Name> : public detail::service_signal, detail::named_member<Name> {
 public:
  signal() { this->template set_signal<T>(Name.view()); }
  signal(const signal&) = delete;
  signal& operator=(const signal&) = delete;

  void operator()() const
    requires std::is_void_v<T>
  {
    object_->send_signal(name, signature, {});
  }
  template <class Value>
    requires std::is_convertible_v<Value, T>
  void operator()(Value&& value) const {
    const T& carried = std::forward<Value>(value);
    detail::output content;
    detail::signalled<T>::encode(content, carried);
    object_->send_signal(name, signature, std::move(content));
  }
  template <class... Values>
    requires(sizeof...(Values) > 1 && detail::made_of<T, Values...>)
  void operator()(Values&&... values) const {
    (*this)(detail::make<T>(std::forward<Values>(values)...));
  }
};

namespace detail {

/// The members of an interface in some role, offered.
template <template <class> class Interface, class Role>
class object_of {
 public:
  object_of(const connection& bus, path_text path) : inside_(std::make_unique<inside>(bus, path)) {
    detail::for_each_member(inside_->members, [this](auto& member, const member_words& words) {
      member.bind(inside_->object, words);
      inside_->object.add(member);
    });
    inside_->object.publish();
  }

  Interface<Role>* operator->() const noexcept { return &inside_->members; }
  Interface<Role>& operator*() const noexcept { return inside_->members; }

 private:
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"  // said of interfaces without linkage
#endif
  struct inside {
    inside(const connection& bus, std::string_view path)
        : object(bus, path, detail::name_of_interface<Interface<Role>>(),
                 detail::annotations_of<Interface<Role>>()) {}
    Interface<Role> members;
    detail::offered object;  // leaves before its members do
  };
#ifndef __clang__
#pragma GCC diagnostic pop
#endif
  std::unique_ptr<inside> inside_;
};

}  // namespace detail

/// An object offered to others, until this goes: `object->member = ...`. Give all members what they
/// need, then request the name by which others find it.
template <template <class> class Interface>
class served : public detail::object_of<Interface, role::service> {
 public:
  using detail::object_of<Interface, role::service>::object_of;
};

}  // namespace headway
