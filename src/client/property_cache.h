// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/core.h"
#include "client/property_values.h"
#include "headway/proxy.h"

namespace headway::client {

/// The properties of one interface of one object elsewhere, kept by who asks for them often.
///
/// Nothing is asked before somebody wants a value; then everything at once, and from then on
/// PropertiesChanged says what is new. All of that happens as messages arrive, ahead of replies
/// that arrive later, and nothing that arrives is missed. When the name gets another owner, or the
/// connection is lost, nothing is known any more. A service that does not answer GetAll is asked
/// for each value each time.
class PropertyCache {
 public:
  explicit PropertyCache(const detail::target& of);
  /// One that hears of everything from somebody else and asks only for what is not known then.
  struct Fed {};
  PropertyCache(const detail::target& of, Fed);
  PropertyCache(const PropertyCache&) = delete;
  PropertyCache& operator=(const PropertyCache&) = delete;
  ~PropertyCache();

  [[nodiscard]] const variant* find(std::string_view name) const { return values_.find(name); }
  /// Answers `get`, a call of Properties.Get: at once if the value is known, otherwise when it is.
  [[nodiscard]] result<void> ask(pending& waiter, const message& get, const Core::CallTerms& terms);
  void learn_all(message_reader& values, const message& from) {
    values_.learn_all(values, from, values_.now());
  }
  void change(const message& changes) { values_.change(changes); }
  /// Somebody sets it.
  void invalidate(std::string_view name) { values_.invalidate(name); }

 private:
  enum class State : std::uint8_t {
    empty,
    asking,
    full,
    useless,  // as long as the name has this owner
    over,     // for ever
  };

  /// Who hears of changes, and of owners.
  class Changes;
  class Owner;
  /// A question under way.
  class Question;
  struct Waiter {
    std::uint32_t serial;
    std::string name;
    message get;
    std::uint8_t flags;
  };

  [[nodiscard]] result<void> fill(std::uint8_t flags);
  [[nodiscard]] result<void> ask_one(std::string_view name, const message& get, std::uint8_t flags);
  void owner_changed(std::string_view owner);
  void stop();
  void all_answered(const Question& question, result<message> reply);
  void one_answered(const Question& question, result<message> reply);
  [[nodiscard]] bool is_from_owner(const message& reply) const;
  /// Takes those who wait for that one; empty: for any.
  [[nodiscard]] std::vector<Waiter> take_waiters(std::string_view name);

  std::shared_ptr<Core> core_;
  detail::target of_;
  State state_ = State::empty;
  PropertyValues values_;
  std::string owner_;  // as far as it has changed
  std::unique_ptr<Changes> changes_;
  std::unique_ptr<Owner> owner_watch_;
  std::unique_ptr<Question> all_;
  std::vector<std::unique_ptr<Question>> single_;
  std::vector<Waiter> waiters_;
};

}  // namespace headway::client
