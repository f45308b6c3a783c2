// SPDX-License-Identifier: MIT
// What AppArmor's own tools read in our records.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "lsm/apparmor.h"
#include "lsm/lsm_testing.h"

// A header for C: a member of it is called namespace.
extern "C" {
#define namespace namespace_
#include <aalogparse/aalogparse.h>
#undef namespace
}

namespace headway::lsm {
namespace {

struct Release {
  void operator()(aa_log_record* record) const { ::free_record(record); }
};
using Record = std::unique_ptr<aa_log_record, Release>;

/// As it lies in the log of the audit system.
Record parse(const std::string& text) {
  std::string line =
      "type=USER_AVC msg=audit(1393365267.862:36): pid=100 uid=102 auid=4294967295 ses=4294967295 "
      "msg='" +
      text + " exe=\"/usr/bin/headwayd\" sauid=102 hostname=? addr=? terminal=?'";
  return Record(::parse_record(line.data()));
}

class ApparmorRecord : public ::testing::Test {
 protected:
  Record of_call(const broker::Credentials& sender, const broker::Credentials& receiver) {
    kernel_.error = ENOENT;
    const testing::BuiltMessage message(testing::call_fields());
    static_cast<void>(apparmor_.may_send({.message = message.get(),
                                          .sender = sender,
                                          .sender_name = ":1.1",
                                          .receiver = &receiver}));
    return parse(sink_.take().front());
  }

  testing::FakeApparmor kernel_;
  testing::RecordingSink sink_;
  Apparmor apparmor_{kernel_, {"system", "unconfined"}, sink_};
};

TEST_F(ApparmorRecord, OfACallIsRead) {  // LSM-021
  const Record record =
      of_call(testing::credentials("/bin/a (enforce)", 10), testing::credentials("/bin/b", 20));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->event, AA_RECORD_DENIED);
  EXPECT_STREQ(record->operation, "dbus_method_call");
  EXPECT_STREQ(record->dbus_bus, "system");
  EXPECT_STREQ(record->dbus_path, "/path");
  EXPECT_STREQ(record->dbus_interface, "org.example.I");
  EXPECT_STREQ(record->dbus_member, "Do");
  EXPECT_STREQ(record->denied_mask, "send");
  EXPECT_STREQ(record->name, "org.example.Service");
  EXPECT_EQ(record->pid, 10u);
  EXPECT_STREQ(record->profile, "/bin/a");
  EXPECT_EQ(record->peer_pid, 20u);
  EXPECT_STREQ(record->peer_profile, "/bin/b");
}

TEST_F(ApparmorRecord, OfALabelThatHadToBeEncodedIsRead) {  // LSM-021
  const Record record =
      of_call(testing::credentials("/bin/\"a'", 10), testing::credentials("/bin/b", 20));
  ASSERT_TRUE(record);
  EXPECT_STREQ(record->profile, "/bin/\"a'");
}

}  // namespace
}  // namespace headway::lsm
