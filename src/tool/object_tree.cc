// SPDX-License-Identifier: MIT
#include "tool/object_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/result.h"
#include "wire/names.h"

namespace headway::tool {
namespace {

constexpr std::array every_object_has{
    std::string_view("org.freedesktop.DBus.Introspectable"),
    std::string_view("org.freedesktop.DBus.Peer"),
    std::string_view("org.freedesktop.DBus.Properties"),
};

ObjectEntry entry_of(const introspection::object& object) {
  ObjectEntry entry{.path = object.path};
  if (!object.what) {
    entry.fault = object.what.error().what();
    return entry;
  }
  for (const auto& interface : object.what->interfaces) {
    if (!is_on_every_object(interface.name)) entry.interfaces.push_back(interface.name);
  }
  return entry;
}

/// Draws one object and those below it, which follow it.
class Drawing {
 public:
  Drawing(const std::vector<ObjectEntry>& objects, const Output& output)
      : objects_(objects), output_(output) {}

  std::string text() {
    if (!objects_.empty()) draw(0, objects_.size(), "", "");
    return std::move(text_);
  }

 private:
  void draw(std::size_t first, std::size_t end, const std::string& lead, const std::string& below) {
    const ObjectEntry& object = objects_[first];
    text_ += lead + output_.paint(Style::name, visible(object.path));
    for (const std::string& interface : object.interfaces) text_ += "  " + interface;
    if (!object.fault.empty()) {
      text_ += "  " + output_.paint(Style::bad, "(" + visible(object.fault) + ")");
    }
    text_ += '\n';
    for (std::size_t child = first + 1; child < end;) {
      std::size_t next = child + 1;
      while (next < end && wire::is_path_within(objects_[next].path, objects_[child].path)) ++next;
      const bool is_last = next == end;
      draw(child, next, below + (is_last ? "└─ " : "├─ "), below + (is_last ? "   " : "│  "));
      child = next;
    }
  }

  const std::vector<ObjectEntry>& objects_;
  const Output& output_;
  std::string text_;
};

}  // namespace

bool is_on_every_object(std::string_view interface) {
  return std::ranges::find(every_object_has, interface) != every_object_has.end();
}

Outcome<std::string> resolve_path(const Service& service, const Output& output,
                                  std::string_view text) {
  const bool is_whole = text.starts_with('/');
  std::string end = is_whole ? std::string(text) : fmt::format("/{}", text);
  if (!wire::is_object_path(end)) {
    return std::unexpected(
        Failure{exit_usage, quoted(text) + " is no object path, such as /org, nor the end of one"});
  }
  if (is_whole) return end;
  std::vector<std::string> found;
  for (ObjectEntry& object : TRY(list_objects(service, "/"))) {
    if (object.path.ends_with(end)) found.push_back(std::move(object.path));
  }
  if (found.empty()) {
    return std::unexpected(Failure{
        exit_not_found, fmt::format("no object of {} ends in {}; `headway tree {}` lists them",
                                    service.name, end, service.name)});
  }
  if (found.size() > 1) {
    return std::unexpected(
        Failure{exit_not_found, fmt::format("\"{}\" could be any of: {}; write more of the path",
                                            text, list_of_candidates(found))});
  }
  output.note(found.front());
  return std::move(found.front());
}

Outcome<std::vector<ObjectEntry>> list_objects(const Service& service, std::string_view top) {
  introspection::walk objects(top);
  while (objects.has_next()) {
    auto answer = service.ask(objects.next());
    if (!answer && objects.found().empty()) {
      return std::unexpected(cannot_introspect(service, top, answer.error()));
    }
    objects.take(std::move(answer));
  }
  std::vector<ObjectEntry> entries;
  for (const auto& object : objects.found()) entries.push_back(entry_of(object));
  return entries;
}

std::string text_of_tree(const std::vector<ObjectEntry>& objects, const Output& output) {
  return Drawing(objects, output).text();
}

}  // namespace headway::tool
