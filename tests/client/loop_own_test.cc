// SPDX-License-Identifier: MIT
#include "loop_contract.h"

namespace {

class Driver {
 public:
  headway::loop& loop() { return *loop_; }
  void spawn(headway::task<> work) { loop_->spawn(std::move(work)); }
  void turn() { loop_->turn(); }
  void end() { loop_.reset(); }

 private:
  std::unique_ptr<headway::event_loop> loop_ = std::make_unique<headway::event_loop>();
};

INSTANTIATE_TYPED_TEST_SUITE_P(EventLoop, LoopContract, Driver);

}  // namespace
