// SPDX-License-Identifier: MIT
#include "headway/loops/sd_event.h"
#include "loop_contract.h"

namespace {

class Driver {
 public:
  Driver() {
    EXPECT_GE(sd_event_new(&event_), 0);
    loop_ = std::make_unique<headway::sd_event_loop>(event_);
  }
  ~Driver() {
    loop_.reset();
    sd_event_unref(event_);
  }
  headway::loop& loop() { return *loop_; }
  void spawn(headway::task<> work) { loop_->spawn(std::move(work)); }
  void turn() { EXPECT_GE(sd_event_run(event_, UINT64_MAX), 0); }
  void end() { loop_.reset(); }

 private:
  sd_event* event_ = nullptr;
  std::unique_ptr<headway::sd_event_loop> loop_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(SdEvent, LoopContract, Driver);

}  // namespace
