// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "headway/connection.h"
#include "headway/object.h"
#include "headway/proxy.h"

/// A stand-in for a service, from the definition of its interface, for unit tests of its clients.
namespace headway {

namespace role {
struct mock;
}

/// A method that notes what it is called with and answers as it was told: the next answer of its
/// script; without one, by the function that was assigned to it; without that, by UnknownMethod.
template <class R, class... A, literal Name>
class method<role::mock, R(A...), Name> final : public method<role::service, R(A...), Name> {
  using base = method<role::service, R(A...), Name>;

 public:
  using base::operator=;
  using typename base::value_type;

  /// Adds an answer to the script.
  template <class... Value>
    requires(std::is_void_v<value_type>
                 ? sizeof...(Value) == 0
                 : (sizeof...(Value) == 1 && (std::is_convertible_v<Value, value_type> && ...)))
  method& returns(Value&&... value) {
    detail::output content;
    if constexpr (!std::is_void_v<value_type>) {
      const value_type& given = (std::forward<Value>(value), ...);
      detail::returned<R>::encode(content, given);
    }
    script_.push_back(std::move(content));
    return *this;
  }
  method& fails(const error& what) {
    script_.push_back(what);
    return *this;
  }
  /// Leaves a call without an answer.
  method& hangs() {
    script_.push_back(silence());
    return *this;
  }

  /// What it was called with, in that order.
  [[nodiscard]] const std::vector<std::tuple<A...>>& calls() const noexcept { return calls_; }
  /// Answers that were not needed yet.
  [[nodiscard]] std::size_t left() const noexcept { return script_.size(); }
  void forget_calls() noexcept { calls_.clear(); }

 private:
  struct silence {};
  using answer = std::variant<detail::output, error, silence>;

  void invoke(detail::incoming what) override {
    detail::check_signature(what.call(), this->signature);
    calls_.push_back(base::arguments_of(what.call()));
    if (script_.empty()) return base::invoke(std::move(what));
    answer next = std::move(script_.front());
    script_.pop_front();
    if (const error* const failure = std::get_if<error>(&next)) throw *failure;
    if (auto* const content = std::get_if<detail::output>(&next)) {
      what.reply(detail::returned<R>::signature.view(), std::move(*content));
    }
  }

  std::vector<std::tuple<A...>> calls_;
  std::deque<answer> script_;
};

template <class T, access Access, literal Name>
class property<role::mock, T, Access, Name> final
    : public property<role::service, T, Access, Name> {
 public:
  using property<role::service, T, Access, Name>::operator=;
};

template <class T, literal Name>
class signal<role::mock, T, Name> final : public signal<role::service, T, Name> {};

/// An object that is a mock:
///
///     headway::event_loop loop;
///     headway::mocked<Thermostat1> thermo(loop);
///     thermo->current = 20.0;
///     thermo->set_target.returns(20.0).fails(OutOfRange("above 35"));
///     loop.run(code_under_test(thermo.proxy()));
///     EXPECT_EQ(thermo->set_target.calls().size(), 2u);
///     thermo->overheated(Overheat{90, "hall"});      // emits
///
/// The proxy is an ordinary one, so that the code under test need not know. There is no bus
/// between them; give a connection to one (of headway::testing::bus, which lets code be tested that
/// blocks) where there should be.
template <template <class> class Interface>
class mocked {
 public:
  explicit mocked(loop& runner, path_text path = "/") : mocked(connection::pair(), path) {
    client_.attach(runner);
    service_.attach(runner);
  }
  mocked(const connection& service, path_text path)
      : service_(service), client_(service), path_(path.view()), object_(service, path) {}

  /// For what runs on the same loop. On a bus, make one of the client's connection.
  [[nodiscard]] headway::proxy<Interface> proxy() const {
    return headway::proxy<Interface>(client_, service_.unique_name(), path_);
  }
  Interface<role::mock>* operator->() const noexcept { return object_.operator->(); }
  Interface<role::mock>& operator*() const noexcept { return *object_; }

 private:
  mocked(const std::pair<connection, connection>& ends, path_text path)
      : service_(ends.first), client_(ends.second), path_(path.view()), object_(service_, path) {}

  connection service_;
  connection client_;
  std::string path_;
  detail::object_of<Interface, role::mock> object_;
};

}  // namespace headway
