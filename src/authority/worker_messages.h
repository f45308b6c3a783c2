// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "authority/rule_files.h"
#include "authority/rules.h"

/// What the authority and the process that runs its scripts say to each other, in frames of
/// io/link.h. Plain data; encode() and decode() are a total codec: any bytes give a message or
/// nothing, for the authority does not trust the worker.
namespace headway::authority {

namespace to_worker {

/// First, and once: the files, which stay what they are until the worker ends.
struct Load {
  std::vector<RuleFile> files;
};
/// Answered in the order in which they come, by Decided or AdminsNamed.
struct Ask {
  std::uint32_t serial = 0;
  bool for_admins = false;
  RuleQuery query;
};
/// The answer to Spawn.
struct Spawned {
  bool succeeded = false;
  std::string text;
};
/// The answer to AskNetgroup.
struct Netgroup {
  bool is_member = false;
};

}  // namespace to_worker

namespace from_worker {

struct Place {
  std::uint32_t file = 0;  // its number in Load
  std::uint32_t line = 0;
};
struct Problem {
  std::uint32_t file = 0;
  std::uint32_t line = 0;
  std::string text;
};
/// The answer to Load.
struct Loaded {
  std::vector<Place> rules;
  std::vector<Place> admin_rules;
  std::vector<Problem> problems;
  std::vector<std::string> not_confined;  // how the process is less locked up than it should be
};
struct Decided {
  std::uint32_t serial = 0;
  Verdict verdict = Verdict::no;
  std::uint32_t asked = 0;
  std::string error;
  bool is_crowded = false;
};
struct AdminsNamed {
  std::uint32_t serial = 0;
  std::vector<std::string> identities;
  std::uint32_t asked = 0;
  bool decided = false;
  std::string error;
  bool is_crowded = false;
};
struct Log {
  std::string text;
};
/// What has been asked of the worker behind the question that it is busy with, it drops: somebody
/// else shall answer that.
struct Spawn {
  std::vector<std::string> arguments;
};
/// Likewise.
struct AskNetgroup {
  std::string user;
  std::string netgroup;
};

}  // namespace from_worker

using ToWorker =
    std::variant<to_worker::Load, to_worker::Ask, to_worker::Spawned, to_worker::Netgroup>;
using FromWorker = std::variant<from_worker::Loaded, from_worker::Decided, from_worker::AdminsNamed,
                                from_worker::Log, from_worker::Spawn, from_worker::AskNetgroup>;

/// Longest frames: of what is loaded, and of what a worker may say at once.
inline constexpr std::size_t to_worker_bytes_max = 32 << 20;
inline constexpr std::size_t from_worker_bytes_max = 1 << 20;

[[nodiscard]] std::string encode(const ToWorker& message);
[[nodiscard]] std::string encode(const FromWorker& message);
[[nodiscard]] std::optional<ToWorker> decode_to_worker(std::string_view bytes);
[[nodiscard]] std::optional<FromWorker> decode_from_worker(std::string_view bytes);

/// What the worker is at, in memory that both see: so the authority knows whom to blame when it has
/// to kill it. The worker may write anything here.
struct WorkerProgress {
  std::uint32_t file = 0;    // that it loads, from 1 on; 0: it has not begun
  std::uint32_t serial = 0;  // of the question that it is busy with
  std::uint32_t rule = 0;    // that it asks
};

}  // namespace headway::authority
