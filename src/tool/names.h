// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tool/json.h"
#include "tool/process_facts.h"
#include "tool/verb_bus.h"

namespace headway::tool {

/// A name on a bus, and who owns it.
struct NameEntry {
  std::string name;
  std::string owner;  // ":1.5"; empty if nobody does
  bool is_activatable = false;
  std::optional<pid_t> pid;
  std::optional<uid_t> uid;
  ProcessFacts process;  // of this machine's processes only

  [[nodiscard]] bool is_unique() const { return name.starts_with(':'); }
};

/// owner, pid, uid, user, process, executable and unit, as far as they are known.
void append_owner(JsonText& json, const NameEntry& entry);

/// All names, unique ones last, each group in order. Takes three calls to the bus after each other,
/// however many names there are; what a bus does not tell of somebody stays unknown.
[[nodiscard]] Outcome<std::vector<NameEntry>> list_names(const Bus& bus);

/// One name; without owner if nobody owns it.
[[nodiscard]] NameEntry look_up_name(const Bus& bus, std::string_view name);

/// Owned and activatable well-known names alone, in order.
[[nodiscard]] Outcome<std::vector<std::string>> well_known_names(const Bus& bus);

/// Whether `text` is like the pattern, in which * stands for any letters and ? for one; a pattern
/// without these is like every text that contains it.
[[nodiscard]] bool is_like(std::string_view text, std::string_view pattern);

}  // namespace headway::tool
