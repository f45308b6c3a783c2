// SPDX-License-Identifier: MIT
#include "authority/script_engine.h"

#include <duktape.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/assert.h"

// Duktape throws by longjmp(), which ends no C++ object. So whatever runs inside a protected call
// keeps what must be destroyed in State, and has only plain values on its stack.

namespace headway::authority {
namespace {

/// Methods of what rules are given. What a rule can reach and change here is its own affair: no
/// verdict is computed by it.
constexpr std::string_view prelude = R"((function (polkit, action, subject, is_in_netgroup) {
  function method(object, name, code) {
    Object.defineProperty(object, name, { value: code, writable: true, configurable: true });
  }
  function text(value) { return typeof value === 'string' ? "'" + value + "'" : String(value); }
  polkit.Result = { NO: 'no', YES: 'yes', AUTH_SELF: 'auth_self',
    AUTH_SELF_KEEP: 'auth_self_keep', AUTH_ADMIN: 'auth_admin',
    AUTH_ADMIN_KEEP: 'auth_admin_keep', NOT_HANDLED: null };
  method(action, 'lookup', function (key) { return this['_detail_' + key]; });
  method(action, 'toString', function () {
    var result = "[Action id='" + this.id + "'";
    for (var key in this) {
      if (key.indexOf('_detail_') === 0) { result += ' ' + key.substr(8) + '=' + text(this[key]); }
    }
    return result + ']';
  });
  method(subject, 'isInGroup', function (group) { return this.groups.indexOf(group) >= 0; });
  method(subject, 'isInNetGroup', function (group) { return is_in_netgroup(this.user, group); });
  method(subject, 'toString', function () {
    var result = '[Subject';
    for (var key in this) { result += ' ' + key + '=' + text(this[key]); }
    return result + ']';
  });
}))";

/// What a program with a C interpreter beside it would not miss.
constexpr std::array not_language = {"Duktape", "CBOR", "performance", "TextEncoder",
                                     "TextDecoder"};

/// Requests for memory that are refused while one thing runs. The engine asks several times for the
/// same, each time with less garbage.
constexpr int refusals_max = 40;

constexpr std::size_t spawn_arguments_max = 256;
constexpr std::size_t spawn_bytes_max = 64 << 10;
constexpr std::size_t identities_bytes_max = 64 << 10;

void push_text(duk_context* script, std::string_view text) {
  duk_push_lstring(script, text.data(), text.size());
}

/// The line on which the call of addRule() or addAdminRule() begins that ends on line `end`.
std::uint32_t begin_of_call(std::string_view source, std::uint32_t end) {
  std::uint32_t begin = end;
  for (std::uint32_t line = 1; line <= end; ++line) {
    const std::size_t length = source.find('\n');
    const std::string_view text = source.substr(0, length);
    if (text.contains("addRule") || text.contains("addAdminRule")) begin = line;
    if (length == std::string_view::npos) break;
    source.remove_prefix(length + 1);
  }
  return begin;
}

void put_text(duk_context* script, const char* key, std::string_view text) {
  push_text(script, text);
  duk_put_prop_string(script, -2, key);
}

void put_text_or_null(duk_context* script, const char* key,
                      const std::optional<std::string>& text) {
  if (text) {
    push_text(script, *text);
  } else {
    duk_push_null(script);
  }
  duk_put_prop_string(script, -2, key);
}

/// Of what is on top of the stack, which stays as it is.
bool is_truthy(duk_context* script) {
  duk_dup_top(script);
  const bool result = duk_to_boolean(script, -1) != 0;
  duk_pop(script);
  return result;
}

void put_flag(duk_context* script, const char* key, bool value) {
  duk_push_boolean(script, value);
  duk_put_prop_string(script, -2, key);
}

}  // namespace

struct ScriptEngine::State {
  State(ScriptHost& for_host, std::size_t memory_max)
      : host(for_host), memory_bytes_max(memory_max) {}

  ScriptHost& host;
  std::size_t memory_bytes_max;
  std::size_t memory_bytes = 0;
  int refusals = 0;  // of memory, in this run
  duk_context* script = nullptr;
  bool loading = false;
  const std::string* file = nullptr;  // while it is loaded
  RulePlaces rules;
  RulePlaces admin_rules;

  // Scratch of what runs protected, and its results.
  std::vector<std::string> arguments;
  ScriptHost::Output output;
  std::string error;
  std::string error_file;  // where it was thrown, if that is known
  std::uint32_t error_line = 0;
  const RuleQuery* query = nullptr;
  std::string_view source;
  Decision decision;
  Admins admins;

  // Memory.
  static void* allocate(void* self, duk_size_t size);
  static void* reallocate(void* self, void* memory, duk_size_t size);
  static void release(void* self, void* memory);

  // What scripts call.
  static State& of(duk_context* script);
  static duk_ret_t add_rule(duk_context* script);
  static duk_ret_t add_admin_rule(duk_context* script);
  static duk_ret_t write_log(duk_context* script);
  static duk_ret_t spawn(duk_context* script);
  static duk_ret_t is_in_netgroup(duk_context* script);

  // What runs protected.
  static duk_ret_t set_up(duk_context* script, void* self);
  static duk_ret_t run_source(duk_context* script, void* self);
  static duk_ret_t ask_rules(duk_context* script, void* self);
  static duk_ret_t ask_admin_rules(duk_context* script, void* self);
  static duk_ret_t read_error(duk_context* script, void* self);

  void add(const char* list, RulePlaces& places);
  void place_of_caller(RulePlace& place) const;
  void push_query() const;
  void take_verdict();
  void take_identities();
  void set_error(std::string_view text) { error.assign(text.substr(0, error_bytes_max)); }
  [[nodiscard]] std::string error_and_place() const;
  bool run(duk_safe_call_function function);
};

// Memory

void* ScriptEngine::State::allocate(void* self, duk_size_t size) {
  return reallocate(self, nullptr, size);
}

void* ScriptEngine::State::reallocate(void* self, void* memory, duk_size_t size) {
  auto& state = *static_cast<State*>(self);
  if (size == 0) {
    release(self, memory);
    return nullptr;
  }
  const std::size_t before = memory != nullptr ? ::malloc_usable_size(memory) : 0;
  if (size > before && size - before > state.memory_bytes_max - state.memory_bytes) {
    if (++state.refusals > refusals_max) state.host.exhausted();
    return nullptr;
  }
  void* const moved = std::realloc(memory, size);
  if (moved == nullptr) return nullptr;
  state.memory_bytes -= before;
  // What is given may be a little more than what was asked for.
  state.memory_bytes =
      std::min(state.memory_bytes + ::malloc_usable_size(moved), state.memory_bytes_max);
  return moved;
}

void ScriptEngine::State::release(void* self, void* memory) {
  if (memory == nullptr) return;
  auto& state = *static_cast<State*>(self);
  state.memory_bytes -= std::min(state.memory_bytes, ::malloc_usable_size(memory));
  std::free(memory);
}

// What scripts call

ScriptEngine::State& ScriptEngine::State::of(duk_context* script) {
  duk_memory_functions functions;
  duk_get_memory_functions(script, &functions);
  return *static_cast<State*>(functions.udata);
}

/// The nearest call on the stack that is one of a script's. What the engine calls its line is the
/// one on which it ends.
void ScriptEngine::State::place_of_caller(RulePlace& place) const {
  for (duk_int_t level = -2;; --level) {
    duk_inspect_callstack_entry(script, level);
    if (!duk_is_object(script, -1)) {
      duk_pop(script);
      return;
    }
    duk_get_prop_string(script, -1, "lineNumber");
    const duk_uint_t line = duk_get_uint_default(script, -1, 0);
    duk_pop_2(script);
    if (line > 0) {
      place.line = begin_of_call(source, line);
      return;
    }
  }
}

void ScriptEngine::State::add(const char* list, RulePlaces& places) {
  if (!loading) {
    static_cast<void>(duk_error(script, DUK_ERR_ERROR, "rules are added while files are loaded"));
  }
  if (places.size() >= rules_max) {
    static_cast<void>(duk_error(script, DUK_ERR_RANGE_ERROR, "there are too many rules"));
  }
  duk_push_heap_stash(script);
  duk_get_prop_string(script, -1, list);
  duk_dup(script, 0);
  duk_put_prop_index(script, -2, static_cast<duk_uarridx_t>(places.size()));
  places.push_back({.file = *file, .line = 0});
  place_of_caller(places.back());
}

duk_ret_t ScriptEngine::State::add_rule(duk_context* script) {
  State& state = of(script);
  state.add("rules", state.rules);
  return 0;
}

duk_ret_t ScriptEngine::State::add_admin_rule(duk_context* script) {
  State& state = of(script);
  state.add("admin_rules", state.admin_rules);
  return 0;
}

duk_ret_t ScriptEngine::State::write_log(duk_context* script) {
  duk_size_t length = 0;
  const char* const text = duk_require_lstring(script, 0, &length);
  of(script).host.log({text, length});
  return 0;
}

duk_ret_t ScriptEngine::State::spawn(duk_context* script) {
  State& state = of(script);
  if (!duk_is_array(script, 0)) {
    return duk_error(script, DUK_ERR_TYPE_ERROR, "polkit.spawn() takes an array of words");
  }
  const duk_size_t count = duk_get_length(script, 0);
  if (count == 0 || count > spawn_arguments_max) {
    return duk_error(script, DUK_ERR_RANGE_ERROR, "polkit.spawn() takes 1 to %lu words",
                     static_cast<unsigned long>(spawn_arguments_max));
  }
  state.arguments.clear();
  std::size_t bytes = 0;
  for (duk_size_t i = 0; i < count; ++i) {
    duk_get_prop_index(script, 0, static_cast<duk_uarridx_t>(i));
    duk_size_t length = 0;
    const char* const word = duk_to_lstring(script, -1, &length);
    bytes += length;
    if (bytes > spawn_bytes_max || std::string_view(word, length).contains('\0')) {
      return duk_error(script, DUK_ERR_RANGE_ERROR, "polkit.spawn(): no program takes such words");
    }
    state.arguments.emplace_back(word, length);
    duk_pop(script);
  }
  state.output = state.host.spawn(state.arguments);
  if (!state.output.succeeded) {
    return duk_error(script, DUK_ERR_ERROR, "polkit.spawn(): %s", state.output.text.c_str());
  }
  push_text(script, state.output.text);
  return 1;
}

duk_ret_t ScriptEngine::State::is_in_netgroup(duk_context* script) {
  duk_size_t user_length = 0;
  duk_size_t group_length = 0;
  const char* const user = duk_require_lstring(script, 0, &user_length);
  const char* const group = duk_require_lstring(script, 1, &group_length);
  const bool is = of(script).host.is_in_netgroup({user, user_length}, {group, group_length});
  duk_push_boolean(script, is);
  return 1;
}

// What runs protected

duk_ret_t ScriptEngine::State::set_up(duk_context* script, void* /*self*/) {
  duk_push_heap_stash(script);
  for (const char* list : {"rules", "admin_rules"}) {
    duk_push_array(script);
    duk_put_prop_string(script, -2, list);
  }
  push_text(script, "prelude");
  duk_compile_lstring_filename(script, DUK_COMPILE_EVAL, prelude.data(), prelude.size());
  duk_call(script, 0);

  const duk_idx_t polkit = duk_push_object(script);
  const std::pair<const char*, duk_c_function> functions[] = {{"addRule", &add_rule},
                                                              {"addAdminRule", &add_admin_rule},
                                                              {"log", &write_log},
                                                              {"spawn", &spawn}};
  for (const auto& [name, function] : functions) {
    duk_push_c_function(script, function, 1);
    duk_put_prop_string(script, polkit, name);
  }
  duk_dup(script, polkit);
  duk_put_global_string(script, "polkit");
  for (const char* prototype : {"action", "subject"}) {
    duk_push_object(script);
    duk_dup(script, -1);
    duk_put_prop_string(script, 0, prototype);
  }
  duk_push_c_function(script, &is_in_netgroup, 2);
  duk_call(script, 4);

  duk_push_global_object(script);
  for (const char* name : not_language) duk_del_prop_string(script, -1, name);
  return 0;
}

duk_ret_t ScriptEngine::State::run_source(duk_context* script, void* self) {
  const auto& state = *static_cast<State*>(self);
  push_text(script, *state.file);
  duk_compile_lstring_filename(script, 0, state.source.data(), state.source.size());
  duk_call(script, 0);
  return 0;
}

/// Leaves action and subject on the stack.
void ScriptEngine::State::push_query() const {
  duk_push_heap_stash(script);
  duk_push_object(script);
  duk_get_prop_string(script, -2, "action");
  duk_set_prototype(script, -2);
  put_text(script, "id", query->action_id);
  for (const auto& [key, value] : query->details) {
    push_text(script, "_detail_");
    push_text(script, key);
    duk_concat(script, 2);
    push_text(script, value);
    duk_put_prop(script, -3);
  }

  const RuleSubject& subject = query->subject;
  duk_push_object(script);
  duk_get_prop_string(script, -3, "subject");
  duk_set_prototype(script, -2);
  duk_push_uint(script, subject.pid);
  duk_put_prop_string(script, -2, "pid");
  duk_push_uint(script, subject.uid);
  duk_put_prop_string(script, -2, "uid");
  put_text(script, "user", subject.user);
  duk_push_array(script);
  for (duk_uarridx_t i = 0; i < subject.groups.size(); ++i) {
    push_text(script, subject.groups[i]);
    duk_put_prop_index(script, -2, i);
  }
  duk_put_prop_string(script, -2, "groups");
  put_text_or_null(script, "seat", subject.seat);
  put_text_or_null(script, "session", subject.session);
  put_flag(script, "local", subject.local);
  put_flag(script, "active", subject.active);
  put_text_or_null(script, "system_unit", subject.system_unit);
  if (subject.system_unit) put_flag(script, "no_new_privileges", subject.no_new_privs);
}

/// Of what a rule has returned, which is truthy and on top of the stack.
void ScriptEngine::State::take_verdict() {
  if (!duk_is_string(script, -1)) {
    set_error("the rule returned what is not a string");
    return;
  }
  duk_size_t length = 0;
  const char* const text = duk_get_lstring(script, -1, &length);
  if (const auto verdict = verdict_named({text, length})) {
    decision.verdict = *verdict;
  } else {
    set_error("the rule returned a string that is not one of polkit.Result");
  }
}

duk_ret_t ScriptEngine::State::ask_rules(duk_context* script, void* self) {
  auto& state = *static_cast<State*>(self);
  state.push_query();
  const duk_idx_t subject = duk_get_top_index(script);
  duk_get_prop_string(script, subject - 2, "rules");
  for (std::uint32_t i = 0; i < state.rules.size(); ++i) {
    duk_get_prop_index(script, subject + 1, i);
    duk_dup(script, subject - 1);
    duk_dup(script, subject);
    state.decision.asked = i + 1;
    state.host.asking(i);
    duk_call(script, 2);
    if (is_truthy(script)) {
      state.take_verdict();
      return 0;
    }
    duk_pop(script);
  }
  state.decision.verdict = Verdict::not_handled;
  return 0;
}

/// Of what a rule has returned, which is truthy and on top of the stack: whatever joins to a text.
void ScriptEngine::State::take_identities() {
  push_text(script, "join");
  push_text(script, ",");
  duk_call_prop(script, -3, 1);
  duk_size_t length = 0;
  const char* const text = duk_require_lstring(script, -1, &length);
  if (length > identities_bytes_max) {
    static_cast<void>(duk_error(script, DUK_ERR_RANGE_ERROR, "the rule names too many"));
  }
  const std::string_view joined(text, length);
  for (std::size_t start = 0; start <= joined.size();) {
    const std::size_t end = std::min(joined.find(',', start), joined.size());
    admins.identities.emplace_back(joined.substr(start, end - start));
    start = end + 1;
  }
}

duk_ret_t ScriptEngine::State::ask_admin_rules(duk_context* script, void* self) {
  auto& state = *static_cast<State*>(self);
  state.push_query();
  const duk_idx_t subject = duk_get_top_index(script);
  duk_get_prop_string(script, subject - 2, "admin_rules");
  for (std::uint32_t i = 0; i < state.admin_rules.size(); ++i) {
    duk_get_prop_index(script, subject + 1, i);
    duk_dup(script, subject - 1);
    duk_dup(script, subject);
    state.admins.asked = i + 1;
    state.host.asking(i);
    duk_call(script, 2);
    if (is_truthy(script)) {
      state.admins.decided = true;
      state.take_identities();
      return 0;
    }
    duk_pop(script);
  }
  return 0;
}

/// The stack holds what was thrown.
duk_ret_t ScriptEngine::State::read_error(duk_context* script, void* self) {
  auto& state = *static_cast<State*>(self);
  state.set_error("something was thrown that cannot be told");
  duk_size_t length = 0;
  const char* const text = duk_safe_to_lstring(script, -1, &length);
  if (length > 0) state.set_error({text, length});
  if (!duk_is_error(script, 0)) return 0;
  duk_get_prop_string(script, 0, "lineNumber");
  state.error_line = duk_get_uint_default(script, -1, 0);
  duk_get_prop_string(script, 0, "fileName");
  const char* const file = duk_get_lstring(script, -1, &length);
  if (file != nullptr) state.error_file.assign(file, std::min(length, error_bytes_max));
  return 0;
}

/// False if it threw; then error and what is beside it say what.
bool ScriptEngine::State::run(duk_safe_call_function function) {
  refusals = 0;
  error.clear();
  error_file.clear();
  error_line = 0;
  const bool succeeded = duk_safe_call(script, function, this, 0, 1) == DUK_EXEC_SUCCESS;
  if (!succeeded) {
    duk_dup_top(script);  // to read its line after it became text
    duk_safe_call(script, &read_error, this, 1, 1);
  }
  duk_set_top(script, 0);
  return succeeded;
}

std::string ScriptEngine::State::error_and_place() const {
  if (error_file.empty() || error_line == 0) return error;
  return error_file + ':' + std::to_string(error_line) + ": " + error;
}

ScriptEngine::ScriptEngine(ScriptHost& host, std::size_t memory_bytes_max)
    : state_(std::make_unique<State>(host, memory_bytes_max)) {
  const auto fatal = [](void*, const char* text) {
    std::fprintf(stderr, "JavaScript: %s\n", text);
    std::abort();
  };
  state_->script =
      duk_create_heap(&State::allocate, &State::reallocate, &State::release, state_.get(), fatal);
  HEADWAY_ASSERT(state_->script != nullptr);
  const bool is_set_up = state_->run(&State::set_up);
  HEADWAY_ASSERT(is_set_up);
}

ScriptEngine::~ScriptEngine() { duk_destroy_heap(state_->script); }

std::optional<ScriptProblem> ScriptEngine::load(const std::string& file, std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  state_->file = &file;
  state_->source = text;
  state_->loading = true;
  const bool succeeded = state_->run(&State::run_source);
  state_->loading = false;
  state_->file = nullptr;
  if (succeeded) return std::nullopt;
  return ScriptProblem{.line = state_->error_line, .text = state_->error};
}

const RulePlaces& ScriptEngine::rules() const { return state_->rules; }
const RulePlaces& ScriptEngine::admin_rules() const { return state_->admin_rules; }

ScriptEngine::Decision ScriptEngine::decide(const RuleQuery& query) {
  state_->query = &query;
  state_->decision = {};
  const bool succeeded = state_->run(&State::ask_rules);
  Decision decision = std::move(state_->decision);
  if (!succeeded) decision.verdict = Verdict::no;
  decision.error = state_->error_and_place();
  return decision;
}

ScriptEngine::Admins ScriptEngine::admins(const RuleQuery& query) {
  state_->query = &query;
  state_->admins = {};
  const bool succeeded = state_->run(&State::ask_admin_rules);
  Admins admins = std::move(state_->admins);
  if (!succeeded) admins.identities.clear();
  admins.error = state_->error_and_place();
  return admins;
}

bool ScriptEngine::is_crowded() const {
  return state_->memory_bytes > state_->memory_bytes_max / 2;
}

}  // namespace headway::authority
