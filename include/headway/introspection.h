// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headway/call.h"
#include "headway/error.h"
#include "headway/task.h"

// Qt makes this a macro, unless QT_NO_KEYWORDS is defined, which who writes `interface.signals`
// needs.
#pragma push_macro("signals")
#undef signals

namespace headway {
class connection;
}

/// What objects say of themselves, as values: read from the XML that D-Bus has for it, and written.
///
///     auto node = headway::introspection::of(bus, "org.example.Thermostat", "/").wait();
///     for (const auto& interface : node.interfaces) std::cout << interface.name << "\n";
///
/// All names and types in what was read are valid: an interface's name is one, an argument's type
/// is exactly one complete type. Members keep the order they were written in, those of one kind.
namespace headway::introspection {

/// "org.freedesktop.DBus.Deprecated", "true".
struct annotation {
  std::string name;
  std::string value;
  bool operator==(const annotation&) const = default;
};

/// Empty if there is none of that name.
[[nodiscard]] std::string_view find(const std::vector<annotation>& annotations,
                                    std::string_view name) noexcept;

/// What all elements have. `doc` is the text of an annotation org.gtk.GDBus.DocString, or of an
/// element `doc:doc` or `tp:docstring`; it is written as the former.
struct described {
  std::string name;
  std::string doc{};
  std::vector<annotation> annotations{};
  [[nodiscard]] bool is_deprecated() const noexcept;
  bool operator==(const described&) const = default;
};

/// Of a method or a signal. Its name may be empty, and is any text.
struct argument : described {
  std::string type;
  bool operator==(const argument&) const = default;
};
struct method : described {
  std::vector<argument> in;
  std::vector<argument> out;
  bool operator==(const method&) const = default;
};
struct signal : described {
  std::vector<argument> arguments;
  bool operator==(const signal&) const = default;
};
struct property : described {
  std::string type;
  bool can_be_read = true;
  bool can_be_set = false;
  bool operator==(const property&) const = default;
};
struct interface : described {
  std::vector<method> methods;
  std::vector<property> properties;
  std::vector<signal> signals;
  bool operator==(const interface&) const = default;
};

/// An object: its interfaces and the nodes below it. The name of the outermost may be empty, or an
/// object path; of one below it is a path relative to what is above. Most services say nothing but
/// the names of those.
struct node : described {
  std::vector<introspection::interface> interfaces;
  std::vector<node> children;
  bool operator==(const node&) const = default;
};

/// Documents that are larger, or have elements deeper than this, are refused.
inline constexpr std::size_t document_bytes_max = std::size_t{4} << 20;
inline constexpr std::size_t depth_max = 64;

/// Reads a document. Any text gives a node or an error that says in which line what is wrong.
/// Elements that are not D-Bus's are passed over. Cost: linear in the document.
[[nodiscard]] result<node> parse(std::string_view xml);

/// Writes a document that reads the same.
[[nodiscard]] std::string to_xml(const node& what);

/// Asks an object of somebody else.
[[nodiscard]] call<node> of(const connection& bus, std::string_view destination,
                            std::string_view path);

/// An object in a tree of them: what it says, or why it does not.
struct object {
  std::string path;
  result<node> what;
};

/// The objects of a service, one below the other, as a walk that asks one after the other:
///
///     introspection::walk objects("/");
///     while (objects.has_next()) {
///       objects.take(of(bus, "org.example", objects.next()).as_result().wait());
///     }
///
/// tree() and tree_blocking() do that. However much a service invents, at most `objects_max`
/// objects are asked.
class walk {
 public:
  explicit walk(std::string_view top, std::size_t objects_max = 10'000);

  [[nodiscard]] bool has_next() const noexcept { return !waiting_.empty(); }
  /// The path to ask for.
  [[nodiscard]] const std::string& next() const noexcept { return waiting_.front(); }
  /// What was said there. Children are asked next, before what else waits: depth first.
  void take(result<node> answer);

  [[nodiscard]] const std::vector<object>& found() const& noexcept { return found_; }
  [[nodiscard]] std::vector<object> found() && noexcept { return std::move(found_); }
  /// Objects were left out because there are too many.
  [[nodiscard]] bool is_cut() const noexcept { return is_cut_; }

 private:
  static constexpr std::size_t path_bytes_max = 4096;

  std::size_t objects_max_;
  std::set<std::string> known_;
  std::deque<std::string> waiting_;
  std::vector<object> found_;
  bool is_cut_ = false;
};

/// An object and all below it, in the order of a tree.
[[nodiscard]] task<walk> tree(connection bus, std::string destination, std::string path);
[[nodiscard]] walk tree_blocking(const connection& bus, std::string_view destination,
                                 std::string_view path);

}  // namespace headway::introspection

#pragma pop_macro("signals")
