// SPDX-License-Identifier: MIT
#include "lsm/selinux_notices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <linux/selinux_netlink.h>

#include <cstring>

namespace headway::lsm {
namespace {

using Notice = SelinuxNotices::Notice;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

void append(std::vector<std::uint8_t>& out, std::uint16_t type, std::uint32_t value,
            std::uint32_t length = NLMSG_LENGTH(sizeof(std::uint32_t))) {
  nlmsghdr header{};
  header.nlmsg_len = length;
  header.nlmsg_type = type;
  const auto put = [&](const auto& part) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(&part);
    out.insert(out.end(), bytes, bytes + sizeof(part));
  };
  put(header);
  put(value);
}

TEST(SelinuxNotices, ADatagramTellsOfPoliciesAndModes) {  // LSM-009, LSM-010
  std::vector<std::uint8_t> bytes;
  append(bytes, SELNL_MSG_POLICYLOAD, 7);
  append(bytes, SELNL_MSG_MAX, 1);  // of a later kernel
  append(bytes, SELNL_MSG_SETENFORCE, 0);
  EXPECT_THAT(parse_notices(bytes), ElementsAre(Notice{Notice::Kind::policy_load, 7},
                                                Notice{Notice::Kind::enforcing, 0}));
}

TEST(SelinuxNotices, WhatIsCutOffOrLiesAboutItsLengthIsSkipped) {
  std::vector<std::uint8_t> bytes;
  append(bytes, SELNL_MSG_POLICYLOAD, 7);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(parse_notices(Bytes(bytes).first(size)), IsEmpty()) << size;
  }
  for (const std::uint32_t length : {0u, 1u, 15u, 16u, 19u, 21u, 0xffffffffu}) {
    std::vector<std::uint8_t> lying;
    append(lying, SELNL_MSG_POLICYLOAD, 7, length);
    EXPECT_THAT(parse_notices(lying), IsEmpty()) << length;
  }
}

TEST(SelinuxNotices, TheAuditSystemIsToldOfThem) {  // LSM-009
  EXPECT_EQ(audit_text({Notice::Kind::policy_load, 7}),
            "avc:  op=load_policy lsm=selinux seqno=7 res=1");
  EXPECT_EQ(audit_text({Notice::Kind::enforcing, 1}),
            "avc:  op=setenforce lsm=selinux enforcing=1 res=1");
}

}  // namespace
}  // namespace headway::lsm
