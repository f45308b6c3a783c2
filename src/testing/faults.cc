// SPDX-License-Identifier: MIT
#include "testing/faults.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "testing/world.h"

namespace headway::testing {
namespace {

constexpr std::string_view bus_name = "org.freedesktop.DBus";

/// All of both.
void merge(Verdict& into, const Verdict& other) {
  into.drop |= other.drop;
  into.duplicate |= other.duplicate;
  into.kill_sender |= other.kill_sender;
  into.kill_receiver |= other.kill_receiver;
  into.may_be_overtaken |= other.may_be_overtaken;
  into.delay += other.delay;
  if (other.failure) into.failure = other.failure;
}

predicate of_type(message_type type, std::string_view member) {
  return [type, member = std::string(member)](const passing& message) {
    return message.what.type() == type && message.what.member() == member;
  };
}

}  // namespace

predicate calls(std::string_view member) { return of_type(message_type::method_call, member); }
predicate signals(std::string_view member) { return of_type(message_type::signal, member); }
predicate replies_to(std::string_view member) {
  return [member = std::string(member)](const passing& message) {
    return message.call && message.call.member() == member;
  };
}

void Faults::start_chaos(std::uint64_t seed, const chaos_options& options) {
  dice_.seed(seed);
  chaos_ = options;
}

Verdict Faults::judge(const passing& message) {
  Verdict verdict;
  std::erase_if(rules_, [](const auto& rule) { return rule->is_lifted; });
  for (const auto& rule : rules_) {
    if (!rule->applies(message)) continue;
    ++rule->seen;
    if (rule->seen < rule->first || rule->seen > rule->last) continue;
    ++rule->hits;
    merge(verdict, rule->verdict);
  }
  if (chaos_) add_chaos(message, verdict);
  return verdict;
}

bool Faults::happens(double probability) {
  constexpr int bits = 53;  // of a double's fraction
  return std::ldexp(static_cast<double>(dice_() >> (64 - bits)), -bits) < probability;
}

void Faults::add_chaos(const passing& message, Verdict& verdict) {
  if (happens(chaos_->delay) && chaos_->delay_max.count() > 0) {
    const auto limit = static_cast<std::uint64_t>(chaos_->delay_max.count());
    verdict.delay += Duration(static_cast<Duration::rep>(dice_() % limit) + 1);
  }
  if (message.what.destination() == bus_name) return;
  verdict.drop |= happens(chaos_->drop);
  verdict.duplicate |= happens(chaos_->duplicate);
  verdict.kill_sender |= happens(chaos_->kill_sender);
  verdict.kill_receiver |= happens(chaos_->kill_receiver);
}

std::vector<std::size_t> Faults::turn_order(std::size_t count) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (!chaos_ || !chaos_->shuffle) return order;
  for (std::size_t left = count; left > 1; --left)
    std::swap(order[left - 1], order[dice_() % left]);
  return order;
}

std::uint64_t fault::hits() const noexcept { return rule_->hits; }
void fault::lift() const noexcept { rule_->is_lifted = true; }

injection::injection(World& world, predicate applies)
    : world_(&world), rule_(std::make_shared<FaultRule>()) {
  rule_->applies = std::move(applies);
}

injection injection::nth(std::uint64_t number) && {
  rule_->first = rule_->last = number;
  return std::move(*this);
}

injection injection::times(std::uint64_t count) && {
  rule_->last = count;
  return std::move(*this);
}

fault injection::order() && {
  world_->hub().faults().add(rule_);
  return fault(std::move(rule_));
}

fault injection::drop() && {
  rule_->verdict.drop = true;
  return std::move(*this).order();
}

fault injection::delay(duration time) && {
  rule_->verdict.delay = time;
  return std::move(*this).order();
}

fault injection::overtake(duration time) && {
  rule_->verdict.delay = time;
  rule_->verdict.may_be_overtaken = true;
  return std::move(*this).order();
}

fault injection::duplicate() && {
  rule_->verdict.duplicate = true;
  return std::move(*this).order();
}

fault injection::fail(std::string_view name, std::string_view text) && {
  rule_->verdict.failure.emplace(name, text);
  return std::move(*this).order();
}

fault injection::kill_sender() && {
  rule_->verdict.kill_sender = true;
  return std::move(*this).order();
}

fault injection::kill_receiver() && {
  rule_->verdict.kill_receiver = true;
  return std::move(*this).order();
}

}  // namespace headway::testing
