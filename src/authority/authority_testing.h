// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "authority/checker.h"

/// What the authority asks of the outside, as tests want it.
namespace headway::authority::testing {

/// Runs a task that waits for nothing but what `step` brings about.
template <class T>
T run(task<T> work, const std::function<bool()>& step = [] { return false; }) {
  work.start();
  while (!work.is_done() && step()) {
  }
  return std::move(work).get();  // fails loudly if it is not done
}

class FakeRules final : public Rules {
 public:
  /// What is answered for each action; not handled for others.
  std::map<std::string, RuleAnswer> answers;
  AdminsAnswer admin_answer;
  std::vector<RuleQuery> asked;

  void ask(RuleQuery query, Answered answered) override {
    asked.push_back(query);
    const auto found = answers.find(query.action_id);
    RuleAnswer answer;
    answer.verdict = Verdict::not_handled;
    if (found != answers.end()) answer = found->second;
    waiting_.emplace_back([answered = std::move(answered), answer]() mutable { answered(answer); });
  }
  void admins(RuleQuery query, AdminsAnswered answered) override {
    asked.push_back(std::move(query));
    waiting_.emplace_back(
        [answered = std::move(answered), answer = admin_answer]() mutable { answered(answer); });
  }
  /// Answers what was asked first; false if nothing was.
  bool answer_one() {
    if (waiting_.empty()) return false;
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    next();
    return true;
  }

  /// A rule that says so, asked behind `before` others.
  static RuleAnswer says(Verdict verdict, std::string file = "/r.rules", std::uint32_t line = 1,
                         std::size_t before = 0) {
    RulePlaces places(before, RulePlace{.file = "/before.rules", .line = 1});
    places.push_back({.file = std::move(file), .line = line});
    RuleAnswer answer;
    answer.verdict = verdict;
    answer.asked.count = places.size();
    answer.asked.places = std::make_shared<const RulePlaces>(std::move(places));
    return answer;
  }

 private:
  std::deque<std::move_only_function<void()>> waiting_;
};

class FakeAccounts final : public Accounts {
 public:
  std::map<std::string, std::uint32_t> users{{"root", 0}, {"ann", 1000}, {"bob", 1001}};
  std::map<std::string, std::vector<std::uint32_t>> groups{{"sudo", {0, 1000, 1001}}};

  std::optional<std::uint32_t> uid_of(const std::string& name) const override {
    const auto found = users.find(name);
    return found == users.end() ? std::nullopt : std::optional(found->second);
  }
  std::string name_of(std::uint32_t uid) const override {
    for (const auto& [name, number] : users) {
      if (number == uid) return name;
    }
    return std::to_string(uid);
  }
  std::vector<std::string> groups_of(std::uint32_t uid) const override { return {name_of(uid)}; }
  std::vector<std::uint32_t> members_of(const std::string& group) const override {
    const auto found = groups.find(group);
    return found == groups.end() ? std::vector<std::uint32_t>{} : found->second;
  }
  std::vector<std::uint32_t> members_of_netgroup(const std::string&) const override { return {}; }
};

class FakePeers final : public Peers {
 public:
  std::map<std::string, std::uint32_t> uids;  // of unique names; their process is this one
  bool knows_processes = true;

  task<std::optional<Peer>> find(std::string unique_name) override {
    const auto found = uids.find(unique_name);
    if (found == uids.end()) co_return std::nullopt;
    Peer peer;
    peer.uid = found->second;
    if (knows_processes) peer.pid = static_cast<std::uint32_t>(::getpid());
    co_return std::optional<Peer>(std::move(peer));
  }
  task<std::optional<std::uint32_t>> uid_of(std::string unique_name) override {
    const auto found = uids.find(unique_name);
    co_return found == uids.end() ? std::nullopt : std::optional(found->second);
  }
};

class FakeSessions final : public Sessions {
 public:
  std::map<std::uint32_t, Session> by_pid;
  std::map<std::uint32_t, Session> by_user;
  std::map<std::string, Session> by_name;

  task<std::optional<Session>> of_process(std::uint32_t pid) override {
    co_return find(by_pid, pid);
  }
  task<std::optional<Session>> of_user(std::uint32_t uid) override { co_return find(by_user, uid); }
  task<std::optional<Session>> named(std::string id) override { co_return find(by_name, id); }

 private:
  template <class Key>
  static std::optional<Session> find(const std::map<Key, Session>& in, const Key& key) {
    const auto found = in.find(key);
    return found == in.end() ? std::nullopt : std::optional(found->second);
  }
};

}  // namespace headway::authority::testing
