// SPDX-License-Identifier: MIT
#include "lsm/modules.h"

#include "base/result.h"
#include "lsm/apparmor_fs.h"
#include "lsm/selinux_fs.h"

namespace headway::lsm {

std::expected<Kernels, std::string> Kernels::open(const broker::BusFacts& facts) {
  Kernels kernels;
  if (facts.selinux) kernels.selinux = TRY(SelinuxFs::open());
  if (facts.apparmor) kernels.apparmor = TRY(ApparmorFs::open());
  return kernels;
}

FileRights Kernels::rights() const {
  if (selinux) return SelinuxFs::rights();  // more than AppArmor needs
  if (apparmor) return ApparmorFs::rights();
  return {};
}

Modules::Modules(Kernels kernels, const broker::BusFacts& facts, AuditSink& audit)
    : kernels_(std::move(kernels)) {
  if (kernels_.selinux) {
    asked_.push_back(&selinux_.emplace(*kernels_.selinux, facts.credentials.label, audit));
  }
  if (kernels_.apparmor) {
    asked_.push_back(&apparmor_.emplace(*kernels_.apparmor,
                                        Apparmor::Bus{facts.type, facts.credentials.label}, audit));
  }
}

void Modules::set_name_contexts(Selinux::NameContexts contexts) {
  if (selinux_) selinux_->set_name_contexts(std::move(contexts));
}

template <class Ask>
broker::Mediator::Answer Modules::ask_each(Ask ask) {
  for (broker::Mediator* const module : asked_) {
    if (Answer answer = ask(*module); !answer) return answer;
  }
  return {};
}

broker::Mediator::Answer Modules::may_send(const Sending& sending) {
  return ask_each([&](broker::Mediator& module) { return module.may_send(sending); });
}

broker::Mediator::Answer Modules::may_start(const Sending& sending,
                                            std::string_view assumed_label) {
  return ask_each(
      [&](broker::Mediator& module) { return module.may_start(sending, assumed_label); });
}

broker::Mediator::Answer Modules::may_own(const broker::Credentials& peer, std::string_view name) {
  return ask_each([&](broker::Mediator& module) { return module.may_own(peer, name); });
}

broker::Mediator::Answer Modules::may_eavesdrop(const broker::Credentials& peer) {
  return ask_each([&](broker::Mediator& module) { return module.may_eavesdrop(peer); });
}

}  // namespace headway::lsm
