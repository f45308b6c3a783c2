// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "headway/interface.h"
#include "headway/introspection.h"

/// What an interface says of itself, without an object or a connection:
///
///     std::cout << headway::xml_of<Thermostat1>();
namespace headway {

namespace role {
struct describe;
}

namespace detail {

struct described_member : member_facts {
  void bind(const member_words& told) {
    words = told;
    if (name.empty()) name = told.name;
  }
};
struct described_method : described_member {};
struct described_property : described_member {};
struct described_signal : described_member {};

// In the library.
void add(introspection::interface& to, const described_method& member);
void add(introspection::interface& to, const described_property& member);
void add(introspection::interface& to, const described_signal& member);
[[nodiscard]] introspection::interface interface_named(std::string_view name,
                                                       std::string_view annotations);

}  // namespace detail

template <class R, class... A, literal Name>
class method<role::describe, R(A...), Name> : public detail::described_method,
                                              detail::named_member<Name> {
 public:
  method() { this->template set_method<R, A...>(Name.view()); }
};

template <class T, access Access, literal Name>
class property<role::describe, T, Access, Name> : public detail::described_property,
                                                  detail::named_member<Name> {
 public:
  property() { this->template set_property<T, Access>(Name.view()); }
};

template <class T, literal Name>
class signal<role::describe, T, Name> : public detail::described_signal,
                                        detail::named_member<Name> {
 public:
  signal() { this->template set_signal<T>(Name.view()); }
};

template <template <class> class Interface>
[[nodiscard]] introspection::interface describe() {
  using Described = Interface<role::describe>;
  introspection::interface result = detail::interface_named(detail::name_of_interface<Described>(),
                                                            detail::annotations_of<Described>());
  Described members;
  detail::for_each_member(members, [&](auto& member, const member_words& words) {
    member.bind(words);
    detail::add(result, member);
  });
  return result;
}

/// An introspection document with these interfaces.
template <template <class> class... Interfaces>
[[nodiscard]] std::string xml_of() {
  introspection::node all;
  (all.interfaces.push_back(describe<Interfaces>()), ...);
  return introspection::to_xml(all);
}

}  // namespace headway
