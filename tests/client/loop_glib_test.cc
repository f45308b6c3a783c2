// SPDX-License-Identifier: MIT
#include "headway/loops/glib.h"
#include "loop_contract.h"

namespace {

class Driver {
 public:
  headway::loop& loop() { return *loop_; }
  void spawn(headway::task<> work) { loop_->spawn(std::move(work)); }
  void turn() { g_main_context_iteration(context_, TRUE); }
  void end() { loop_.reset(); }
  ~Driver() {
    loop_.reset();
    g_main_context_unref(context_);
  }

 private:
  GMainContext* context_ = g_main_context_new();
  std::unique_ptr<headway::glib_loop> loop_ = std::make_unique<headway::glib_loop>(context_);
};

INSTANTIATE_TYPED_TEST_SUITE_P(GLib, LoopContract, Driver);

TEST(GLibLoop, ServesAHandlerThatRunsALoopOfItsOwn) {
  headway::glib_loop loop;
  auto service = headway::connection::open(address());
  auto client = headway::connection::open(address());
  service.attach(loop);
  client.attach(loop);
  auto counter = service.serve<loop_contract::Counter1>("/c");
  counter->add = [](std::int32_t more) { return more + 1; };
  auto remote = client.proxy<loop_contract::Counter1>(service.unique_name(), "/c");
  int answers = 0;
  headway::slot inner;
  const auto outer = remote->add(1).then([&](const headway::result<std::int32_t>& first) {
    ASSERT_TRUE(first);
    inner = remote->add(*first).then([&](const headway::result<std::int32_t>& second) {
      EXPECT_EQ(second.value_or(0), 3);
      ++answers;
    });
    while (answers == 0) g_main_context_iteration(nullptr, TRUE);  // a dialogue
    ++answers;
  });
  while (answers < 2) g_main_context_iteration(nullptr, TRUE);
}

}  // namespace
