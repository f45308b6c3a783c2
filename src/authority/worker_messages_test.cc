// SPDX-License-Identifier: MIT
#include "authority/worker_messages.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headway::authority {
namespace {

std::vector<FromWorker> from_worker_examples() {
  return {from_worker::Loaded{.rules = {{.file = 1, .line = 2}, {.file = 3, .line = 4}},
                              .admin_rules = {{.file = 5, .line = 6}},
                              .problems = {{.file = 7, .line = 8, .text = "problem"}},
                              .not_confined = {"part"}},
          from_worker::Decided{.serial = 1,
                               .verdict = Verdict::auth_admin_keep,
                               .asked = 2,
                               .error = "error",
                               .is_crowded = true},
          from_worker::AdminsNamed{.serial = 3,
                                   .identities = {"unix-user:a", "unix-user:b"},
                                   .asked = 4,
                                   .decided = true,
                                   .error = "e",
                                   .is_crowded = true},
          from_worker::Log{"text"},
          from_worker::Spawn{{"a", "b"}},
          from_worker::AskNetgroup{.user = "u", .netgroup = "n"}};
}

std::vector<ToWorker> to_worker_examples() {
  return {to_worker::Load{{{.path = "a.rules", .text = "text"}}},
          to_worker::Ask{.serial = 1,
                         .for_admins = true,
                         .query = {.action_id = "action",
                                   .details = {{"k", "v"}, {"k", "w"}},
                                   .subject = {.pid = 1,
                                               .uid = 4'294'967'294,
                                               .user = "user",
                                               .groups = {"g", "h"},
                                               .seat = "seat0",
                                               .session = "1",
                                               .local = true,
                                               .active = true,
                                               .system_unit = "a.service",
                                               .no_new_privs = true}}},
          to_worker::Spawned{.succeeded = true, .text = "out"}, to_worker::Netgroup{true}};
}

TEST(WorkerMessages, WhatIsEncodedComesOutAgain) {
  for (const FromWorker& message : from_worker_examples()) {
    const std::string bytes = encode(message);
    const auto decoded = decode_from_worker(bytes);
    ASSERT_TRUE(decoded) << message.index();
    EXPECT_EQ(decoded->index(), message.index());
    EXPECT_EQ(encode(*decoded), bytes);
  }
  for (const ToWorker& message : to_worker_examples()) {
    const std::string bytes = encode(message);
    const auto decoded = decode_to_worker(bytes);
    ASSERT_TRUE(decoded) << message.index();
    EXPECT_EQ(decoded->index(), message.index());
    EXPECT_EQ(encode(*decoded), bytes);
  }
  const auto decided = decode_from_worker(encode(from_worker_examples()[1]));
  EXPECT_EQ(std::get<from_worker::Decided>(*decided).verdict, Verdict::auth_admin_keep);
  const auto ask = decode_to_worker(encode(to_worker_examples()[1]));
  EXPECT_EQ(std::get<to_worker::Ask>(*ask).query.subject.session, "1");
}

TEST(WorkerMessages, WhatIsShorterOrLongerIsNothing) {
  for (const FromWorker& message : from_worker_examples()) {
    const std::string bytes = encode(message);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      EXPECT_FALSE(decode_from_worker(bytes.substr(0, i))) << message.index() << " " << i;
    }
    EXPECT_FALSE(decode_from_worker(bytes + '\0'));
  }
}

TEST(WorkerMessages, AVerdictThatDoesNotExistIsNothing) {
  std::string bytes = encode(FromWorker(from_worker::Decided{.verdict = Verdict::yes}));
  bytes[8] = static_cast<char>(verdicts);
  EXPECT_FALSE(decode_from_worker(bytes));
}

}  // namespace
}  // namespace headway::authority
