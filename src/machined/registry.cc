// SPDX-License-Identifier: MIT
#include "machined/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "machined/names.h"

namespace headway::machined {
namespace {

constexpr std::size_t id_bytes = 16;

/// What is wrong with it, whatever others there are.
std::optional<std::string> fault_of(const Machine& machine) {
  if (!is_machine_name(machine.name)) {
    return fmt::format(
        "\"{}\" is not the name of a machine: it must be a host name of at most {} "
        "letters",
        machine.name, machine_name_bytes_max);
  }
  if (!machine.id.empty() && machine.id.size() != id_bytes) {
    return fmt::format("the id has {} bytes; it must have {}, or none", machine.id.size(),
                       id_bytes);
  }
  if (machine.kind != "container" && machine.kind != "vm" && !machine.kind.empty()) {
    return fmt::format("\"{}\" is not a class of machines: those are \"container\" and \"vm\"",
                       machine.kind);
  }
  if (machine.service.size() > Registry::service_bytes_max) return "the service's name is too long";
  if (!machine.root.empty() && !machine.root.starts_with('/')) {
    return fmt::format("the root directory \"{}\" is not an absolute path", machine.root);
  }
  if (machine.root.size() > Registry::root_bytes_max)
    return "the root directory's path is too long";
  if (machine.interfaces.size() > Registry::interfaces_max) {
    return fmt::format("{} network interfaces are more than {}", machine.interfaces.size(),
                       Registry::interfaces_max);
  }
  const auto bad = std::ranges::find_if(machine.interfaces, [](int index) { return index <= 0; });
  if (bad != machine.interfaces.end()) {
    return fmt::format("{} is not the index of a network interface", *bad);
  }
  return std::nullopt;
}

}  // namespace

Registry::Registry(Machine host) {
  host.name = host_name;
  machines_.emplace(host.name, std::move(host));
}

std::expected<const Machine*, Refusal> Registry::add(Machine machine) {
  using enum Refusal::Kind;
  if (auto fault = fault_of(machine)) return std::unexpected(Refusal{invalid, std::move(*fault)});
  if (find(machine.name) != nullptr) {
    return std::unexpected(
        Refusal{exists, fmt::format("there is a machine \"{}\" already", machine.name)});
  }
  std::size_t registered = 0;
  for (const auto& [name, other] : machines_) {
    if (name == host_name) continue;
    registered += other.registrar == machine.registrar ? 1U : 0U;
    if (other.leader == machine.leader) {
      return std::unexpected(Refusal{
          invalid, fmt::format("process {} leads the machine \"{}\"", machine.leader.pid, name)});
    }
  }
  if (registered >= machines_per_user_max) {
    return std::unexpected(
        Refusal{too_many, fmt::format("user {} has registered {} machines; unregister some",
                                      machine.registrar, registered)});
  }
  const std::string name = machine.name;
  return &machines_.emplace(name, std::move(machine)).first->second;
}

bool Registry::remove(std::string_view name) {
  const auto found = machines_.find(name);
  if (found == machines_.end() || name == host_name) return false;
  machines_.erase(found);
  return true;
}

const Machine* Registry::find(std::string_view name) const {
  const auto found = machines_.find(name);
  return found == machines_.end() ? nullptr : &found->second;
}

}  // namespace headway::machined
