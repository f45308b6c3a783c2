// SPDX-License-Identifier: MIT
#include "client/signals.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/result.h"
#include "client/core.h"
#include "client/matching.h"
#include "client/message_data.h"

namespace headway {

detail::subscriber::subscriber(std::shared_ptr<client::Core> core, std::string_view rule, when time)
    : core_(std::move(core)) {
  const auto joined = core_->signals().join(*this, rule, time);
  if (!joined) throw joined.error();
}

detail::subscriber::subscriber(std::shared_ptr<client::Core> core) : core_(std::move(core)) {
  const auto joined = core_->signals().join(*this);
  if (!joined) throw joined.error();
}

detail::subscriber::~subscriber() { core_->signals().leave(*this); }

namespace client {
namespace {

constexpr std::string_view bus_name = "org.freedesktop.DBus";
constexpr std::string_view bus_path = "/org/freedesktop/DBus";
constexpr std::string_view owner_changed = "NameOwnerChanged";
constexpr std::string_view no_member = ".";  // that no message can name

message to_bus(std::string_view member, std::string_view text) {
  return message_builder::method_call(bus_name, bus_path, bus_name, member).string(text).build();
}

bool is_well_known(std::string_view name) {
  return !name.empty() && !name.starts_with(':') && name != bus_name;
}

}  // namespace

std::string rule_of_owner(std::string_view name) {
  return wire::to_string({.type = wire::MessageType::signal,
                          .sender = std::string(bus_name),
                          .interface = std::string(bus_name),
                          .member = std::string(owner_changed),
                          .path = std::string(bus_path),
                          .arguments = {{.index = 0, .value = std::string(name)}}});
}

class Signals::BusRule final : public pending {
 public:
  BusRule(Signals& signals, std::string text) : signals_(signals), text_(std::move(text)) {}

  int users = 0;

 private:
  void complete(result<message> reply) override {
    // A connection that is lost may come back, and its rules with it; else they all end anyway.
    if (!reply && signals_.core_.phase() != Core::Phase::closed) {
      signals_.fail_rule(text_, reply.error());
    }
  }

  Signals& signals_;
  std::string text_;
};

class Signals::Name final : public pending {
 public:
  int users = 0;
  std::string owner_arrived;
  std::string owner_in_turn;

 private:
  void complete(result<message> reply) override {
    owner_arrived = owner_in_turn = reply ? std::string(reply->body().string()) : std::string();
  }
};

Signals::Signals(Core& core) : core_(core) {}
Signals::~Signals() = default;

bool Signals::is_over() const {
  return core_.phase() == Core::Phase::closed && !core_.comes_back();
}

result<void> Signals::join(subscriber& who) {
  if (is_over()) return std::unexpected(core_.reason());
  by_member_[std::string(no_member)].push_back(
      std::make_unique<Entry>(Entry{&who, {}, {}, subscriber::when::in_turn}));
  return {};
}

result<void> Signals::join(subscriber& who, std::string_view rule, subscriber::when time) {
  auto parsed = wire::parse_match_rule(rule);
  if (!parsed) return std::unexpected(error(error_name::invalid_args, parsed.error().text));
  if (is_over()) return std::unexpected(core_.reason());
  const std::string text = wire::to_string(*parsed);
  if (is_well_known(parsed->sender)) TRY_VOID(use_name(parsed->sender));
  TRY_VOID(use_rule(text));
  core_.kick();
  Entries& entries = by_member_[parsed->member];
  entries.push_back(std::make_unique<Entry>(Entry{&who, std::move(*parsed), text, time}));
  return {};
}

void Signals::leave(const subscriber& who) noexcept {
  for (auto& [member, entries] : by_member_) {
    for (auto& entry : entries) {
      if (!entry || entry->who != &who) continue;
      const auto left = std::move(entry);
      has_gaps_ = true;
      drop_rule(left->text);
      if (is_well_known(left->rule.sender)) drop_name(left->rule.sender);
      core_.kick();
      return sweep();
    }
  }
}

/// Takes out what left, when nobody walks.
void Signals::sweep() {
  if (telling_ > 0 || !std::exchange(has_gaps_, false)) return;
  for (auto it = by_member_.begin(); it != by_member_.end();) {
    std::erase(it->second, nullptr);
    it = it->second.empty() ? by_member_.erase(it) : std::next(it);
  }
}

/// Without a bus the peer sends what it sends.
result<void> Signals::use_rule(const std::string& text) {
  if (core_.unique_name().empty()) return {};
  auto& rule = rules_[text];
  if (!rule) rule = std::make_unique<BusRule>(*this, text);
  // What is wanted while the connection is lost is asked for when it is back.
  if (rule->users++ > 0 || core_.phase() == Core::Phase::closed) return {};
  auto sent = core_.start(*rule, to_bus("AddMatch", text), {});
  if (!sent) rules_.erase(text);
  return sent;
}

void Signals::drop_rule(const std::string& text) noexcept {
  const auto found = rules_.find(text);
  if (found == rules_.end() || --found->second->users > 0) return;
  rules_.erase(found);
  core_.send_or_drop(to_bus("RemoveMatch", text), no_reply_expected);
}

result<void> Signals::use_name(const std::string& name) {
  if (core_.unique_name().empty()) return {};
  auto& watched = names_[name];
  if (!watched) watched = std::make_unique<Name>();
  if (watched->users++ > 0) return {};
  auto sent = use_rule(rule_of_owner(name));
  if (sent && core_.phase() != Core::Phase::closed) sent = ask_owner(name, *watched);
  if (!sent) names_.erase(name);
  return sent;
}

result<void> Signals::ask_owner(const std::string& name, Name& watched) {
  return core_.start(watched, to_bus("GetNameOwner", name),
                     {.flags = no_auto_start, .jumps_queue = true});
}

void Signals::drop_name(const std::string& name) noexcept {
  const auto found = names_.find(name);
  if (found == names_.end() || --found->second->users > 0) return;
  names_.erase(found);
  drop_rule(rule_of_owner(name));
}

void Signals::note_owner(const message& what, subscriber::when time) {
  if (names_.empty() || what.member() != owner_changed || what.sender() != bus_name ||
      what.signature() != "sss") {
    return;
  }
  auto values = what.body();
  const auto found = names_.find(values.string());
  if (found == names_.end()) return;
  values.skip();
  Name& name = *found->second;
  (time == subscriber::when::on_arrival ? name.owner_arrived : name.owner_in_turn) =
      values.string();
}

bool Signals::is_from(std::string_view wanted, std::string_view sender,
                      subscriber::when time) const {
  if (wanted.empty() || wanted == sender) return true;
  const auto found = names_.find(wanted);
  if (found == names_.end()) return false;
  const Name& name = *found->second;
  return sender == (time == subscriber::when::on_arrival ? name.owner_arrived : name.owner_in_turn);
}

void Signals::tell(const message& what, subscriber::when time) {
  note_owner(what, time);
  tell_of(what.member(), what, time);
  if (!what.member().empty()) tell_of({}, what, time);
}

void Signals::tell_of(std::string_view member, const message& what, subscriber::when time) {
  const auto found = by_member_.find(member);
  if (found == by_member_.end()) return;
  Entries& entries = found->second;
  const wire::Message& view = detail::message_data::of(what).view;
  ++telling_;
  // Who joins meanwhile is told of what comes next.
  const std::size_t count = entries.size();
  for (std::size_t i = 0; i < count; ++i) {
    const Entry* const entry = entries[i].get();
    if (entry == nullptr || entry->time != time || !describes(entry->rule, view) ||
        !is_from(entry->rule.sender, view.sender, time)) {
      continue;
    }
    entry->who->on_message(what);
  }
  --telling_;
  sweep();
}

template <class Tell>
void Signals::for_each(Tell tell) {
  ++telling_;
  std::vector<std::string> members;  // the table may grow when somebody is told
  for (const auto& [member, entries] : by_member_) members.push_back(member);
  for (const std::string& member : members) {
    Entries& entries = by_member_[member];
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i]) tell(*entries[i]);
    }
  }
  --telling_;
  sweep();
}

void Signals::drop(const message& what) {
  note_owner(what, subscriber::when::in_turn);
  const wire::Message& view = detail::message_data::of(what).view;
  for_each([&](Entry& entry) {
    if (entry.time != subscriber::when::in_turn || !describes(entry.rule, view) ||
        !is_from(entry.rule.sender, view.sender, subscriber::when::on_arrival)) {
      return;
    }
    ++entry.missed;
    has_missed_ = true;
  });
}

void Signals::tell_missed() {
  if (!std::exchange(has_missed_, false)) return;
  for_each([](Entry& entry) {
    if (entry.missed > 0) entry.who->on_missed(std::exchange(entry.missed, 0));
  });
}

void Signals::fail_rule(std::string_view text, const error& why) {
  for_each([&](Entry& entry) {
    if (text.empty() || entry.text == text) entry.who->on_end(why);
  });
}

void Signals::lose(const error& why) {
  for (auto& [text, name] : names_) {
    name->owner_arrived.clear();
    name->owner_in_turn.clear();
  }
  for_each([&](Entry& entry) { entry.who->on_lost(why); });
}

void Signals::ask_again() {
  // What cannot be sent now is lost with the connection, and asked for when it is back once more.
  for (auto& [text, rule] : rules_) {
    if (rule->is_waiting()) continue;
    static_cast<void>(core_.start(*rule, to_bus("AddMatch", text), {}));
  }
  for (auto& [name, watched] : names_) {
    if (!watched->is_waiting()) static_cast<void>(ask_owner(name, *watched));
  }
}

void Signals::restore() {
  // Nobody knows how many were sent meanwhile.
  for_each([](Entry& entry) { ++entry.missed; });
  has_missed_ = true;
  for_each([](Entry& entry) { entry.who->on_restored(); });
}

void Signals::end(const error& why) { fail_rule({}, why); }

}  // namespace client
}  // namespace headway
