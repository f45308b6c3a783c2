// SPDX-License-Identifier: MIT
#include "machined/manager.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <functional>
#include <utility>

#include "headway/caller.h"
#include "machined/names.h"
#include "machined/process.h"
#include "machined/signals.h"

namespace headway::machined {
namespace {

constexpr std::string_view bus_name_owned = "org.freedesktop.machine1";
constexpr std::string_view manager_path = "/org/freedesktop/machine1";
constexpr std::uint32_t init = 1;

std::uint64_t clock_us(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

void stamp(Machine& machine) {
  machine.realtime_us = clock_us(CLOCK_REALTIME);
  machine.monotonic_us = clock_us(CLOCK_MONOTONIC);
}

/// The machine that we are on. Its leader is the first process that we see.
Machine host() {
  Machine machine{.kind = "host", .leader = {.pid = init, .start_time = 0}, .root = "/"};
  stamp(machine);
  return machine;
}

[[noreturn]] void refuse(const Refusal& why) {
  switch (why.kind) {
    case Refusal::Kind::exists:
      throw MachineExists(why.text);
    case Refusal::Kind::too_many:
      throw error(error_name::limits_exceeded, why.text);
    case Refusal::Kind::invalid:
      break;
  }
  throw error(error_name::invalid_args, why.text);
}

}  // namespace

Manager::Manager(const connection& bus, event_loop& loop, std::string helper)
    : bus_(bus),
      loop_(loop),
      helpers_(loop, std::move(helper)),
      authority_(bus),
      shells_(bus, helpers_, authority_),
      registry_(host()),
      manager_(bus.serve<Manager1>(manager_path)) {
  auto first = open_process(init);
  appear(*registry_.find(host_name), first ? std::move(first->pidfd) : unique_fd());
  offer_machines();
  offer_registration();
  offer_control();
  offer_facts();
  offer_shells();
  const auto got = bus.request_name(bus_name_owned, do_not_queue).wait();
  if (got != request_name_reply::primary_owner) {
    throw error(error_name::failed,
                fmt::format("{} is owned by another program: systemd-machined, or another "
                            "headway-machined; end that first",
                            bus_name_owned));
  }
}

void Manager::offer_machines() {
  manager_->list_machines = [this] {
    std::vector<ListedMachine> listed;
    for (const auto& [name, one] : registry_.all()) {
      listed.push_back({.name = name,
                        .kind = one.kind,
                        .service = one.service,
                        .path = object_path(machine_path(name))});
    }
    return listed;
  };
  manager_->get_machine = [this](const std::string& name) {
    return object_path(machine_path(machine(name).name));
  };
  manager_->get_machine_by_pid = [this](const caller& from, std::uint32_t pid) {
    return path_of_process(std::string(from.sender()), pid);
  };
}

void Manager::offer_registration() {
  using S = std::string;
  const auto of = [](const S& name, const Id& id, const S& service, const S& kind, const S& root,
                     const Interfaces& interfaces) {
    return Machine{.name = name,
                   .id = id,
                   .service = service,
                   .kind = kind,
                   .root = root,
                   .interfaces = interfaces};
  };
  const auto plain = [this, of](const caller& from, const S& name, const Id& id, const S& service,
                                const S& kind, std::uint32_t leader, const S& root) {
    return add(S(from.sender()), of(name, id, service, kind, root, {}), leader);
  };
  const auto with_network = [this, of](const caller& from, const S& name, const Id& id,
                                       const S& service, const S& kind, std::uint32_t leader,
                                       const S& root, const Interfaces& interfaces) {
    return add(S(from.sender()), of(name, id, service, kind, root, interfaces), leader);
  };
  manager_->register_machine = plain;
  manager_->register_machine_with_network = with_network;
  // Creating is registering: the scope that systemd would make for the machine's processes, and its
  // properties, are systemd's. They stay in the cgroup in which their manager put them.
  manager_->create_machine = [plain](const caller& from, const S& name, const Id& id,
                                     const S& service, const S& kind, std::uint32_t leader,
                                     const S& root, const ScopeProperties&) {
    return plain(from, name, id, service, kind, leader, root);
  };
  manager_->create_machine_with_network =
      [with_network](const caller& from, const S& name, const Id& id, const S& service,
                     const S& kind, std::uint32_t leader, const S& root,
                     const Interfaces& interfaces, const ScopeProperties&) {
        return with_network(from, name, id, service, kind, leader, root, interfaces);
      };
  manager_->unregister_machine = [this](const caller& from, const S& name) {
    return unregister(from, name);
  };
}

void Manager::offer_control() {
  manager_->terminate_machine = [this](const caller& from, const std::string& name) {
    return terminate(from, name);
  };
  manager_->kill_machine = [this](const caller& from, const std::string& name,
                                  const std::string& who,
                                  std::int32_t number) { return kill(from, name, who, number); };
}

void Manager::offer_facts() {
  manager_->get_machine_addresses = [this](const std::string& name) { return addresses(name); };
  manager_->get_machine_os_release = [this](const std::string& name) { return os_release(name); };
  manager_->get_machine_uid_shift = [this](const std::string& name) { return uid_shift(name); };
}

void Manager::offer_shells() {
  using S = std::string;
  manager_->open_machine_pty = [this](const caller& from, const S& name) {
    return shells_.open_terminal(from, place(name));
  };
  manager_->open_machine_login = [this](const caller& from, const S& name) {
    return shells_.open_login(from, place(name));
  };
  manager_->open_machine_shell = [this](const caller& from, const S& name, const S& user,
                                        const S& program, const Words& arguments,
                                        const Words& environment) {
    return shells_.open_shell(from, place(name),
                              {.machine = name,
                               .user = user,
                               .program = program,
                               .arguments = arguments,
                               .environment = environment});
  };
}

void Manager::offer_object(served<Machine1>& object, const Machine& machine) {
  const std::string& name = machine.name;
  object->terminate = [this, name](const caller& from) { return terminate(from, name); };
  object->kill = [this, name](const caller& from, const std::string& who, std::int32_t number) {
    return kill(from, name, who, number);
  };
  object->get_addresses = [this, name] { return addresses(name); };
  object->get_os_release = [this, name] { return os_release(name); };
  object->get_uid_shift = [this, name] { return uid_shift(name); };
  object->open_pty = [this, name](const caller& from) {
    return shells_.open_terminal(from, place(name));
  };
  object->open_login = [this, name](const caller& from) {
    return shells_.open_login(from, place(name));
  };
  object->open_shell = [this, name](const caller& from, const std::string& user,
                                    const std::string& program, const Words& arguments,
                                    const Words& environment) {
    return shells_.open_shell(from, place(name),
                              {.machine = name,
                               .user = user,
                               .program = program,
                               .arguments = arguments,
                               .environment = environment});
  };
  object->machine_name = name;
  object->id = machine.id;
  object->timestamp = machine.realtime_us;
  object->timestamp_monotonic = machine.monotonic_us;
  object->service = machine.service;
  object->unit = machine.unit;
  object->leader = static_cast<std::uint32_t>(machine.leader.pid);
  object->kind = machine.kind;
  object->root_directory = machine.root;
  object->network_interfaces = machine.interfaces;
  object->state = "running";
}

task<object_path> Manager::add(std::string sender, Machine machine, std::uint32_t leader) {
  const auto peer = co_await identify(bus_, std::move(sender));
  if (!peer.is_root()) {
    throw error(error_name::access_denied, "only root may register machines");
  }
  if (leader == 0) leader = peer.pid.value_or(0);
  if (leader == init) throw error(error_name::invalid_args, "process 1 leads the host");
  auto process = open_process(static_cast<pid_t>(leader));
  if (!process) {
    throw error(error_name::invalid_args,
                fmt::format("there is no process {} to lead \"{}\"", leader, machine.name));
  }
  machine.leader = process->id;
  machine.unit = unit_of(process->id.pid);
  machine.registrar = peer.uid;
  stamp(machine);
  const auto added = registry_.add(std::move(machine));
  if (!added) refuse(added.error());
  appear(**added, std::move(process->pidfd));
  const object_path path(machine_path((*added)->name));
  manager_->machine_new((*added)->name, path);
  co_return path;
}

void Manager::appear(const Machine& machine, unique_fd leader) {
  const std::string name = machine.name;
  const std::string path = machine_path(name);
  Presence presence{.leader = nullptr,
                    .object = std::make_unique<served<Machine1>>(bus_, path_text(path))};
  offer_object(*presence.object, machine);
  presence.leader =
      std::make_unique<LeaderWatch>(loop_, std::move(leader), [this, name] { remove(name); });
  presences_.insert_or_assign(name, std::move(presence));
}

void Manager::remove(const std::string& name) {
  if (!registry_.remove(name)) return;
  presences_.erase(name);
  manager_->machine_removed(name, object_path(machine_path(name)));
}

task<void> Manager::require_manager(caller from, std::string name, std::string verb) const {
  if (machine(name).kind == "host") {
    throw error(error_name::not_supported, fmt::format("the host is no machine to {}", verb));
  }
  const caller_gone gone;
  const auto peer = co_await identify(bus_, std::string(from.sender()));
  Question question{.action = "org.freedesktop.machine1.manage-machines",
                    .details = {{"machine", name}, {"verb", verb}},
                    .is_interactive = from.is_interactive()};
  co_await authority_.require(peer, std::move(question), gone.token());
}

task<void> Manager::unregister(caller from, std::string name) {
  co_await require_manager(std::move(from), name, "unregister");
  remove(name);
}

task<void> Manager::terminate(caller from, std::string name) {
  co_await require_manager(std::move(from), name, "terminate");
  send(machine(name), "all", SIGKILL);
}

task<void> Manager::kill(caller from, std::string name, std::string who, std::int32_t number) {
  co_await require_manager(std::move(from), name, "kill");
  send(machine(name), who, number);
}

void Manager::send(const Machine& to, std::string_view who, std::int32_t number) const {
  send_signal(to.leader.pid, presence(to).leader->pidfd(), who, number);
}

task<Addresses> Manager::addresses(std::string name) {
  const Machine& which = machine(name);
  if (which.kind != "host" && !has_own_network(which.leader.pid).value_or(true)) {
    throw NoPrivateNetworking(fmt::format("the machine \"{}\" uses the host's network", name));
  }
  auto found = co_await helpers_.addresses(target(which));
  co_return found;
}

task<OsRelease> Manager::os_release(std::string name) {
  auto found = co_await helpers_.os_release(target(machine(name)));
  co_return found;
}

std::uint32_t Manager::uid_shift(std::string_view name) const {
  const Machine& which = machine(name);
  if (which.kind == "host") return 0;
  const auto shift = uid_shift_of(which.leader.pid);
  if (!shift || has_ended(presence(which).leader->pidfd())) {
    throw error(error_name::not_supported,
                fmt::format("the users of \"{}\" are not one range of the host's", name));
  }
  return *shift;
}

task<object_path> Manager::path_of_process(std::string sender, std::uint32_t pid) const {
  if (pid == 0) {
    const auto peer = co_await identify(bus_, std::move(sender));
    pid = peer.pid.value_or(0);
  }
  std::vector<pid_t> leaders;
  std::vector<const std::string*> names;
  for (const auto& [name, one] : registry_.all()) {
    if (one.kind == "host") continue;
    leaders.push_back(one.leader.pid);
    names.push_back(&name);
  }
  const auto index = leader_of(static_cast<pid_t>(pid), leaders);
  if (!index) {
    throw NoMachineForPid(fmt::format("process {} does not belong to a machine", pid));
  }
  co_return object_path(machine_path(*names[*index]));
}

const Machine& Manager::machine(std::string_view name) const {
  const Machine* const found = registry_.find(name);
  if (found == nullptr) throw NoSuchMachine(fmt::format("there is no machine \"{}\"", name));
  return *found;
}

const Manager::Presence& Manager::presence(const Machine& of) const {
  return presences_.find(of.name)->second;
}

Target Manager::target(const Machine& of) const {
  const int leader = presence(of).leader->pidfd().get();
  return {.is_host = of.kind == "host",
          .pid = static_cast<std::uint32_t>(of.leader.pid),
          .pidfd = unique_fd(::fcntl(leader, F_DUPFD_CLOEXEC, 0))};
}

Place Manager::place(std::string_view name) const {
  const Machine& which = machine(name);
  if (which.kind == "vm") {
    throw error(
        error_name::not_supported,
        fmt::format("nothing can be opened in the virtual machine \"{}\" from outside", name));
  }
  return {.machine = which.name, .is_host = which.kind == "host", .target = target(which)};
}

}  // namespace headway::machined
