// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "broker/mediator.h"
#include "lsm/audit.h"
#include "lsm/selinux_kernel.h"

namespace headway::lsm {

/// SELinux's say (LSM-002 .. LSM-011): class "dbus", send_msg from the sender's context to the
/// receiver's, acquire_svc from a connection's context to that of the name.
///
/// What the kernel decided about a pair of contexts is kept until it has another policy or mode, so
/// that a message costs one probe. A question that the kernel cannot answer is a no.
class Selinux final : public broker::Mediator {
 public:
  /// Pairs of contexts whose decision is kept: beyond this all are forgotten.
  static constexpr std::size_t kept_pairs_max = 4096;
  /// By name, from <associate> (LSM-004).
  using NameContexts = std::map<std::string, std::string, std::less<>>;

  /// `own_context`: the bus's. Kernel and sink must outlive this.
  Selinux(SelinuxKernel& kernel, std::string own_context, AuditSink& audit)
      : kernel_(kernel), own_context_(std::move(own_context)), audit_(audit) {}

  void set_name_contexts(NameContexts contexts) { name_contexts_ = std::move(contexts); }

  Answer may_send(const Sending& sending) override;
  /// Always: what decides is the context of the one that will be there (LSM-006).
  Answer may_start(const Sending& sending, std::string_view assumed_label) override;
  Answer may_own(const broker::Credentials& peer, std::string_view name) override;
  /// Always: there is no permission for it.
  Answer may_eavesdrop(const broker::Credentials& peer) override;

 private:
  enum class Permission : std::uint8_t { send_msg, acquire_svc };
  struct Question {
    Permission permission;
    std::string_view source;
    std::string_view target;
  };
  struct Pair {
    std::string source;
    std::string target;
  };
  struct PairView {
    std::string_view source;
    std::string_view target;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const PairView& pair) const;
    std::size_t operator()(const Pair& pair) const {
      return operator()(PairView{pair.source, pair.target});
    }
  };
  struct Equal {
    using is_transparent = void;
    template <class Left, class Right>
    bool operator()(const Left& left, const Right& right) const {
      return left.source == right.source && left.target == right.target;
    }
  };

  /// Forgets what it knows if that may have changed.
  void refresh();
  /// `describe` is asked for the audit record's own part only if there is to be a record.
  template <class Describe>
  Answer decide(const Question& question, Describe describe);
  [[nodiscard]] static std::string_view word_of(Permission permission);
  [[nodiscard]] std::uint32_t bit_of(Permission permission) const;
  Answer decide_unknown(const Question& question) const;
  std::expected<SelinuxKernel::Access*, int> access(const Question& question);
  /// Where a context is not known, the bus's own stands for it (LSM-005).
  [[nodiscard]] std::string_view context_of(const broker::Credentials& peer) const;

  SelinuxKernel& kernel_;
  std::string own_context_;
  AuditSink& audit_;
  NameContexts name_contexts_;

  bool is_fresh_ = false;
  SelinuxKernel::Status status_;
  SelinuxKernel::DbusClass class_;
  std::unordered_map<Pair, SelinuxKernel::Access, Hash, Equal> kept_;
};

}  // namespace headway::lsm
