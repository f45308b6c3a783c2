// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <utility>

#include "bus_testing.h"
#include "headway/headway.h"

/// A service and its client, two connections to one bus in one loop.
class PairTest : public testing::Test {
 protected:
  PairTest() {
    service.attach(loop);
    client.attach(loop);
  }

  template <class T>
  T get(headway::call<T> asked) {
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
  template <class T>
  std::string error_of(headway::call<T> asked) {
    try {
      get(std::move(asked));
    } catch (const headway::error& e) {
      return e.name();
    }
    return "no error";
  }

  headway::event_loop loop;
  headway::connection service = headway::connection::open(entry("unix:"));
  headway::connection client = headway::connection::open(entry("unix:"));
};
