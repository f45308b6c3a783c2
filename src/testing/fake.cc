// SPDX-License-Identifier: MIT
#include "headway/testing/fake.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "client/core.h"
#include "headway/introspection.h"
#include "wire/names.h"
#include "wire/signature.h"

namespace headway::testing {
namespace {

constexpr std::string_view peer = "org.freedesktop.DBus.Peer";
constexpr std::string_view introspectable = "org.freedesktop.DBus.Introspectable";
constexpr std::string_view properties = "org.freedesktop.DBus.Properties";

void add_zero(message_builder& to, std::string_view type);

void add_zeros(message_builder& to, std::string_view types) {
  while (!types.empty()) {
    const std::size_t length = wire::complete_type_length(types);
    add_zero(to, types.substr(0, length));
    types.remove_prefix(length);
  }
}

/// The value of that type that says nothing.
void add_zero(message_builder& to, std::string_view type) {
  switch (type.front()) {
    case 'y':
      to.byte(0);
      break;
    case 'b':
      to.boolean(false);
      break;
    case 'n':
      to.int16(0);
      break;
    case 'q':
      to.uint16(0);
      break;
    case 'i':
      to.int32(0);
      break;
    case 'u':
      to.uint32(0);
      break;
    case 'x':
      to.int64(0);
      break;
    case 't':
      to.uint64(0);
      break;
    case 'd':
      to.float64(0);
      break;
    case 's':
      to.string("");
      break;
    case 'o':
      to.object_path("/");
      break;
    case 'g':
      to.signature("");
      break;
    case 'v':
      to.open_variant("s").string("").close();
      break;
    case 'a':
      to.open_array(type.substr(1)).close();
      break;
    case '(':
      to.open_struct(type.substr(1, type.size() - 2));
      add_zeros(to, type.substr(1, type.size() - 2));
      to.close();
      break;
    default:
      throw error(error_name::not_supported,
                  "a descriptor is to be answered: the fake needs a handler for that");
  }
}

std::string types_of(const std::vector<introspection::argument>& arguments) {
  std::string types;
  for (const auto& argument : arguments) types += argument.type;
  return types;
}

template <class Range>
auto* named(Range& range, std::string_view name) {
  const auto found =
      std::ranges::find(range, name, [](const auto& one) { return std::string_view(one.name); });
  return found != range.end() ? &*found : nullptr;
}

void expect_types(const message& call, std::string_view types) {
  if (call.signature() == types) return;
  throw error(error_name::invalid_args,
              fmt::format("{} takes \"{}\", not \"{}\"", call.member(), types, call.signature()));
}

}  // namespace

struct fake::Inside {
  Inside(bus& on, const peer_options& who) : self(on.connect(who)) {}

  void take(const message& call);
  [[nodiscard]] message answer(const message& call);
  [[nodiscard]] message answer_method(const message& call, const introspection::node& object);
  [[nodiscard]] message answer_properties(const message& call, const introspection::node& object);
  [[nodiscard]] std::string introspect(std::string_view path) const;
  void add_value(message_builder& to, std::string_view path, std::string_view interface,
                 const introspection::property& property) const;

  connection self;
  std::map<std::string, introspection::node, std::less<>> objects;
  std::map<std::pair<std::string, std::string>, handler> handlers;           // interface, member
  std::map<std::tuple<std::string, std::string, std::string>, message> set;  // a variant each
  std::vector<message> calls;
};

void fake::Inside::take(const message& call) {
  if (call.interface() == peer) return self.core()->objects().dispatch(call);
  calls.push_back(call);
  message reply;
  try {
    reply = answer(call);
  } catch (const error& e) {
    reply = message_builder::error_reply(call, e.name(), e.text()).build();
  }
  if (call.expects_reply() && self.is_open()) self.send(reply);
}

message fake::Inside::answer(const message& call) {
  if (call.interface() == introspectable) {
    return message_builder::method_return(call).string(introspect(call.path())).build();
  }
  const auto object = objects.find(call.path());
  if (object == objects.end()) {
    throw error(error_name::unknown_object, fmt::format("the fake has no object {}", call.path()));
  }
  return call.interface() == properties ? answer_properties(call, object->second)
                                        : answer_method(call, object->second);
}

message fake::Inside::answer_method(const message& call, const introspection::node& object) {
  for (const auto& interface : object.interfaces) {
    if (!call.interface().empty() && interface.name != call.interface()) continue;
    const auto* const method = named(interface.methods, call.member());
    if (method == nullptr) continue;
    expect_types(call, types_of(method->in));
    message_builder builder = message_builder::method_return(call);
    const auto handler = handlers.find({interface.name, method->name});
    if (handler != handlers.end()) {
      handler->second(call, builder);
    } else {
      add_zeros(builder, types_of(method->out));
    }
    message reply = builder.build();
    if (reply.signature() == types_of(method->out)) return reply;
    throw error(error_name::failed,
                fmt::format("the fake's handler of {} answers \"{}\" where the XML says \"{}\"",
                            method->name, reply.signature(), types_of(method->out)));
  }
  throw error(error_name::unknown_method,
              fmt::format("the fake's {} has no method {} in the interface \"{}\"", call.path(),
                          call.member(), call.interface()));
}

message fake::Inside::answer_properties(const message& call, const introspection::node& object) {
  const bool gets_all = call.member() == "GetAll";
  const bool sets = call.member() == "Set";
  if (!gets_all && !sets && call.member() != "Get") {
    throw error(error_name::unknown_method, "there is no such method of properties");
  }
  expect_types(call, gets_all ? "s" : sets ? "ssv" : "ss");
  auto values = call.body();
  const std::string name(values.string());
  const auto* const interface = named(object.interfaces, name);
  if (interface == nullptr) throw error(error_name::unknown_interface, name);

  message_builder reply = message_builder::method_return(call);
  if (gets_all) {
    reply.open_array("{sv}");
    for (const auto& property : interface->properties) {
      if (!property.can_be_read) continue;
      reply.open_dict_entry().string(property.name);
      add_value(reply, call.path(), name, property);
      reply.close();
    }
    return reply.close().build();
  }
  const std::string member(values.string());
  const auto* const property = named(interface->properties, member);
  if (property == nullptr) throw error(error_name::unknown_property, member);
  if (!sets) {
    add_value(reply, call.path(), name, *property);
    return reply.build();
  }
  if (!property->can_be_set) throw error(error_name::property_read_only, member);
  message value = message_builder::signal("/", "a.b", "Value").copy(values).build();
  auto inner = value.body();
  inner.enter();
  if (inner.type_signature() != property->type) throw error(error_name::invalid_args, member);
  set.insert_or_assign({std::string(call.path()), name, member}, std::move(value));
  return reply.build();
}

std::string fake::Inside::introspect(std::string_view path) const {
  introspection::node all;
  if (const auto found = objects.find(path); found != objects.end()) all = found->second;
  all.name.clear();
  const std::string below = path == "/" ? "/" : std::string(path) + "/";
  for (const auto& [other, node] : objects) {
    if (!other.starts_with(below) || other.size() == below.size()) continue;
    const std::string child =
        other.substr(below.size(), other.find('/', below.size()) - below.size());
    if (named(all.children, child) == nullptr) all.children.emplace_back().name = child;
  }
  return introspection::to_xml(all);
}

void fake::Inside::add_value(message_builder& to, std::string_view path, std::string_view interface,
                             const introspection::property& property) const {
  const auto found =
      set.find({std::string(path), std::string(interface), std::string(property.name)});
  if (found == set.end()) {
    to.open_variant(property.type);
    add_zero(to, property.type);
    to.close();
    return;
  }
  auto values = found->second.body();
  to.copy(values);
}

fake::fake(bus& on, std::string_view name, const peer_options& who)
    : inside_(std::make_unique<Inside>(on, who)) {
  Inside* const inside = inside_.get();
  inside->self.core()->give_calls_to([inside](const message& call) { inside->take(call); });
  inside->self.request_name(name).wait();
}

fake::~fake() {
  inside_->self.core()->give_calls_to(nullptr);
  inside_->self.close();
}

void fake::add(std::string_view path, std::string_view xml) {
  if (!wire::is_object_path(path)) {
    throw error(error_name::invalid_args, fmt::format("\"{}\" is no object path", path));
  }
  auto parsed = introspection::parse(xml);
  if (!parsed) throw std::move(parsed.error());
  inside_->objects.insert_or_assign(std::string(path), std::move(*parsed));
}

void fake::on(std::string_view interface, std::string_view member, handler answer) {
  for (const auto& [path, object] : inside_->objects) {
    const auto* const found = named(object.interfaces, interface);
    if (found == nullptr || named(found->methods, member) == nullptr) continue;
    inside_->handlers.insert_or_assign({std::string(interface), std::string(member)},
                                       std::move(answer));
    return;
  }
  throw std::invalid_argument(fmt::format("no object has a method {}.{}", interface, member));
}

void fake::set(std::string_view path, std::string_view interface, std::string_view property,
               const variant& value) {
  const auto object = inside_->objects.find(path);
  const auto* const there =
      object != inside_->objects.end() ? named(object->second.interfaces, interface) : nullptr;
  const auto* const found = there != nullptr ? named(there->properties, property) : nullptr;
  if (found == nullptr || found->type != value.signature()) {
    throw std::invalid_argument(fmt::format("{} has no property {}.{} of type \"{}\"", path,
                                            interface, property, value.signature()));
  }
  headway::detail::output content;
  headway::detail::codec::encode(content, headway::detail::type_of<variant>, &value);
  const message kept = headway::detail::make_message(
      {.type = message_type::signal, .path = "/", .interface = "a.b", .member = "Value"}, "v",
      std::move(content));
  inside_->set.insert_or_assign({std::string(path), std::string(interface), std::string(property)},
                                kept);
  auto values = kept.body();
  inside_->self.send(message_builder::signal(path, properties, "PropertiesChanged")
                         .string(interface)
                         .open_array("{sv}")
                         .open_dict_entry()
                         .string(property)
                         .copy(values)
                         .close()
                         .close()
                         .open_array("s")
                         .close()
                         .build());
}

void fake::emit(std::string_view path, std::string_view interface, std::string_view member,
                const writer& arguments) {
  message_builder builder = message_builder::signal(path, interface, member);
  if (arguments) arguments(builder);
  const message what = builder.build();
  const auto object = inside_->objects.find(path);
  const auto* const there =
      object != inside_->objects.end() ? named(object->second.interfaces, interface) : nullptr;
  const auto* const found = there != nullptr ? named(there->signals, member) : nullptr;
  if (found == nullptr || types_of(found->arguments) != what.signature()) {
    throw std::invalid_argument(fmt::format("{} has no signal {}.{} with \"{}\"", path, interface,
                                            member, what.signature()));
  }
  inside_->self.send(what);
}

const std::vector<message>& fake::calls() const noexcept { return inside_->calls; }

std::vector<message> fake::calls(std::string_view member) const {
  std::vector<message> some;
  std::ranges::copy_if(inside_->calls, std::back_inserter(some),
                       [&](const message& call) { return call.member() == member; });
  return some;
}

const connection& fake::self() const noexcept { return inside_->self; }

}  // namespace headway::testing
