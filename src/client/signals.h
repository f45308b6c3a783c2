// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "headway/detail/pending.h"
#include "headway/detail/subscriber.h"
#include "wire/match_rule.h"

namespace headway::client {

class Core;
using detail::subscriber;

/// The rule for changes of a name's owner.
[[nodiscard]] std::string rule_of_owner(std::string_view name);

/// Who on this connection wants which messages. Adds each rule once at the bus, whoever asks for it
/// here, and knows which unique names the well-known senders of rules stand for.
///
/// That is known twice: as of what arrived and as of what was dispatched, since a message still in
/// the queue was sent by the owner of then. Cost of a message: its own member's subscribers and
/// those that name no member.
class Signals {
 public:
  explicit Signals(Core& core);
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

  [[nodiscard]] result<void> join(subscriber& who, std::string_view rule, subscriber::when time);
  /// Only to know what becomes of the connection.
  [[nodiscard]] result<void> join(subscriber& who);
  void leave(const subscriber& who) noexcept;

  /// A message has come in; later: it is its turn.
  void arrived(const message& what) { tell(what, subscriber::when::on_arrival); }
  void dispatch(const message& what) { tell(what, subscriber::when::in_turn); }
  /// A message has come in that there is no room for.
  void drop(const message& what);
  [[nodiscard]] bool has_missed() const { return has_missed_; }
  /// Tells who wanted what was dropped.
  void tell_missed();
  /// The connection is lost, and will be opened again.
  void lose(const error& why);
  /// It is open: asks the bus for all that is wanted. Runs no users' code.
  void ask_again();
  /// That was sent: tells everybody.
  void restore();
  /// The connection is over.
  void end(const error& why);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <class T>
  using Map = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

  struct Entry {
    subscriber* who;
    wire::MatchRule rule;
    std::string text;
    subscriber::when time;
    std::uint64_t missed = 0;  // dropped, and not told yet
  };
  using Entries = std::vector<std::unique_ptr<Entry>>;  // null: it left while others were told

  /// A rule at the bus. Waits for the bus's answer to AddMatch.
  class BusRule;
  /// A well-known name whose owner somebody must know. Waits for GetNameOwner.
  class Name;

  void tell(const message& what, subscriber::when time);
  void tell_of(std::string_view member, const message& what, subscriber::when time);
  [[nodiscard]] bool is_from(std::string_view wanted, std::string_view sender,
                             subscriber::when time) const;
  void note_owner(const message& what, subscriber::when time);
  [[nodiscard]] result<void> use_rule(const std::string& text);
  void drop_rule(const std::string& text) noexcept;
  [[nodiscard]] result<void> use_name(const std::string& name);
  [[nodiscard]] result<void> ask_owner(const std::string& name, Name& watched);
  void drop_name(const std::string& name) noexcept;
  [[nodiscard]] bool is_over() const;
  void fail_rule(std::string_view text, const error& why);
  /// For each that is there, whoever joins or leaves meanwhile.
  template <class Tell>
  void for_each(Tell tell);
  void sweep();

  Core& core_;
  Map<Entries> by_member_;  // "": rules that name none
  Map<std::unique_ptr<BusRule>> rules_;
  Map<std::unique_ptr<Name>> names_;
  int telling_ = 0;
  bool has_gaps_ = false;
  bool has_missed_ = false;
};

}  // namespace headway::client
