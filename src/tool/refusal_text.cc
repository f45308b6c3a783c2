// SPDX-License-Identifier: MIT
#include "tool/refusal_text.h"

#include <fmt/format.h>

#include "tool/json.h"
#include "tool/monitor_line.h"
#include "tool/value_print.h"

namespace headway::tool {
namespace {

void take_text(Refusal& refusal, std::string_view key, std::string_view value) {
  struct Field {
    std::string_view key;
    std::string Refusal::* member;
  };
  static constexpr Field fields[]{
      {"text", &Refusal::text},     {"layer", &Refusal::layer},       {"rule", &Refusal::rule},
      {"file", &Refusal::file},     {"limit", &Refusal::limit},       {"holder", &Refusal::holder},
      {"sender", &Refusal::sender}, {"receiver", &Refusal::receiver},
  };
  for (const Field& field : fields) {
    if (field.key == key) refusal.*field.member = value;
  }
}

void take(Refusal& refusal, std::string_view key, message_reader& value) {
  const std::string_view type = value.type_signature();
  if (type == "s") {
    take_text(refusal, key, value.string());
  } else if (key == "allowed" && type == "b") {
    refusal.allowed = value.boolean();
  } else if (key == "number" && type == "t") {
    refusal.number = value.uint64();
  } else if (key == "monotonic_usec" && type == "t") {
    refusal.monotonic_usec = value.uint64();
  } else if (key == "line" && type == "u") {
    refusal.line = value.uint32();
  } else if (key == "overridden" && type == "as") {
    for (value.enter(); !value.at_end();) refusal.overridden.emplace_back(value.string());
    value.leave();
  }
}

std::string where(const Refusal& refusal) {
  return refusal.file.empty() ? "" : fmt::format("{}:{}", refusal.file, refusal.line);
}

/// "allowed", "refused by send policy", "send policy"
std::string verdict(const Refusal& refusal, const Output& output) {
  if (!refusal.allowed) return output.paint(Style::strong, refusal.layer);
  if (*refusal.allowed)
    return output.paint(Style::good, fmt::format("{} allows it", refusal.layer));
  return output.paint(Style::bad, fmt::format("{} refuses it", refusal.layer));
}

}  // namespace

Refusal read_refusal(message_reader& from) {
  Refusal refusal;
  JsonText json;
  json.open_object();
  for (from.enter(); !from.at_end(); from.leave()) {
    from.enter();
    const std::string_view key = from.string();
    from.enter();
    message_reader again = from;
    json.key(key);
    append_json(json, again);
    take(refusal, key, from);
    // The variant, and what of it was not read.
    from.leave();
  }
  from.leave();
  refusal.json = json.close_object().text();
  return refusal;
}

std::string text_of(const Refusal& refusal, std::optional<WallTime> when, const Output& output) {
  std::string text;
  if (when) text += output.paint(Style::faint, time_of_day(*when)) + " ";
  text += verdict(refusal, output);
  text += '\n';
  const auto add = [&](std::string_view what, std::string_view value) {
    if (!value.empty()) text += fmt::format("    {:<11}{}\n", what, visible(value));
  };
  text += fmt::format("    {}\n", visible(refusal.text));
  if (!refusal.rule.empty()) {
    add("rule", fmt::format("{}  {}", where(refusal), refusal.rule));
  }
  for (const std::string& rule : refusal.overridden) add("overrides", rule);
  add("limit", refusal.limit);
  add("held by", refusal.holder);
  return text;
}

}  // namespace headway::tool
