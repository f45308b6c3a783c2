// SPDX-License-Identifier: MIT
// Any text in a file of rules, and in what they are asked about: the file has a problem or adds
// rules, and no text makes an answer of what is none. The text is compiled, but not run, as it
// might never end.
#include <cstdlib>
#include <string>
#include <vector>

#include "authority/script_engine.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "fuzz_target.h"

namespace {

using namespace headway::authority;

class Host final : public ScriptHost {
 public:
  void log(std::string_view /*text*/) override {}
  Output spawn(const std::vector<std::string>& /*arguments*/) override { return {}; }
  bool is_in_netgroup(std::string_view /*user*/, std::string_view /*group*/) override {
    return false;
  }
  void asking(std::uint32_t /*rule*/) override {}
  [[noreturn]] void exhausted() override { std::abort(); }
};

constexpr std::string_view file = R"(
polkit.addRule(function(action, subject) {
  var text = action.lookup("text");
  try { new Function(text); } catch (e) { polkit.log(String(e.message)); }
  String(action); String(subject); subject.isInGroup(text);
  return action.lookup(text) || text;
});)";

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t memory_bytes_max = 64 << 20;
  static Host host;
  static ScriptEngine engine(host, memory_bytes_max);
  static const bool is_loaded = !engine.load("rules", file);
  HEADWAY_ASSERT(is_loaded);

  const std::string text(headway::as_text({data, size}));
  const auto decision = engine.decide({.action_id = text,
                                       .details = {{"text", text}},
                                       .subject = {.user = text, .groups = {text}}});
  const bool is_verdict = verdict_named(text).has_value();
  if (decision.verdict == Verdict::not_handled) HEADWAY_ASSERT(text.empty());
  if (decision.verdict == Verdict::yes) HEADWAY_ASSERT(text == "yes");
  HEADWAY_ASSERT(is_verdict || text.empty() || !decision.error.empty());
  return 0;
}
