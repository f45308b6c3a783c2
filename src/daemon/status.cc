// SPDX-License-Identifier: MIT
#include "daemon/status.h"

#include <fmt/format.h>

#include "daemon/log_filter.h"

namespace headway::daemon {

bool LoadReport::update(const Load& load, Time now) {
  deadline_.reset();
  if (load == told_) return false;
  if (told_at_ && now < *told_at_ + interval) {
    deadline_ = *told_at_ + interval;
    return false;
  }
  told_ = load;
  told_at_ = now;
  return true;
}

std::string status_text(const Load& load, const std::string& refused) {
  std::string text =
      fmt::format("Serving {} connection{}", load.connections, load.connections == 1 ? "" : "s");
  switch (load.accepting) {
    case Load::Accepting::everybody:
      break;
    case Load::Accepting::logins_full:
      text += "; new ones wait, because max_incomplete_connections are logging in";
      break;
    case Load::Accepting::no_descriptors:
      text += "; new ones wait, because there are no file descriptors left";
      break;
  }
  if (!refused.empty()) text += fmt::format("; keeping its old configuration: {}", refused);
  return one_line(text);
}

}  // namespace headway::daemon
