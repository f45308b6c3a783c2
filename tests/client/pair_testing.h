// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "asking_testing.h"
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
    return ::get(loop, std::move(asked));
  }
  template <class T>
  std::string error_of(headway::call<T> asked) {
    return ::error_of([&] { get(std::move(asked)); });
  }

  headway::event_loop loop;
  headway::connection service = headway::connection::open(entry("unix:"));
  headway::connection client = headway::connection::open(entry("unix:"));
};
