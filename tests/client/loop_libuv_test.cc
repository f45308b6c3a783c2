// SPDX-License-Identifier: MIT
#include "headway/loops/libuv.h"
#include "loop_contract.h"

namespace {

class Driver {
 public:
  Driver() {
    uv_loop_init(&uv_);
    loop_ = std::make_unique<headway::libuv_loop>(&uv_);
  }
  ~Driver() {
    loop_.reset();
    uv_run(&uv_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&uv_), 0);  // nothing was left behind
  }
  headway::loop& loop() { return *loop_; }
  void spawn(headway::task<> work) { loop_->spawn(std::move(work)); }
  /// UV_RUN_ONCE would sleep although a timer has rung.
  void turn() { uv_run(&uv_, UV_RUN_NOWAIT); }
  void end() { loop_.reset(); }

 private:
  uv_loop_t uv_{};
  std::unique_ptr<headway::libuv_loop> loop_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Libuv, LoopContract, Driver);

}  // namespace
