// SPDX-License-Identifier: MIT
#include "lsm/selinux.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "base/flat_map.h"
#include "lsm/message_text.h"

namespace headway::lsm {
namespace {

/// "msgtype=method_call interface=a.b member=C dest=d.e spid=1 tpid=2" (LSM-008). Nothing in it can
/// end a word: the wire format does not let it (WIRE-052).
std::string audit_text(const broker::Mediator::Sending& sending) {
  const wire::Message& message = sending.message;
  std::string text = fmt::format("msgtype={}", wire::to_string(message.type));
  const auto add = [&](const char* key, std::string_view value) {
    if (value.data() != nullptr) text += fmt::format(" {}={}", key, value);
  };
  add("interface", message.interface);
  add("member", message.member);
  add("error_name", message.error_name);
  add("dest", destination_of(message));
  if (sending.sender.pid) text += fmt::format(" spid={}", *sending.sender.pid);
  if (sending.receiver != nullptr && sending.receiver->pid) {
    text += fmt::format(" tpid={}", *sending.receiver->pid);
  }
  return text;
}

}  // namespace

std::string_view Selinux::word_of(Permission permission) {
  return permission == Permission::send_msg ? "send_msg" : "acquire_svc";
}

std::size_t Selinux::Hash::operator()(const PairView& pair) const {
  const std::hash<std::string_view> hash;
  return mix(hash(pair.source)) + hash(pair.target);
}

broker::Mediator::Answer Selinux::may_send(const Sending& sending) {
  const Question question{
      Permission::send_msg, context_of(sending.sender),
      sending.receiver != nullptr ? context_of(*sending.receiver) : own_context_};
  return decide(question, [&] { return audit_text(sending); });
}

broker::Mediator::Answer Selinux::may_start(const Sending&, std::string_view) { return {}; }

broker::Mediator::Answer Selinux::may_own(const broker::Credentials& peer, std::string_view name) {
  const auto associated = name_contexts_.find(name);
  const Question question{Permission::acquire_svc, context_of(peer),
                          associated != name_contexts_.end() ? associated->second : own_context_};
  return decide(question, [&] {
    std::string text = fmt::format("service={}", name);
    if (peer.pid) text += fmt::format(" spid={}", *peer.pid);
    return text;
  });
}

broker::Mediator::Answer Selinux::may_eavesdrop(const broker::Credentials&) { return {}; }

std::string_view Selinux::context_of(const broker::Credentials& peer) const {
  return peer.label.empty() ? own_context_ : peer.label;
}

void Selinux::refresh() {
  const SelinuxKernel::Status status = kernel_.status();
  if (is_fresh_ && status.sequence == status_.sequence) return;
  status_ = status;
  class_ = kernel_.dbus_class();
  kept_.clear();
  is_fresh_ = true;
}

std::uint32_t Selinux::bit_of(Permission permission) const {
  if (class_.number == 0) return 0;
  return permission == Permission::send_msg ? class_.send_msg : class_.acquire_svc;
}

template <class Describe>
broker::Mediator::Answer Selinux::decide(const Question& question, Describe describe) {
  refresh();
  const std::uint32_t bit = bit_of(question.permission);
  if (bit == 0) return decide_unknown(question);

  const std::string_view word = word_of(question.permission);
  const auto contexts = [&] {
    return fmt::format("scontext={} tcontext={} tclass=dbus", question.source, question.target);
  };
  const auto kept = access(question);
  if (!kept) {
    if (!status_.enforcing) return {};
    return std::unexpected(Denial{
        "SELinux", fmt::format("{{ {} }} {}: {}", word, contexts(), std::strerror(kept.error()))});
  }
  SelinuxKernel::Access& access = **kept;
  const bool allowed = (access.allowed & bit) != 0;
  const bool permissive = !status_.enforcing || access.permissive;
  if (((allowed ? access.audited_if_allowed : access.audited_if_denied) & bit) != 0) {
    audit_.audit(fmt::format("avc:  {}  {{ {} }} for  {} {} permissive={}",
                             allowed ? "granted" : "denied", word, describe(), contexts(),
                             permissive && !allowed ? 1 : 0));
  }
  if (allowed) return {};
  if (permissive) {
    access.allowed |= bit;  // recorded once, not with each message
    return {};
  }
  return std::unexpected(Denial{"SELinux", fmt::format("{{ {} }} {}", word, contexts())});
}

broker::Mediator::Answer Selinux::decide_unknown(const Question& question) const {
  if (!status_.denies_unknown || !status_.enforcing) return {};
  return std::unexpected(Denial{
      "SELinux", fmt::format("the loaded policy does not know {} of class dbus, and denies what it "
                             "does not know",
                             word_of(question.permission))});
}

std::expected<SelinuxKernel::Access*, int> Selinux::access(const Question& question) {
  const auto found = kept_.find(PairView{question.source, question.target});
  if (found != kept_.end()) return &found->second;
  const auto computed = kernel_.compute(question.source, question.target, class_.number);
  if (!computed) return std::unexpected(computed.error());
  if (kept_.size() >= kept_pairs_max) kept_.clear();
  Pair pair{std::string(question.source), std::string(question.target)};
  return &kept_.emplace(std::move(pair), *computed).first->second;
}

}  // namespace headway::lsm
