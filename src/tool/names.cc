// SPDX-License-Identifier: MIT
#include "tool/names.h"

#include <algorithm>
#include <map>

#include "base/result.h"

namespace headway::tool {
namespace {

std::vector<std::string> texts_of(const message& reply) {
  std::vector<std::string> texts;
  message_reader values = reply.body();
  values.enter();
  while (!values.at_end()) texts.emplace_back(values.string());
  values.leave();
  return texts;
}

struct Credentials {
  std::optional<pid_t> pid;
  std::optional<uid_t> uid;
};

Credentials credentials_of(const message& reply) {
  Credentials found;
  message_reader values = reply.body();
  for (values.enter(); !values.at_end(); values.leave()) {
    values.enter();
    const std::string_view key = values.string();
    values.enter();
    if (values.type() == 'u' && key == "ProcessID") {
      found.pid = static_cast<pid_t>(values.uint32());
    } else if (values.type() == 'u' && key == "UnixUserID") {
      found.uid = values.uint32();
    }
    values.leave();
  }
  return found;
}

message call_of(std::string_view method, std::string_view name) {
  return bus_call(method).string(name).build();
}

void find_owners(const Bus& bus, std::vector<NameEntry>& names) {
  std::vector<message> calls;
  for (const NameEntry& entry : names) calls.push_back(call_of("GetNameOwner", entry.name));
  const auto replies = bus.call_all(calls);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (replies[i]) names[i].owner = replies[i]->body().string();
  }
}

void find_processes(const Bus& bus, std::vector<NameEntry>& names) {
  std::map<std::string, std::vector<NameEntry*>, std::less<>> by_owner;
  for (NameEntry& entry : names) {
    if (!entry.owner.empty()) by_owner[entry.owner].push_back(&entry);
  }
  std::vector<message> calls;
  for (const auto& [owner, entries] : by_owner) {
    calls.push_back(call_of("GetConnectionCredentials", owner));
  }
  const auto replies = bus.call_all(calls);
  auto reply = replies.begin();
  for (const auto& [owner, entries] : by_owner) {
    const result<message>& one = *reply++;
    if (!one) continue;
    const auto [pid, uid] = credentials_of(*one);
    const bool can_be_seen = pid && bus.which.is_here;
    const ProcessFacts process = can_be_seen ? facts_of_process(*pid) : ProcessFacts{};
    for (NameEntry* const entry : entries) {
      entry->pid = pid;
      entry->uid = uid;
      entry->process = process;
    }
  }
}

}  // namespace

Outcome<std::vector<NameEntry>> list_names(const Bus& bus) {
  const message running = TRY(bus.ask_bus("ListNames"));
  const message activatable = TRY(bus.ask_bus("ListActivatableNames"));
  std::map<std::string, NameEntry> found;
  for (std::string& name : texts_of(running)) found[name].name = name;
  for (std::string& name : texts_of(activatable)) {
    found[name].name = name;
    found[name].is_activatable = true;
  }
  std::vector<NameEntry> names;
  for (auto& [name, entry] : found) names.push_back(std::move(entry));
  // Their colon puts unique names in front.
  std::ranges::rotate(names, std::ranges::find_if_not(names, &NameEntry::is_unique));
  find_owners(bus, names);
  find_processes(bus, names);
  return names;
}

void append_owner(JsonText& json, const NameEntry& entry) {
  json.member_if("owner", entry.owner);
  if (entry.pid) json.key("pid").number(*entry.pid);
  if (entry.uid) json.key("uid").number(*entry.uid).member("user", user_name(*entry.uid));
  json.member_if("process", entry.process.name);
  json.member_if("executable", entry.process.executable);
  json.member_if("unit", entry.process.unit);
}

NameEntry look_up_name(const Bus& bus, std::string_view name) {
  std::vector<NameEntry> alone{{.name = std::string(name)}};
  find_owners(bus, alone);
  find_processes(bus, alone);
  return std::move(alone.front());
}

Outcome<std::vector<std::string>> well_known_names(const Bus& bus) {
  std::vector<std::string> names = texts_of(TRY(bus.ask_bus("ListNames")));
  std::erase_if(names, [](const std::string& name) { return name.starts_with(':'); });
  std::ranges::move(texts_of(TRY(bus.ask_bus("ListActivatableNames"))), std::back_inserter(names));
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

bool is_like(std::string_view text, std::string_view pattern) {
  if (pattern.find_first_of("*?") == std::string_view::npos) {
    return text.find(pattern) != std::string_view::npos;
  }
  // Back to the last star, with one letter more for it, when what follows it does not fit.
  std::size_t at = 0;
  std::size_t in_text = 0;
  std::size_t star = std::string_view::npos;
  std::size_t after_star = 0;
  while (in_text < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      after_star = in_text;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[in_text])) {
      ++at;
      ++in_text;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      in_text = ++after_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

}  // namespace headway::tool
