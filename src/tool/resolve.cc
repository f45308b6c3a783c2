// SPDX-License-Identifier: MIT
#include "tool/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/result.h"
#include "tool/names.h"
#include "tool/object_tree.h"
#include "wire/names.h"

namespace headway::tool {
namespace {

constexpr std::size_t candidates_shown_max = 8;
constexpr std::size_t objects_asked_max = 500;
std::string lower(std::string_view text) {
  std::string out(text);
  for (char& letter : out) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return out;
}

std::string_view last_part(std::string_view name) { return name.substr(name.rfind('.') + 1); }

std::string without_version(std::string_view name) {
  const std::size_t end = name.find_last_not_of("0123456789");
  return std::string(name.substr(0, end + 1));
}

template <class Fits>
std::vector<std::string> those(std::span<const std::string> names, Fits fits) {
  std::vector<std::string> found;
  std::ranges::copy_if(names, std::back_inserter(found), fits);
  return found;
}

std::unexpected<Failure> not_found(std::string text) {
  return std::unexpected(Failure{exit_not_found, std::move(text)});
}

std::vector<Member::Argument> arguments_of(const std::vector<introspection::argument>& from) {
  std::vector<Member::Argument> arguments;
  for (const auto& argument : from) arguments.push_back({argument.name, argument.type});
  return arguments;
}

std::vector<Member> members_of(const introspection::interface& interface, MemberKind kind) {
  std::vector<Member> members;
  switch (kind) {
    case MemberKind::method:
      for (const auto& method : interface.methods) {
        members.push_back({.name = method.name, .arguments = arguments_of(method.in)});
      }
      break;
    case MemberKind::property:
      for (const auto& property : interface.properties) {
        members.push_back({.name = property.name,
                           .arguments = {{"value", property.type}},
                           .can_be_read = property.can_be_read,
                           .can_be_set = property.can_be_set});
      }
      break;
    case MemberKind::signal:
      for (const auto& signal : interface.signals) {
        members.push_back({.name = signal.name, .arguments = arguments_of(signal.arguments)});
      }
      break;
  }
  return members;
}

bool is_everywhere(const Member& member) { return is_on_every_object(member.interface); }

/// All that fits, or only what fits better than the rest.
template <class Better>
void prefer(std::vector<Member>& members, Better better) {
  if (std::ranges::any_of(members, better)) std::erase_if(members, std::not_fn(better));
}

std::string_view kind_text(MemberKind kind) {
  switch (kind) {
    case MemberKind::method:
      return "method";
    case MemberKind::property:
      return "property";
    case MemberKind::signal:
      return "signal";
  }
  return "";
}

std::unexpected<Failure> several(MemberKind kind, std::string_view text,
                                 const std::vector<Member>& members) {
  std::vector<std::string> texts;
  for (const Member& member : members) texts.push_back(member.text());
  return not_found(fmt::format("{} \"{}\" could be any of: {}; name the object or the interface",
                               kind_text(kind), text, list_of_candidates(texts)));
}

/// The member in all objects of a service.
Outcome<std::vector<Member>> search(const Service& service, MemberKind kind,
                                    std::string_view text) {
  std::vector<Member> found;
  introspection::walk objects("/", objects_asked_max);
  while (objects.has_next()) {
    auto answer = service.ask(objects.next());
    if (answer)
      std::ranges::move(members_like(*answer, objects.next(), kind, text),
                        std::back_inserter(found));
    if (!answer && objects.found().empty()) {
      return std::unexpected(cannot_introspect(service, objects.next(), answer.error()));
    }
    objects.take(std::move(answer));
  }
  prefer(found, std::not_fn(is_everywhere));
  return found;
}

}  // namespace

std::vector<std::string> names_like(std::span<const std::string> names, std::string_view text) {
  const std::string word = lower(text);
  const std::string daemon = word.ends_with('d') ? word.substr(0, word.size() - 1) : word;
  const auto last = [](const std::string& name) { return lower(last_part(name)); };

  auto found = those(names, [&](const std::string& name) { return name == text; });
  if (found.empty()) found = those(names, [&](const auto& name) { return last(name) == word; });
  if (found.empty()) {
    found = those(names, [&](const auto& name) { return without_version(last(name)) == word; });
  }
  if (found.empty() && !daemon.empty()) {
    found = those(names, [&](const auto& name) { return without_version(last(name)) == daemon; });
  }
  if (found.empty()) {
    found =
        those(names, [&](const auto& name) { return lower(name).find(word) != std::string::npos; });
  }
  return found;
}

std::string list_of_candidates(const std::vector<std::string>& texts) {
  const std::size_t shown = std::min(texts.size(), candidates_shown_max);
  return fmt::format("{}{}",
                     fmt::join(texts.begin(), texts.begin() + static_cast<int>(shown), ", "),
                     shown < texts.size() ? " ..." : "");
}

Failure cannot_introspect(const Service& service, std::string_view path, const error& why) {
  const Failure failure = failure_of(why);
  return {failure.status,
          fmt::format("{} does not say what {} offers: {}", service.name, path, failure.text)};
}

result<introspection::node> Service::ask(std::string_view path) const {
  auto call = introspection::of(bus.peer, name, path);
  if (bus.timeout) call = std::move(call).within(*bus.timeout);
  return std::move(call).as_result().wait();
}

Outcome<introspection::node> Service::introspect(std::string_view path) const {
  auto answer = ask(path);
  if (!answer) return std::unexpected(cannot_introspect(*this, path, answer.error()));
  return std::move(*answer);
}

std::string Service::usual_path() const {
  std::string path = "/" + name;
  std::ranges::replace(path, '.', '/');
  std::ranges::replace(path, '-', '_');
  return wire::is_object_path(path) ? path : "/";
}

Outcome<Service> resolve_service(const Invocation& how, const Output& output,
                                 std::string_view text) {
  std::optional<Failure> unreachable;
  std::vector<std::string> asked;
  for (const BusChoice& which : choose_buses(how)) {
    const auto bus = open(which, how);
    if (!bus) {
      if (!unreachable) unreachable = bus.error();
      continue;
    }
    asked.push_back(which.name);
    if (wire::is_unique_name(text)) return Service{*bus, std::string(text)};
    const auto names = TRY(well_known_names(*bus));
    const auto found = names_like(names, text);
    if (found.size() > 1) {
      return not_found(fmt::format("\"{}\" could be any of: {}; write more of the name", text,
                                   list_of_candidates(found)));
    }
    if (found.empty()) continue;
    output.note(fmt::format("{} on {}", found.front(), which.name));
    return Service{*bus, found.front()};
  }
  if (asked.empty()) return std::unexpected(*unreachable);
  return not_found(fmt::format("no service on {} is called like \"{}\"; `headway ls` lists them",
                               fmt::join(asked, " or "), text));
}

std::string Member::signature() const {
  std::string types;
  for (const Argument& argument : arguments) types += argument.type;
  return types;
}

std::string Member::text() const { return fmt::format("{}.{} of {}", interface, name, path); }

std::vector<Member> members_like(const introspection::node& object, std::string_view path,
                                 MemberKind kind, std::string_view text) {
  const MemberText wanted(text);
  std::vector<Member> found;
  for (const auto& interface : object.interfaces) {
    if (!wanted.is_of(interface.name)) continue;
    for (Member& member : members_of(interface, kind)) {
      if (lower(member.name) != lower(wanted.name)) continue;
      member.path = path;
      member.interface = interface.name;
      found.push_back(std::move(member));
    }
  }
  prefer(found, [&](const Member& member) { return member.name == wanted.name; });
  prefer(found, std::not_fn(is_everywhere));
  return found;
}

Outcome<Member> resolve_member(const Service& service, const Output& output, std::string_view path,
                               MemberKind kind, std::string_view text) {
  std::vector<Member> found;
  if (!path.empty()) {
    found = members_like(TRY(service.introspect(path)), path, kind, text);
    if (found.empty()) {
      return not_found(fmt::format("{} of {} has no {} \"{}\"; `headway show {} {}` lists them",
                                   path, service.name, kind_text(kind), text, service.name, path));
    }
  } else {
    const std::string usual = service.usual_path();
    if (const auto object = service.introspect(usual)) {
      found = members_like(*object, usual, kind, text);
      std::erase_if(found, is_everywhere);
    }
    if (found.empty()) found = TRY(search(service, kind, text));
    // Of what every object has, any will do.
    if (std::ranges::all_of(found, is_everywhere))
      found.resize(std::min<std::size_t>(found.size(), 1));
    if (found.empty()) {
      return not_found(fmt::format("no object of {} has a {} \"{}\"; `headway tree {}` lists them",
                                   service.name, kind_text(kind), text, service.name));
    }
  }
  if (found.size() > 1) return several(kind, text, found);
  output.note(found.front().text());
  return std::move(found.front());
}

MemberText::MemberText(std::string_view text) : name(last_part(text)) {
  if (name.size() < text.size()) interface = text.substr(0, text.size() - name.size() - 1);
}

bool MemberText::is_of(std::string_view whole) const {
  return interface.empty() || whole == interface ||
         (whole.ends_with(interface) && whole[whole.size() - interface.size() - 1] == '.');
}

std::optional<MemberText> whole_name(std::string_view text) {
  const MemberText parts(text);
  if (!wire::is_interface_name(parts.interface) || !wire::is_member_name(parts.name)) return {};
  return parts;
}

}  // namespace headway::tool
