// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "base/time.h"
#include "broker/ids.h"

namespace headway::broker {

/// The replies this bus still expects (ROUTE-009 .. ROUTE-014).
///
/// A method call without NO_REPLY_EXPECTED opens an entry; the callee's first reply to that serial
/// closes it. Everything else that claims to be a reply is unrequested.
///
/// Cost: open and close one hash probe each, and the links of two lists; forgetting a peer grows
/// with its own open calls.
class ReplyTable {
 public:
  enum class Refusal : std::uint8_t { quota, serial_in_use };

  struct Call {
    PeerId caller;
    PeerId callee;
    std::uint32_t serial = 0;  // chosen by the caller, never 0
    bool operator==(const Call&) const = default;
  };

  /// On refusal nothing has changed. `open_max`: calls one caller may have open
  /// (max_replies_per_connection).
  [[nodiscard]] std::expected<void, Refusal> open(const Call& call, std::uint32_t open_max,
                                                  std::optional<Time> deadline);

  /// An open call, until it is closed in whatever way.
  using Entry = std::uint32_t;
  [[nodiscard]] std::optional<Entry> find(const Call& call) const;

  /// The reply is there: nobody is owed one any more.
  void close(Entry call) { remove(call); }

  /// Forgets what this peer asked.
  void forget_caller(PeerId caller);

  /// Removes what this peer was asked, in the order of asking: each caller is owed a NoReply error.
  [[nodiscard]] std::vector<Call> take_callee(PeerId callee);

  /// Removes the calls due at `now`, earliest deadline first, then in the order of asking: each
  /// caller is owed a NoReply error.
  [[nodiscard]] std::vector<Call> expire(Time now);

  /// When expire() next has work to do.
  [[nodiscard]] std::optional<Time> next_deadline() const;

  [[nodiscard]] std::uint32_t open_by(PeerId caller) const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::uint32_t none = ~0u;

  struct Link {
    std::uint32_t before = none;
    std::uint32_t after = none;
  };
  struct Row {
    Call call;
    std::optional<Time> deadline;
    std::uint64_t number = 0;  // in the order of opening
    Link of_caller;
    Link of_callee;
    std::uint32_t next = none;  // in its bucket, or of the free rows
  };
  struct List {
    std::uint32_t first = none;
    std::uint32_t last = none;
  };
  struct Ends {  // of one peer slot
    List asked;
    List owed;
    std::uint32_t asked_count = 0;
  };

  [[nodiscard]] std::size_t bucket_of(const Call& call) const;
  void grow();
  void append(List& list, Link Row::* link, std::uint32_t at);
  void unlink(List& list, Link Row::* link, std::uint32_t at);
  void remove(Entry at);

  std::vector<Row> entries_;            // used and free ones
  std::vector<std::uint32_t> buckets_;  // first rows, by hash; as many as entries_ or up to twice
  std::uint32_t free_ = none;           // first free row
  std::size_t size_ = 0;
  std::vector<Ends> ends_;                                        // by peer slot
  std::set<std::tuple<Time, std::uint64_t, std::uint32_t>> due_;  // deadline, number, entry
  std::uint64_t opened_ = 0;
};

}  // namespace headway::broker
