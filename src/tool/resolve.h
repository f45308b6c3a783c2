// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headway/introspection.h"
#include "tool/output.h"
#include "tool/verb_bus.h"

/// What a person's words mean on a bus: short names of services, objects and members become whole
/// ones, if only one thing can be meant.
namespace headway::tool {

/// The name that is meant, or all between which the text does not decide, or none. What fits better
/// wins: the same name; the same last part ("login1"), in either case; that without its version
/// ("login"), or as the daemon is called ("logind"); a part of the name.
[[nodiscard]] std::vector<std::string> names_like(std::span<const std::string> names,
                                                  std::string_view text);

/// "a, b, c ...": as many as a line can tell.
[[nodiscard]] std::string list_of_candidates(const std::vector<std::string>& texts);

/// A service on a bus.
struct Service {
  Bus bus;
  std::string name;  // as the bus knows it

  /// What the object says of itself.
  [[nodiscard]] result<introspection::node> ask(std::string_view path) const;
  /// The same, with a failure for the end of a verb.
  [[nodiscard]] Outcome<introspection::node> introspect(std::string_view path) const;
  /// Where a service that has but one object usually has it: "/org/example/Name".
  [[nodiscard]] std::string usual_path() const;
};

/// What to say of an object that does not say what it has.
[[nodiscard]] Failure cannot_introspect(const Service& service, std::string_view path,
                                        const error& why);

/// On the bus that is named, or on the first on which a service fits the text; on that alone which
/// can be reached. Says on stderr, if that is wanted, what it found.
[[nodiscard]] Outcome<Service> resolve_service(const Invocation& how, const Output& output,
                                               std::string_view text);

enum class MemberKind : std::uint8_t { method, property, signal };

/// A member of an object.
struct Member {
  struct Argument {
    std::string name;
    std::string type;
  };

  std::string path;
  std::string interface;
  std::string name;
  std::vector<Argument> arguments;  // that go in; of a signal all; of a property its value alone
  bool can_be_read = true;
  bool can_be_set = false;

  [[nodiscard]] std::string signature() const;
  [[nodiscard]] std::string text() const;  // "org.example.I.M of /p"
};

/// Members that "Name" or "Interface.Name" may mean, in which the interface may be a last part of
/// its name. Those that every object has are meant only if nothing else is.
[[nodiscard]] std::vector<Member> members_like(const introspection::node& object,
                                               std::string_view path, MemberKind kind,
                                               std::string_view text);

/// `path` empty: of whichever object has it, the usual one first.
[[nodiscard]] Outcome<Member> resolve_member(const Service& service, const Output& output,
                                             std::string_view path, MemberKind kind,
                                             std::string_view text);

/// "Name" or "Interface.Name".
struct MemberText {
  std::string_view interface;
  std::string_view name;

  explicit MemberText(std::string_view text);
  /// Whether the interface of this whole name may be meant: the text has none, or its last part.
  [[nodiscard]] bool is_of(std::string_view whole) const;
};
/// None unless both are whole: "org.example.Interface.Member".
[[nodiscard]] std::optional<MemberText> whole_name(std::string_view text);

}  // namespace headway::tool
