// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headway/introspection.h"
#include "tool/cpp_names.h"

/// Types of D-Bus as types of C++.
namespace headway::tool {

/// A struct that generated code defines.
struct CppStruct {
  struct Field {
    std::string type;
    std::string name;
    bool operator==(const Field&) const = default;
  };
  std::string name;
  std::vector<Field> fields;
};

/// What a struct in a type may be called.
struct StructNames {
  std::string name;     // "Unit"
  std::string context;  // of the member: "ListUnits"; put before if the name is taken
  std::vector<std::string> fields{};

  /// By the annotation org.headway.Struct ("Unit id path"), by that of Qt, by the argument's name,
  /// or by the member's.
  static StructNames of(const introspection::described& what, std::string_view context,
                        std::string_view qt_type = {});
};

/// The C++ types of one interface. Its structs lie in a namespace of their own, so that headers of
/// several interfaces can be included together; each is defined once.
class CppTypes {
 public:
  /// What a struct can have; larger ones become tuples.
  static constexpr std::size_t fields_max = 24;

  explicit CppTypes(std::string name_space) : name_space_(std::move(name_space)) {}

  /// The C++ type of one complete type: "std::vector<Unit>".
  std::string spell(std::string_view type, const StructNames& names);
  /// A struct of these, for the arguments of a signal or of a reply.
  std::string add(const std::string& name, std::vector<CppStruct::Field> fields);

  [[nodiscard]] const std::string& name_space() const { return name_space_; }
  /// Each behind what it uses.
  [[nodiscard]] const std::vector<CppStruct>& structs() const { return structs_; }

 private:
  std::string spell_struct(std::string_view members, const StructNames& names);
  std::string define(const StructNames& names, std::vector<CppStruct::Field> fields);

  std::string name_space_;
  NameScope names_;
  std::vector<CppStruct> structs_;
};

/// " = 0" and the like: members that would be left undefined.
[[nodiscard]] std::string_view initializer_of(std::string_view cpp_type);

}  // namespace headway::tool
