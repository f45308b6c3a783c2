// SPDX-License-Identifier: MIT
#include "authority/action_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/xml.h"

namespace headway::authority {
namespace {

constexpr std::size_t depth_max = 32;
constexpr std::size_t id_bytes_max = 255;

const std::string* attribute(const XmlEvent& element, std::string_view name) {
  const auto found = std::ranges::find(element.attributes, name, &XmlAttribute::name);
  return found == element.attributes.end() ? nullptr : &found->value;
}

bool is_action_id(std::string_view text) {
  return !text.empty() && text.size() <= id_bytes_max && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c != 0x7f;  // what is not ASCII is negative
  });
}

class Parser {
 public:
  explicit Parser(const std::string& path) : path_(path) {}

  void run(std::string_view text) {
    XmlReader reader(text);
    while (true) {
      auto event = reader.next();
      if (!event) {
        warn(event.error().line, event.error().text + "; nothing behind it counts");
        return;
      }
      if (!*event || !take(**event)) return;
    }
  }

  ActionFile take_result() {
    // A file's vendor may stand behind its actions.
    for (Action& action : result_.actions) {
      if (action.vendor.empty()) action.vendor = vendor_;
      if (action.vendor_url.empty()) action.vendor_url = vendor_url_;
      if (action.icon_name.empty()) action.icon_name = icon_name_;
    }
    return std::move(result_);
  }

 private:
  bool take(XmlEvent& event) {
    switch (event.kind) {
      case XmlEvent::Kind::start:
        if (places_.size() == depth_max) {
          warn(event.line, "elements lie too deep in each other; nothing behind it counts");
          return false;
        }
        return start(event);
      case XmlEvent::Kind::end:
        end();
        places_.pop_back();
        text_.clear();
        return true;
      case XmlEvent::Kind::text:
        text_ += event.text;
        return true;
    }
    return true;
  }

  [[nodiscard]] bool is_at(std::size_t depth, std::string_view name) const {
    return places_.size() == depth && places_.back() == name;
  }
  [[nodiscard]] bool is_in_action() const {
    return places_.size() >= 2 && places_[1] == "action" && action_;
  }
  [[nodiscard]] bool is_in_defaults() const {
    return is_in_action() && places_.size() == 4 && places_[2] == "defaults";
  }

  bool start(const XmlEvent& event) {
    places_.push_back(event.name);
    text_.clear();
    line_ = event.line;
    if (places_.size() == 1 && event.name != "policyconfig") {
      warn(event.line, fmt::format("this is no action file: its element is <{}>", event.name));
      return false;
    }
    if (is_at(2, "action")) return start_action(event);
    if (is_in_action() && places_.size() == 3) {
      const auto* language = attribute(event, "xml:lang");
      const auto* domain = attribute(event, "gettext-domain");
      const auto* key = attribute(event, "key");
      language_ = language != nullptr ? *language : "";
      domain_ = domain != nullptr ? *domain : "";
      key_ = key != nullptr ? *key : "";
    }
    return true;
  }

  bool start_action(const XmlEvent& event) {
    if (result_.actions.size() == actions_per_file_max) {
      warn(event.line,
           fmt::format("more than {} actions; the rest does not count", actions_per_file_max));
      return false;
    }
    const auto* id = attribute(event, "id");
    action_.reset();
    if (id == nullptr) {
      warn(event.line, "an action without id; it is left out");
    } else if (!is_action_id(*id)) {
      warn(event.line, "an action whose id is none; it is left out");
    } else {
      action_.emplace();
      action_->id = *id;
      action_->file = path_;
      action_->line = event.line;
    }
    return true;
  }

  void end() {
    if (is_at(2, "vendor")) vendor_ = text_;
    if (is_at(2, "vendor_url")) vendor_url_ = text_;
    if (is_at(2, "icon_name")) icon_name_ = text_;
    if (!is_in_action()) return;
    if (is_at(2, "action")) {
      finish_action();
    } else if (places_.size() == 3) {
      end_of_action_part();
    } else if (is_in_defaults()) {
      end_of_default();
    }
  }

  void end_of_action_part() {
    const std::string& name = places_.back();
    if (name == "description") add_text(action_->description);
    if (name == "message") add_text(action_->message);
    if (name == "vendor") action_->vendor = text_;
    if (name == "vendor_url") action_->vendor_url = text_;
    if (name == "icon_name") action_->icon_name = text_;
    if (name == "annotate") {
      if (key_.empty()) {
        warn(line_, "an annotation without key; it is left out");
      } else {
        action_->annotations[key_] = text_;
      }
    }
  }

  void add_text(LocalisedText& text) {
    if (!language_.empty()) {
      text.by_language[language_] = text_;
    } else {
      text.plain = text_;
      text.domain = domain_;
    }
  }

  void end_of_default() {
    const std::string& name = places_.back();
    Verdict* const which = name == "allow_any"        ? &action_->any
                           : name == "allow_inactive" ? &action_->inactive
                           : name == "allow_active"   ? &action_->active
                                                      : nullptr;
    if (which == nullptr) return;
    if (const auto value = verdict_named(text_)) {
      *which = *value;
    } else {
      warn(line_, fmt::format("<{}> is none of no, yes, auth_self, auth_self_keep, auth_admin and "
                              "auth_admin_keep; the action {} is left out",
                              name, action_->id));
      action_.reset();
    }
  }

  void finish_action() {
    const auto same = std::ranges::find(result_.actions, action_->id, &Action::id);
    if (same != result_.actions.end()) {
      warn(action_->line, fmt::format("the action {} is already in line {}, which does not count",
                                      action_->id, same->line));
      *same = std::move(*action_);
    } else {
      result_.actions.push_back(std::move(*action_));
    }
    action_.reset();
  }

  void warn(std::uint32_t line, std::string_view text) {
    constexpr std::size_t warnings_max = 64;
    if (result_.warnings.size() == warnings_max) return;
    result_.warnings.push_back(fmt::format("{}:{}: {}", path_, line, text));
  }

  const std::string& path_;
  ActionFile result_;
  std::vector<std::string> places_;  // the elements that are open, outermost first
  std::string text_;                 // of the innermost
  std::uint32_t line_ = 0;           // where the last one began
  std::string language_, domain_, key_;
  std::string vendor_, vendor_url_, icon_name_;
  std::optional<Action> action_;  // that is being read; none: it is left out
};

}  // namespace

ActionFile parse_action_file(std::string_view text, const std::string& path) {
  Parser parser(path);
  if (text.size() > action_file_bytes_max) {
    return {.actions = {},
            .warnings = {fmt::format("{}: larger than {} bytes; it does not count", path,
                                     action_file_bytes_max)}};
  }
  parser.run(text);
  return parser.take_result();
}

}  // namespace headway::authority
