// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/mediator.h"
#include "lsm/apparmor_kernel.h"
#include "lsm/apparmor_query.h"
#include "lsm/audit.h"

namespace headway::lsm {

/// AppArmor's say (LSM-013 .. LSM-021): the sender's profile must let it send, the receiver's must
/// let it receive. An unconfined side is not asked about. A question that the kernel cannot answer
/// is a no, whatever the profile's mode: so who has no label may not even say Hello.
///
/// Cost: two system calls for each side that is confined, as answers depend on the message.
class Apparmor final : public broker::Mediator {
 public:
  /// The bus that decides.
  struct Bus {
    std::string type;   // empty: none
    std::string label;  // as the kernel writes it
  };

  /// Kernel and sink must outlive this.
  Apparmor(ApparmorKernel& kernel, Bus bus, AuditSink& audit)
      : kernel_(kernel), bus_(std::move(bus)), audit_(audit) {}

  Answer may_send(const Sending& sending) override;
  /// Asks about the sender's side only, and nothing if nobody knows the label (LSM-019).
  Answer may_start(const Sending& sending, std::string_view assumed_label) override;
  Answer may_own(const broker::Credentials& peer, std::string_view name) override;
  Answer may_eavesdrop(const broker::Credentials& peer) override;

 private:
  /// One side of a message or request, and what it wants.
  struct Side {
    ApparmorLabel label;
    std::optional<std::uint32_t> pid;
    std::uint32_t mask;
  };
  /// The other side, if there is one.
  struct Other {
    std::optional<ApparmorLabel> label;
    std::optional<std::uint32_t> pid;
  };

  Answer ask_to_send(const Sending& sending, const ApparmorLabel& receiver);
  Answer ask_to_receive(const Sending& sending, const ApparmorLabel& receiver);
  /// `message`: null for a request that is none; `name` as the query has it, empty: none.
  Answer ask(const Side& side, const Other& other, std::string_view name,
             const wire::Message* message, const std::string& query);

  ApparmorKernel& kernel_;
  Bus bus_;
  AuditSink& audit_;
};

}  // namespace headway::lsm
