// SPDX-License-Identifier: MIT
#include "client/property_cache.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/result.h"

namespace headway::client {
namespace {

constexpr auto answer_limit = std::chrono::seconds(25);

std::string name_in(const message& get) {
  auto values = get.body();
  values.skip();
  return std::string(values.string());
}

detail::output as_content(const variant& value) {
  detail::output content;
  detail::codec::encode(content, value);
  return content;
}

}  // namespace

class PropertyCache::Changes final : detail::subscriber {
 public:
  explicit Changes(PropertyCache& cache)
      : subscriber(cache.core_, cache.of_.rule_of_changes(), when::on_arrival), cache_(cache) {}

 private:
  void on_message(const message& what) override { cache_.values_.change(what); }
  void on_lost(const error&) override { cache_.owner_changed({}); }
  void on_end(const error&) override { cache_.stop(); }

  PropertyCache& cache_;
};

class PropertyCache::Owner final : detail::subscriber {
 public:
  explicit Owner(PropertyCache& cache)
      : subscriber(cache.core_, rule_of_owner(cache.of_.destination), when::on_arrival),
        cache_(cache) {}

 private:
  void on_message(const message& what) override {
    if (what.signature() != "sss") return;
    auto values = what.body();
    values.skip();
    values.skip();
    cache_.owner_changed(values.string());
  }
  void on_end(const error&) override { cache_.stop(); }

  PropertyCache& cache_;
};

class PropertyCache::Question final : public pending {
 public:
  Question(PropertyCache& cache, std::string_view name)
      : property(name), asked(cache.values_.now()), cache_(cache) {}

  std::string property;  // empty: all
  PropertyValues::Stamp asked;

 private:
  void complete(result<message> reply) override {
    if (property.empty()) {
      cache_.all_answered(*this, std::move(reply));
    } else {
      cache_.one_answered(*this, std::move(reply));
    }
  }

  PropertyCache& cache_;
};

PropertyCache::PropertyCache(const detail::target& of) : core_(of.bus.core()), of_(of) {
  of_.cache.reset();  // it would keep itself
}

PropertyCache::PropertyCache(const detail::target& of, Fed) : PropertyCache(of) {
  state_ = State::full;
}

PropertyCache::~PropertyCache() = default;

result<void> PropertyCache::ask(pending& waiter, const message& get, const Core::CallTerms& terms) {
  if (state_ == State::empty) TRY_VOID(fill(terms.flags));
  if (state_ == State::useless || state_ == State::over) return core_->start(waiter, get, terms);
  const std::string name = name_in(get);
  const variant* const known = state_ == State::full ? values_.find(name) : nullptr;
  if (state_ == State::full && known == nullptr) TRY_VOID(ask_one(name, get, terms.flags));
  const std::uint32_t serial = TRY(core_->park(waiter, terms));
  if (known != nullptr) {
    core_->answer(serial, "v", as_content(*known));
  } else {
    waiters_.push_back({.serial = serial, .name = name, .get = get, .flags = terms.flags});
  }
  return {};
}

/// The rules first: what changes after the answer was made up is heard of.
result<void> PropertyCache::fill(std::uint8_t flags) {
  try {
    if (!changes_) changes_ = std::make_unique<Changes>(*this);
    if (!owner_watch_ && !core_->unique_name().empty()) {
      owner_watch_ = std::make_unique<Owner>(*this);
    }
  } catch (const error& e) {
    return std::unexpected(e);
  }
  auto question = std::make_unique<Question>(*this, "");
  TRY_VOID(
      core_->start(*question, of_.get_all(),
                   {.flags = flags, .deadline = core_->now() + answer_limit, .jumps_queue = true}));
  all_ = std::move(question);
  state_ = State::asking;
  return {};
}

result<void> PropertyCache::ask_one(std::string_view name, const message& get, std::uint8_t flags) {
  const auto is_it = [&](const auto& one) { return one->property == name; };
  if (std::ranges::any_of(single_, is_it)) return {};
  auto question = std::make_unique<Question>(*this, name);
  TRY_VOID(
      core_->start(*question, get,
                   {.flags = flags, .deadline = core_->now() + answer_limit, .jumps_queue = true}));
  single_.push_back(std::move(question));
  return {};
}

void PropertyCache::owner_changed(std::string_view owner) {
  owner_ = owner;
  values_.clear();
  if (state_ != State::asking && state_ != State::over) state_ = State::empty;
}

/// The bus tells us nothing of changes.
void PropertyCache::stop() {
  values_.clear();
  state_ = State::over;
}

bool PropertyCache::is_from_owner(const message& reply) const {
  return owner_.empty() || reply.sender() == owner_;
}

std::vector<PropertyCache::Waiter> PropertyCache::take_waiters(std::string_view name) {
  const auto others = std::ranges::partition(
      waiters_, [&](const Waiter& one) { return !name.empty() && one.name != name; });
  std::vector<Waiter> taken(std::move_iterator(others.begin()), std::move_iterator(others.end()));
  waiters_.erase(others.begin(), others.end());
  return taken;
}

/// Those whose value it does not bring ask for themselves.
void PropertyCache::all_answered(const Question& question, result<message> reply) {
  const auto over = std::move(all_);
  const bool is_sound = reply && reply->signature() == "a{sv}";
  const bool is_lost = core_->phase() == Core::Phase::closed;  // and may come back
  if (state_ == State::asking) {
    state_ = is_sound ? State::full : is_lost ? State::empty : State::useless;
  }
  if (is_sound && state_ == State::full) {
    if (is_from_owner(*reply)) {
      auto values = reply->body();
      values_.learn_all(values, *reply, question.asked);
    } else {
      state_ = State::empty;
    }
  }
  for (const Waiter& waiter : take_waiters({})) {
    const variant* const known = state_ == State::full ? values_.find(waiter.name) : nullptr;
    if (known != nullptr) {
      core_->answer(waiter.serial, "v", as_content(*known));
    } else {
      core_->send_parked(waiter.serial, waiter.get, waiter.flags);
    }
  }
}

void PropertyCache::one_answered(const Question& question, result<message> reply) {
  const auto found = std::ranges::find(single_, &question, &std::unique_ptr<Question>::get);
  const auto over = std::move(*found);
  single_.erase(found);
  const std::vector<Waiter> waiters = take_waiters(over->property);
  if (!reply) {
    for (const Waiter& waiter : waiters) core_->fail(waiter.serial, reply.error());
    return;
  }
  variant value;
  std::size_t at = 0;
  if (reply->signature() == "v") detail::codec::decode(*reply, at, value);
  for (const Waiter& waiter : waiters) {
    if (reply->signature() == "v") {
      core_->answer(waiter.serial, "v", as_content(value));
    } else {
      core_->answer(waiter.serial, {}, {});
    }
  }
  if (reply->signature() == "v" && state_ == State::full && is_from_owner(*reply)) {
    values_.learn(over->property, std::move(value), over->asked);
  }
}

}  // namespace headway::client
