// SPDX-License-Identifier: MIT
// With Qt's keywords (signals, slots, emit ...) as macros, as most of its programs have them.
#include <QtCore/QCoreApplication>
#include <QtCore/QObject>

#include "headway/loops/qt.h"
#include "loop_contract.h"

namespace {

class Driver {
 public:
  headway::loop& loop() { return *loop_; }
  void spawn(headway::task<> work) { loop_->spawn(std::move(work)); }
  void turn() { QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents); }
  void end() { loop_.reset(); }
  ~Driver() {
    loop_.reset();
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
  }

 private:
  std::unique_ptr<headway::qt_loop> loop_ = std::make_unique<headway::qt_loop>();
};

INSTANTIATE_TYPED_TEST_SUITE_P(Qt, LoopContract, Driver);

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  QCoreApplication application(argc, argv);
  return RUN_ALL_TESTS();
}
