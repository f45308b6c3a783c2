// SPDX-License-Identifier: MIT
#include <array>
#include <string>

#include "base/result.h"
#include "tool/object_tree.h"
#include "tool/output.h"
#include "tool/resolve.h"
#include "tool/verbs.h"

namespace headway::tool {
namespace {

constexpr std::array words{
    VerbWord{"SERVICE", WordKind::service, VerbWord::Count::one,
             "its name, or as much of it as only one service has"},
    VerbWord{"PATH", WordKind::path, VerbWord::Count::optional,
             "only what is below that object; the end of its path is enough if only one has it"},
};
constexpr std::array examples{
    VerbExample{"headway tree logind", "what objects does logind have?"},
    VerbExample{"headway tree --json systemd /org/freedesktop/systemd1/unit | jq -r .path",
                "the paths alone"},
};

JsonText json_of(const ObjectEntry& object) {
  JsonText json;
  json.open_object().member("path", object.path);
  if (object.fault.empty()) {
    json.key("interfaces").open_array();
    for (const std::string& interface : object.interfaces) json.string(interface);
    json.close_array();
  }
  json.member_if("error", object.fault).close_object();
  return json;
}

Outcome<int> run(const Invocation& how) {
  const Output output(how);
  const Service service = TRY(resolve_service(how, output, how.word(0)));
  const bool is_part = how.words().size() > 1;
  const std::string top = is_part ? TRY(resolve_path(service, output, how.word(1))) : "/";
  const auto objects = TRY(list_objects(service, top));
  if (!output.is_json()) print(stdout, text_of_tree(objects, output));
  if (output.is_json()) {
    for (const ObjectEntry& object : objects) output.line(json_of(object));
  }
  return exit_done;
}

}  // namespace

constinit const Verb verb_tree{
    .name = "tree",
    .summary = "list the objects of a service",
    .description =
        R"(Lists the objects of a service as a tree, each with its interfaces, but for those that
every object has.

With --json each is an object: path, interfaces; or path, error if it does not say.)",
    .words = words,
    .examples = examples,
    .run = run,
};

}  // namespace headway::tool
