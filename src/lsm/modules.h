// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file_rights.h"
#include "broker/broker.h"
#include "broker/mediator.h"
#include "lsm/apparmor.h"
#include "lsm/audit.h"
#include "lsm/selinux.h"

namespace headway::lsm {

/// Ways to the kernel, opened before the process is locked up. Null: that module is not active.
struct Kernels {
  std::unique_ptr<SelinuxKernel> selinux;
  std::unique_ptr<ApparmorKernel> apparmor;

  /// As the facts say; the error is a text.
  [[nodiscard]] static std::expected<Kernels, std::string> open(const broker::BusFacts& facts);
  /// What they go on needing.
  [[nodiscard]] FileRights rights() const;
};

/// The active modules, asked in the order of LSM-023; the first no decides.
class Modules final : public broker::Mediator {
 public:
  /// The sink must outlive this.
  Modules(Kernels kernels, const broker::BusFacts& facts, AuditSink& audit);

  [[nodiscard]] bool is_any_active() const { return !asked_.empty(); }
  void set_name_contexts(Selinux::NameContexts contexts);

  Answer may_send(const Sending& sending) override;
  Answer may_start(const Sending& sending, std::string_view assumed_label) override;
  Answer may_own(const broker::Credentials& peer, std::string_view name) override;
  Answer may_eavesdrop(const broker::Credentials& peer) override;

 private:
  template <class Ask>
  Answer ask_each(Ask ask);

  Kernels kernels_;
  std::optional<Selinux> selinux_;
  std::optional<Apparmor> apparmor_;
  std::vector<broker::Mediator*> asked_;
};

}  // namespace headway::lsm
