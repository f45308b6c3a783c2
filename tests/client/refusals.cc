// SPDX-License-Identifier: MIT
// What must not compile. refusals.py compiles this file and expects, for each line that ends with
// "// refused: TEXT", an error that leads to that line and says TEXT, and no other errors.
#include "headway/headway.h"

template <class Role>
struct Good1 {
  static constexpr std::string_view name = "org.example.Good1";
  headway::method<Role, void()> call;
  headway::property<Role, int> level;
};
template <class Role>
struct BadName1 {
  static constexpr std::string_view name = "org.example.Bad-1";
  headway::method<Role, void()> call;
};

void names(const headway::connection& bus, const std::string& text, const char* pointer) {
  static_cast<void>(bus.proxy<Good1>("org.example.A", "/org/example"));
  static_cast<void>(bus.proxy<Good1>(text, pointer));
  static_cast<void>(bus.serve<Good1>("/org/example/"));              // refused: path_rule
  static_cast<void>(bus.proxy<Good1>("org.example.A", "nonsense"));  // refused: path_rule
  static_cast<void>(bus.proxy<Good1>("example", "/"));               // refused: bus_name_rule
  static_cast<void>(bus.request_name("org..example"));               // refused: bus_name_rule
  static_cast<void>(bus.add_match("type='signl'"));                  // refused: match_rule_rule
  static_cast<void>(bus.stream("arg64='x'"));                        // refused: match_rule_rule
  static_cast<void>(bus.add_match("member='A',member='B'"));         // refused: match_rule_rule
  headway::match::signal().member("Not.One");                        // refused: member_name_rule
  static_cast<void>(bus.serve<BadName1>("/"));  // refused: the interface's name is not one
}

void values() {
  static_cast<void>(headway::object_path("/org"));
  static_cast<void>(headway::object_path("org"));  // refused: path_rule
  static_cast<void>(headway::signature("a{vs}"));  // refused: signature_rule
  static_cast<void>(headway::message_builder::method_call("", "/", "", "1"));  // refused: member
  auto signal = headway::message_builder::signal("/", "org.example.A", "B");
  signal.open_variant("su");  // refused: complete_type_rule
  signal.open_array("{sv}");
  signal.open_array("{vs}");  // refused: element_type_rule
  signal.open_struct("(i");   // refused: signature_rule
}

headway::method<headway::role::client, void(), "Set-It"> bad_member;  // refused: name of a member
headway::named_error<"Failed"> bad_error("");                         // refused: name of an error

struct Twice {
  int first;
  int second;
  static constexpr headway::key_name key_names[] = {{"second", "First"}};
};
struct NoMember {
  int first;
  static constexpr headway::key_name key_names[] = {{"second", "Second"}};
};
constexpr auto twice = headway::signature_of<headway::dict<Twice>>;         // refused: same key
constexpr auto no_member = headway::signature_of<headway::dict<NoMember>>;  // refused: no member
const auto ambiguous =
    headway::variant(std::variant<int, std::int32_t>());  // refused: two alternatives
constexpr auto key =
    headway::signature_of<std::map<std::vector<int>, int>>;  // refused: of a basic type
