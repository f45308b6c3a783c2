// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include "headway/headway.h"

/// For tests: what was asked for, awaited in `loop`.
template <class T>
T get(headway::event_loop& loop, headway::call<T> asked) {
  auto ask = [](headway::call<T> what) -> headway::task<T> {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(what);
    } else {
      auto value = co_await std::move(what);
      co_return value;
    }
  };
  return loop.run(ask(std::move(asked)));
}

/// For tests: the name of the error that `what()` throws.
template <class What>
std::string error_of(What what) {
  try {
    what();
  } catch (const headway::error& e) {
    return e.name();
  }
  return "no error";
}
