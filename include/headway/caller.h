// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <stop_token>

namespace headway {

/// For the handler of a call that takes long: learns that its caller has left the bus, or that the
/// connection is lost, so that nobody waits for the answer any more.
///
///     object->search = [&](std::string what) -> task<std::vector<Hit>> {
///       headway::caller_gone gone;                  // before the first co_await
///       auto hits = co_await index->find(what).stopped_by(gone.token());
///       co_return hits;
///     };
///
/// Costs a match rule and a question to the bus while it lives, and nothing where there is none. A
/// caller that only gave up waiting is not gone.
class caller_gone {
 public:
  /// Of the call whose handler runs now; throws std::logic_error outside of a handler, and behind
  /// its first co_await.
  caller_gone();
  caller_gone(const caller_gone&) = delete;
  caller_gone& operator=(const caller_gone&) = delete;
  ~caller_gone();

  /// A stop is requested in the connection's thread when the caller is gone; in its turn, after
  /// what the caller sent before.
  [[nodiscard]] std::stop_token token() const noexcept;
  [[nodiscard]] bool is_gone() const noexcept { return token().stop_requested(); }

 private:
  class watch;
  std::unique_ptr<watch> watch_;
};

}  // namespace headway
