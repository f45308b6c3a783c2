// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "base/result.h"
#include "headway/introspection.h"
#include "tool/cpp_header.h"
#include "tool/cpp_names.h"
#include "tool/names.h"
#include "tool/output.h"
#include "tool/verb_bus.h"
#include "tool/verbs.h"

namespace headway::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::array options{
    VerbOption{"--service", "-s", "NAME", WordKind::service, "ask this service"},
    VerbOption{"--path", "-p", "PATH", WordKind::path,
               "ask this object of it, instead of all that it tells of"},
    VerbOption{"--interface", "-i", "INTERFACE", WordKind::interface,
               "only interfaces like this; * and ? stand for any letters; several times: any of "
               "them"},
    VerbOption{"--namespace", "-n", "NAMESPACE", WordKind::text,
               "the C++ namespace of everything, such as a::b"},
    VerbOption{"--output", "-o", "FILE", WordKind::file, "write to this file"},
    VerbOption{"--xml", "-x", "", WordKind::text, "write introspection XML instead of C++"},
};
constexpr std::array words{
    VerbWord{"FILE", WordKind::file, VerbWord::Count::any,
             "introspection XML, or a directory with files *.xml"},
};
constexpr std::array examples{
    VerbExample{"headway gen org.example.Thermostat1.xml -o thermostat1.h", "a header from a file"},
    VerbExample{"headway gen --system -s org.freedesktop.hostname1 -p /org/freedesktop/hostname1",
                "a header from what a service says of itself"},
    VerbExample{"headway gen -s org.example.Thermostat --xml",
                "the XML of a service that is written in C++"},
};

/// The interfaces found so far, each once.
class Collection {
 public:
  explicit Collection(const Invocation& how) : wanted_(how.values("--interface")) {}

  Outcome<void> add(const introspection::node& node, std::string_view source) {
    for (const auto& one : node.interfaces) TRY(add(one, source));
    for (const auto& child : node.children) TRY(add(child, source));
    return {};
  }
  [[nodiscard]] const std::vector<introspection::interface>& all() const { return all_; }

 private:
  Outcome<void> add(const introspection::interface& one, std::string_view source) {
    if (!is_wanted(one.name)) return {};
    const auto same = std::ranges::find(all_, one.name, &introspection::interface::name);
    if (same == all_.end()) {
      all_.push_back(one);
      return {};
    }
    // An object may show less of an interface than others do: the header has all of it.
    std::string_view other = merge(same->methods, one.methods);
    if (other.empty()) other = merge(same->properties, one.properties);
    if (other.empty()) other = merge(same->signals, one.signals);
    if (other.empty()) return {};
    return std::unexpected(
        Failure{exit_refused, fmt::format("{} says something else of {}.{} than was said before",
                                          source, one.name, other)});
  }
  /// The name of a member that is another one there; empty if all is well.
  template <class Member>
  static std::string_view merge(std::vector<Member>& into, const std::vector<Member>& more) {
    for (const Member& member : more) {
      if (std::ranges::find(into, member) != into.end()) continue;
      if (std::ranges::find(into, member.name, &Member::name) != into.end()) return member.name;
      into.push_back(member);
    }
    return {};
  }
  /// What every object has is left out, unless it is asked for.
  [[nodiscard]] bool is_wanted(std::string_view name) const {
    if (wanted_.empty()) return !name.starts_with("org.freedesktop.DBus.");
    return std::ranges::any_of(wanted_, [&](std::string_view like) { return is_like(name, like); });
  }

  std::vector<std::string_view> wanted_;
  std::vector<introspection::interface> all_;
};

std::unexpected<Failure> refused(std::string text) {
  return std::unexpected(Failure{exit_refused, std::move(text)});
}

Outcome<void> add_file(Collection& to, const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(introspection::document_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.fail() && !file.eof())) {
    return refused(fmt::format("cannot read {}", path.string()));
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  const auto node = introspection::parse(text);
  if (!node) return refused(fmt::format("{}: {}", path.string(), node.error().text()));
  return to.add(*node, path.string());
}

Outcome<void> add_path(Collection& to, const fs::path& path) {
  std::error_code failed;
  if (!fs::is_directory(path, failed)) return add_file(to, path);
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(path, failed), end; entry != end; entry.increment(failed)) {
    if (failed) break;
    if (entry->path().extension() == ".xml") files.push_back(entry->path());
  }
  if (failed) return refused(fmt::format("cannot read {}: {}", path.string(), failed.message()));
  if (files.empty()) return refused(fmt::format("no file *.xml in {}", path.string()));
  std::ranges::sort(files);
  for (const fs::path& file : files) TRY(add_file(to, file));
  return {};
}

Outcome<void> add_service(Collection& to, const Invocation& how, std::string_view service) {
  const Bus bus = TRY(open(how));
  const auto ask = [&](std::string_view path) {
    auto call = introspection::of(bus.peer, service, path);
    if (bus.timeout) call = std::move(call).within(*bus.timeout);
    return std::move(call).as_result().wait();
  };
  if (const auto path = how.value("--path")) {
    const auto node = ask(*path);
    if (!node) return std::unexpected(failure_of(node.error()));
    return to.add(*node, *path);
  }
  introspection::walk objects("/");
  while (objects.has_next()) objects.take(ask(objects.next()));
  std::optional<Failure> fault;
  for (const auto& [path, node] : objects.found()) {
    if (node) {
      TRY(to.add(*node, path));
    } else if (!fault) {
      fault = failure_of(node.error());
    }
  }
  // Some objects may have gone, or are not for everybody.
  if (to.all().empty() && fault) return std::unexpected(*fault);
  return {};
}

Outcome<std::string> text_of(const Collection& found, const Invocation& how, std::string source) {
  if (how.has("--xml")) {
    introspection::node node;
    node.interfaces = found.all();
    return introspection::to_xml(node);
  }
  auto text =
      cpp_header(found.all(), {.source = std::move(source),
                               .name_space = std::string(how.value("--namespace").value_or(""))});
  if (!text) return refused(text.error());
  return std::move(*text);
}

/// "a", "a::b"
bool is_namespace(std::string_view text) {
  while (true) {
    const auto colons = text.find("::");
    const std::string_view one = text.substr(0, colons);
    if (one.empty() || snake_name(one) != one) {
      // Capitals are fine, too; what is no identifier is not.
      if (one.empty() || pascal_name(one) != one) return false;
    }
    if (colons == text.npos) return true;
    text.remove_prefix(colons + 2);
  }
}

Outcome<int> run(const Invocation& how) {
  const auto service = how.value("--service");
  if (how.words().empty() == !service.has_value()) {
    return std::unexpected(Failure{
        exit_usage, "give files to read or, with --service, a service to ask: one of the two"});
  }
  const auto name_space = how.value("--namespace");
  if (name_space && !is_namespace(*name_space)) {
    return std::unexpected(
        Failure{exit_usage, fmt::format("\"{}\" is no namespace; try a::b", *name_space)});
  }
  Collection found(how);
  std::string source;
  if (service) {
    TRY(add_service(found, how, *service));
    source = *service;
  }
  for (const std::string_view word : how.words()) {
    TRY(add_path(found, word));
    source += (source.empty() ? "" : ", ") + fs::path(word).filename().string();
  }
  if (found.all().empty()) {
    return std::unexpected(Failure{
        exit_not_found,
        fmt::format("{} has no such interface{}", source,
                    service && !how.has("--path") ? "; name an object of it with --path" : "")});
  }
  const std::string text = TRY(text_of(found, how, std::move(source)));
  const auto output = how.value("--output");
  if (!output) {
    print(stdout, text);
    return exit_done;
  }
  std::ofstream file{fs::path(*output), std::ios::binary};
  file << text;
  file.close();
  if (!file) return refused(fmt::format("cannot write {}", *output));
  return exit_done;
}

}  // namespace

constinit const Verb verb_gen{
    .name = "gen",
    .summary = "write C++ for interfaces: from XML, or from what a service says",
    .description =
        R"(Writes a header for libheadway with the interfaces that XML files or a running service
describe. Each becomes a struct template whose role makes it a proxy or a service; structs in
types become C++ structs with names. Dictionaries a{sv} stay dictionaries.

A struct is called like the argument that it is in (an array "units" holds structs Unit), or as an
annotation of the argument or property says: org.headway.Struct with a value such as
"Unit id path", the struct's name and those of its fields, or Qt's org.qtproject.QtDBus.QtTypeName.
Fields that nobody named are field1, field2 and so on.

Interfaces lie in the namespace that their names say (org::example for org.example.Thermostat1)
unless --namespace is given. Those that all objects have are left out unless --interface names
them. The same input gives the same header.)",
    .options = options,
    .words = words,
    .examples = examples,
    .run = run,
};

}  // namespace headway::tool
