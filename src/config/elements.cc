// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include "base/result.h"
#include "config/loader.h"
#include "config/service_directories.h"

namespace headway::config {

Result<Fragment> FileReader::read() && {
  const auto root = TRY(cursor_.root("busconfig"));
  TRY_VOID(cursor_.no_more_attributes(root));
  while (auto element = TRY(cursor_.next_child(root))) {
    TRY_VOID(child(std::move(*element)));
  }
  TRY_VOID(cursor_.end());
  return std::move(fragment_);
}

Result<void> FileReader::child(Element element) {
  if (element.name == "policy") return policy(element);
  if (element.name == "limit") return limit(std::move(element));
  if (element.name == "include") return include(std::move(element));
  if (element.name == "apparmor") return apparmor(std::move(element));
  if (element.name == "selinux") return selinux(element);
  if (element.name == "includedir") return includedir(element);
  if (TRY(flag(element)) || TRY(plain_text(element))) return {};

  if (element.name == "allow" || element.name == "deny") {
    return cursor_.error(element.line, fmt::format("<{}> belongs inside <policy>", element.name));
  }
  if (element.name == "associate") {
    return cursor_.error(element.line, "<associate> belongs inside <selinux>");
  }
  return cursor_.error(element.line, fmt::format("unknown element <{}>", element.name));
}

/// Elements without content or attributes; false if this is none of them.
Result<bool> FileReader::flag(const Element& element) {
  const auto add_directories = [&](std::vector<ServiceDirectory> directories) {
    auto& list = fragment_.service_directories;
    std::ranges::move(directories, std::back_inserter(list));
  };

  if (element.name == "fork") {
    fragment_.fork = true;
  } else if (element.name == "keep_umask") {
    fragment_.keep_umask = true;
  } else if (element.name == "syslog") {
    fragment_.syslog = true;
  } else if (element.name == "allow_anonymous") {
    fragment_.allow_anonymous = true;
  } else if (element.name == "standard_session_servicedirs") {
    add_directories(standard_session_directories(loader_.environment()));
  } else if (element.name == "standard_system_servicedirs") {
    add_directories(standard_system_directories());
  } else {
    return false;
  }
  TRY_VOID(cursor_.no_more_attributes(element));
  TRY_VOID(cursor_.close(element));
  return true;
}

/// Elements that are a text and nothing else; false if this is none of them.
Result<bool> FileReader::plain_text(const Element& element) {
  if (element.name == "type") {
    fragment_.type = TRY(bare_text(element));
  } else if (element.name == "user") {
    fragment_.user = Placed{TRY(bare_text(element)), at(element)};
  } else if (element.name == "listen") {
    fragment_.listen.push_back({TRY(bare_text(element)), at(element)});
  } else if (element.name == "pidfile") {
    fragment_.pidfile = beside_file(TRY(bare_text(element)));
  } else if (element.name == "servicehelper") {
    fragment_.servicehelper = beside_file(TRY(bare_text(element)));
  } else if (element.name == "servicedir") {
    const auto directory = beside_file(TRY(bare_text(element)));
    fragment_.service_directories.push_back({.path = directory});
  } else if (element.name == "auth") {
    auto mechanism = TRY(bare_text(element));
    TRY_VOID(auth(element, std::move(mechanism)));
  } else {
    return false;
  }
  return true;
}

Result<std::string> FileReader::bare_text(const Element& element) {
  TRY_VOID(cursor_.no_more_attributes(element));
  return cursor_.text_of(element);
}

Result<void> FileReader::auth(const Element& element, std::string mechanism) {
  if (std::ranges::find(auth_mechanisms, mechanism) == std::end(auth_mechanisms)) {
    return cursor_.error(element.line,
                         fmt::format("unknown mechanism \"{}\" in <auth>; there are {}", mechanism,
                                     fmt::join(auth_mechanisms, ", ")));
  }
  fragment_.auth.push_back(std::move(mechanism));
  return {};
}

Result<void> FileReader::limit(Element element) {
  const auto name = element.take("name");
  TRY_VOID(cursor_.no_more_attributes(element, "name"));
  if (!name) return cursor_.error(element.line, "<limit> needs name=\"...\"");

  const auto setting = parse_limit(*name, TRY(cursor_.text_of(element)));
  if (!setting) return cursor_.error(element.line, setting.error());
  fragment_.limits.push_back(*setting);
  return {};
}

Result<void> FileReader::apparmor(Element element) {
  const auto mode = element.take("mode").value_or("enabled");
  TRY_VOID(cursor_.no_more_attributes(element, "mode"));
  TRY_VOID(cursor_.close(element));

  if (mode == "enabled") {
    fragment_.apparmor = ApparmorMode::enabled;
  } else if (mode == "disabled") {
    fragment_.apparmor = ApparmorMode::disabled;
  } else if (mode == "required") {
    fragment_.apparmor = ApparmorMode::required;
  } else {
    return cursor_.error(
        element.line,
        fmt::format("mode=\"{}\" of <apparmor> must be enabled, disabled or required", mode));
  }
  return {};
}

Result<void> FileReader::selinux(const Element& element) {
  TRY_VOID(cursor_.no_more_attributes(element));
  while (auto association = TRY(cursor_.next_child(element))) {
    if (association->name != "associate") {
      return cursor_.error(association->line, fmt::format("<{}> inside <selinux>, which may only "
                                                          "contain <associate>",
                                                          association->name));
    }
    auto own = association->take("own");
    auto context = association->take("context");
    TRY_VOID(cursor_.no_more_attributes(*association, "own and context"));
    if (!own || !context) {
      return cursor_.error(association->line, "<associate> needs own=\"...\" and context=\"...\"");
    }
    TRY_VOID(cursor_.close(*association));
    fragment_.selinux_contexts.push_back({std::move(*own), std::move(*context)});
  }
  return {};
}

Result<bool> FileReader::yes_or_no(Element& element, std::string_view attribute) const {
  const auto value = element.take(attribute).value_or("no");
  if (value == "yes") return true;
  if (value == "no") return false;
  return cursor_.error(element.line, fmt::format("{}=\"{}\" of <{}> must be \"yes\" or \"no\"",
                                                 attribute, value, element.name));
}

Result<void> FileReader::include(Element element) {
  const bool ignore_missing = TRY(yes_or_no(element, "ignore_missing"));
  const bool if_selinux = TRY(yes_or_no(element, "if_selinux_enabled"));
  const bool relative_to_selinux = TRY(yes_or_no(element, "selinux_root_relative"));
  TRY_VOID(cursor_.no_more_attributes(
      element, "ignore_missing, if_selinux_enabled and selinux_root_relative"));
  auto path = TRY(cursor_.text_of(element));

  if (if_selinux || relative_to_selinux) {
    const auto root = loader_.environment().selinux_policy_root();
    if (!root && (if_selinux || ignore_missing)) return {};
    if (!root) {
      return cursor_.error(element.line,
                           "selinux_root_relative=\"yes\", but SELinux is off; "
                           "if_selinux_enabled=\"yes\" would skip this <include>");
    }
    if (relative_to_selinux) path = fmt::format("{}/{}", *root, path);
  }
  return include_file(element, beside_file(path), ignore_missing);
}

Result<void> FileReader::include_file(const Element& element, const std::string& path,
                                      bool ignore_missing) {
  if (const auto why = loader_.refusal(path)) return cursor_.error(element.line, *why);

  const auto document = loader_.read(path);
  if (!document && document.error().missing && ignore_missing) return {};
  if (!document) {
    return cursor_.error(
        element.line,
        fmt::format("cannot read \"{}\": {}{}", path, document.error().text,
                    document.error().missing ? "; ignore_missing=\"yes\" would permit that" : ""));
  }
  fragment_.merge(TRY(loader_.parse(path, *document)));
  return {};
}

Result<void> FileReader::includedir(const Element& element) {
  const auto directory = beside_file(TRY(bare_text(element)));
  const auto names = loader_.list(directory);
  if (!names && names.error().missing) return {};
  if (!names) {
    return cursor_.error(element.line, fmt::format("cannot read directory \"{}\": {}", directory,
                                                   names.error().text));
  }
  for (const auto& name : *names) {
    include_or_skip(element, fmt::format("{}{}{}", directory, directory == "/" ? "" : "/", name));
  }
  return {};
}

/// A broken file of an <includedir> is left out as a whole: one bad package must not stop a boot.
void FileReader::include_or_skip(const Element& element, const std::string& path) {
  // What is refused here names this element; what is wrong inside names the file.
  const auto result = include_file(element, path, /*ignore_missing=*/false);
  if (result) return;
  fragment_.warnings.push_back(
      fmt::format("{}; \"{}\" is skipped as a whole", to_string(result.error()), path));
}

std::string FileReader::beside_file(const std::string& path) const {
  auto joined = (std::filesystem::path(path_).parent_path() / path).string();
  while (joined.size() > 1 && joined.ends_with('/')) joined.pop_back();
  return joined;  // with ".." left as it is: what that means, only the file system knows
}

void FileReader::warn(std::uint32_t line, std::string_view text) {
  fragment_.warnings.push_back(fmt::format("{}:{}: {}", path_, line, text));
}

}  // namespace headway::config
