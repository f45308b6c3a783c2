// SPDX-License-Identifier: MIT
// Compiled twice: for standalone Asio and, with HEADWAY_BOOST_ASIO, for Boost's.
#include "headway/loops/asio.h"

#if defined(HEADWAY_BOOST_ASIO)
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
namespace asio = boost::asio;
#else
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#endif

#include "loop_contract.h"

namespace {

class Driver {
 public:
  headway::loop& loop() { return *loop_; }
  void spawn(headway::task<> work) { loop_->spawn(std::move(work)); }
  void turn() {
    context_.restart();
    context_.run_one();
  }
  void end() { loop_.reset(); }

 private:
  asio::io_context context_;
  std::unique_ptr<headway::asio_loop> loop_ =
      std::make_unique<headway::asio_loop>(context_.get_executor());
};

INSTANTIATE_TYPED_TEST_SUITE_P(Asio, LoopContract, Driver);

class AsioCalls : public testing::Test {
 protected:
  AsioCalls() { bus.attach(loop); }

  asio::io_context context;
  headway::asio_loop loop{context.get_executor()};
  headway::connection bus = headway::connection::open(address());
};

// Asio of Debian 12 has no coroutines with clang.
#if defined(ASIO_HAS_CO_AWAIT) || defined(BOOST_ASIO_HAS_CO_AWAIT)
TEST_F(AsioCalls, AreAwaitedByItsCoroutines) {
  std::string owner;
  std::string failure;
  const auto work = [&]() -> asio::awaitable<void> {
    owner = co_await loop.async(bus.name_owner(bus.unique_name()), asio::use_awaitable);
    co_await loop.async(bus.add_match("type='signal'"), asio::use_awaitable);
    try {
      co_await loop.async(bus.name_owner("org.example.Nobody"), asio::use_awaitable);
    } catch (const headway::error& error) {
      failure = error.name();
    }
    bus.close();
  };
  asio::co_spawn(context, work, asio::detached);
  context.run();
  EXPECT_EQ(owner, bus.unique_name());
  EXPECT_EQ(failure, headway::error_name::name_has_no_owner);
}
#endif

TEST_F(AsioCalls, TellAHandler) {
  std::string owner;
  loop.async(bus.name_owner(bus.unique_name()),
             [&](const std::exception_ptr& failure, std::string value) {
               EXPECT_FALSE(failure);
               owner = std::move(value);
               bus.close();
             });
  context.run();
  EXPECT_EQ(owner, bus.unique_name());
}

TEST_F(AsioCalls, WhatAHandlerThrowsComesOutOfRunWhichGoesOn) {
  int seen = 0;
  const auto slot = bus.on("interface='org.example.Throws'", [&](const headway::message&) {
    if (++seen == 1) throw std::runtime_error("the first");
    context.stop();
  });
  for (int i = 0; i < 2; ++i) {
    bus.send(headway::message_builder::signal("/", "org.example.Throws", "Now").build());
  }
  EXPECT_THROW(context.run(), std::runtime_error);
  context.restart();
  context.run();
  EXPECT_EQ(seen, 2);
}

}  // namespace
