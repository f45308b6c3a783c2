// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace headway::broker {

/// Why something was refused: the record behind an error's text and a log line. Built on refusal
/// only; text, so that it can be kept after the peers and the policy are gone.
struct Decision {
  enum class Layer : std::uint8_t {
    policy_send,
    policy_receive,
    policy_own,
    policy_connect,
    lsm,
    quota
  };

  Layer layer = Layer::policy_send;
  std::string rule;                     // in the configuration's words; empty: no rule matched
  std::string where;                    // file:line of the rule
  std::vector<std::string> overridden;  // "file:line" of rules that matched and lost, latest first
  std::string limit;                    // for quota: the limit's name and value
  std::string holder;                   // for quota: who holds it
  std::string sender;                   // unique name, uid, pid
  std::string receiver;                 // unique name, names owned, uid, pid; empty: none
  std::string message;                  // type, destination, path, interface, member, serial
  std::string text;                     // the error's text
};
[[nodiscard]] const char* to_string(Decision::Layer layer);

}  // namespace headway::broker
