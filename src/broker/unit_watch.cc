// SPDX-License-Identifier: MIT
#include "broker/unit_watch.h"

#include <fmt/format.h>

namespace headway::broker {

std::string unit_path(std::string_view unit) {
  std::string path = "/org/freedesktop/systemd1/unit/";
  for (std::size_t i = 0; i < unit.size(); ++i) {
    const char c = unit[i];
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool is_digit = c >= '0' && c <= '9';
    if (is_letter || (is_digit && i > 0)) {
      path += c;
    } else {
      path += fmt::format("_{:02x}", static_cast<unsigned char>(c));
    }
  }
  return path;
}

UnitWatch::Next UnitWatch::ask(Property property) {
  asking_ = property;
  return {Question{property, path_}, {}};
}

UnitWatch::Next UnitWatch::begin() {
  path_ = unit_path(unit_);
  job_ = 0;
  was_started_ = false;
  return ask(Property::job);
}

UnitWatch::Next UnitWatch::job_is(std::uint32_t job) {
  asking_.reset();
  job_ = job;
  if (job != 0) return {};
  was_started_ = true;  // in the time that the answer took, or it was there already
  return ask(Property::active_state);
}

UnitWatch::Next UnitWatch::job_removed(std::uint32_t job, std::string_view unit,
                                       std::string_view result) {
  if (job_ == 0 || job != job_) return {};
  job_ = 0;
  if (result != "done" && result != "skipped") {
    return {{}, fmt::format("its start ended with the result \"{}\"", result)};
  }
  was_started_ = true;
  path_ = unit_path(unit);
  return ask(Property::active_state);
}

UnitWatch::Next UnitWatch::changed(std::string_view path) {
  // What is on its way to us as an answer is newer than this.
  if (!was_started_ || asking_ || path != path_) return {};
  return ask(Property::active_state);
}

UnitWatch::Next UnitWatch::active_state_is(std::string_view state) {
  asking_.reset();
  if (state == "failed") return {{}, "it failed"};
  if (state == "inactive") return ask(Property::condition_result);
  return {};
}

UnitWatch::Next UnitWatch::condition_result_is(bool held) {
  asking_.reset();
  if (held) return {};
  return {{}, "the conditions that it has do not hold"};
}

}  // namespace headway::broker
