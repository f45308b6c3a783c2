// SPDX-License-Identifier: MIT
#pragma once

#include "headway/detail/codec.h"

/// For tests: values through a message.
namespace headway {

template <class T>
message sent(const T& value) {
  detail::output content;
  detail::codec::encode(content, detail::type_of<T>, &value);
  return detail::make_message({.path = "/", .member = "M"}, signature_of<T>, std::move(content));
}
template <class T>
T received(const message& what) {
  T value{};
  std::size_t at = 0;
  detail::codec::decode(what, at, detail::type_of<T>, &value);
  return value;
}

}  // namespace headway
