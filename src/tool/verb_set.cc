// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <string>

#include "base/result.h"
#include "tool/arguments.h"
#include "tool/output.h"
#include "tool/properties.h"
#include "tool/resolve.h"
#include "tool/verbs.h"
#include "wire/signature.h"

namespace headway::tool {
namespace {

constexpr std::array options{
    VerbOption{"--signature", "-s", "TYPE", WordKind::signature,
               "the type of the value, so that the service need not be asked for it"},
};
constexpr std::array words{
    VerbWord{"SERVICE", WordKind::service, VerbWord::Count::one,
             "its name, or as much of it as only one service has"},
    VerbWord{"PATH", WordKind::path, VerbWord::Count::optional,
             "the object; not needed if only one has such a property"},
    VerbWord{"PROPERTY", WordKind::property, VerbWord::Count::one,
             "its name, behind that of its interface and a dot if several have one"},
    VerbWord{"VALUE", WordKind::value, VerbWord::Count::one, "its new value"},
    VerbWord{"PROPERTY VALUE", WordKind::text, VerbWord::Count::any, "more of the same object"},
};
constexpr std::array examples{
    VerbExample{"headway set org.example.Lamp Brightness 0.5", "one property"},
    VerbExample{"headway set org.example.Lamp /lamp/1 Color '[255, 0, 0]' On true",
                "two of an object"},
};

Outcome<message> set_call(const Service& service, const Member& which,
                          std::optional<std::string_view> signature, std::string_view value) {
  if (!signature && which.arguments.empty()) {
    return std::unexpected(
        Failure{exit_not_found, fmt::format("{}: its type is not known; --signature "
                                            "can give it",
                                            which.text())});
  }
  const std::string_view type = signature ? *signature : which.arguments.front().type;
  auto what = properties_call(service, which.path, "Set", which.interface);
  what.string(which.name).open_variant(type);
  TRY_VOID(append_argument(what, type, which.name, value));
  return what.close().build();
}

Outcome<int> run(const Invocation& how) {
  const Output output(how);
  const auto signature = TRY(signature_option(how));
  if (signature && !wire::is_single_complete_type(*signature)) {
    return std::unexpected(
        Failure{exit_usage, fmt::format("--signature={}: a property has one type", *signature)});
  }
  std::span<const std::string_view> rest = std::span(how.words()).subspan(1);
  std::string_view path;
  if (rest.front().starts_with('/')) {
    path = rest.front();
    rest = rest.subspan(1);
  }
  if (rest.empty() || rest.size() % 2 != 0) {
    return std::unexpected(
        Failure{exit_usage, "each PROPERTY needs a VALUE; see: headway help set"});
  }
  const Service service = TRY(resolve_service(how, output, how.word(0)));
  // All are found and read before the first is set.
  std::vector<message> calls;
  for (; !rest.empty(); rest = rest.subspan(2)) {
    const bool is_typed = signature.has_value();
    const Member which =
        TRY(is_typed ? find_property(service, output, path, rest[0])
                     : resolve_member(service, output, path, MemberKind::property, rest[0]));
    calls.push_back(TRY(set_call(service, which, signature, rest[1])));
  }
  for (const message& call : calls) TRY_VOID(service.bus.call(call));
  return exit_done;
}

}  // namespace

constinit const Verb verb_set{
    .name = "set",
    .summary = "set properties of an object",
    .description =
        R"(Sets properties, one after the other; nothing is set if one of them does not exist or a
value does not fit. Values are written as `headway help call` says.)",
    .options = options,
    .words = words,
    .examples = examples,
    .run = run,
};

}  // namespace headway::tool
