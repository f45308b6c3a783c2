// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "headway/message.h"
#include "tool/json.h"
#include "tool/output.h"
#include "tool/wall_time.h"

namespace headway::tool {

/// A part of what happens on a bus. Empty: everything.
struct WatchScope {
  std::string service;    // who it happens to
  std::string path;       // the object or one below it
  std::string interface;  // its signals and its properties

  /// Match rules that let through at least that.
  [[nodiscard]] std::vector<std::string> rules() const;
};

/// Says in words what signals say: which property has which value now and had before, which objects
/// and names came and went; a signal of a service's own as it is. It knows values that it was told.
class WatchWords {
 public:
  /// Gives the value of a property, as a variant, or nothing.
  using Ask =
      std::function<std::optional<message>(std::string_view sender, std::string_view path,
                                           std::string_view interface, std::string_view property)>;

  WatchWords(WatchScope scope, const Output& output, Ask ask)
      : scope_(std::move(scope)), output_(output), ask_(std::move(ask)) {}

  /// What a reply to GetAll says.
  void learn(std::string_view sender, std::string_view path, std::string_view interface,
             message_reader& dictionary);
  /// Forgets what was learned about a peer.
  void forget(std::string_view sender);

  /// The lines for a signal, each with a newline; with --json documents. `who` is what people call
  /// its sender.
  [[nodiscard]] std::string tell(const message& what, std::string_view who, WallTime when);

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::string>;
  struct Value {
    std::string text;
    std::string json;
  };
  struct Event;

  static constexpr std::size_t values_max = 100'000;

  [[nodiscard]] static Value value_of(message_reader& variant);
  /// What it was before, if that is known.
  std::optional<Value> remember(const Key& which, Value value);
  void tell_owner(Event& event);
  void tell_properties(Event& event);
  void tell_property(Event& event, std::string_view interface, std::string_view name,
                     std::optional<Value> value);
  void tell_appeared(Event& event);
  void tell_vanished(Event& event);
  void tell_signal(Event& event);
  void put(Event& event, std::string_view path, std::string_view words, JsonText json) const;
  [[nodiscard]] JsonText open(const Event& event, std::string_view kind,
                              std::string_view path) const;
  [[nodiscard]] bool takes_path(std::string_view path) const;
  [[nodiscard]] bool takes_interface(std::string_view interface) const;

  WatchScope scope_;
  Output output_;
  Ask ask_;
  std::map<Key, Value> values_;
};

}  // namespace headway::tool
