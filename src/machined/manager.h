// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "headway/connection.h"
#include "headway/loop.h"
#include "headway/object.h"
#include "headway/task.h"
#include "machined/authority.h"
#include "machined/helpers.h"
#include "machined/interfaces.h"
#include "machined/leader_watch.h"
#include "machined/peer.h"
#include "machined/registry.h"
#include "machined/shells.h"

namespace headway::machined {

/// org.freedesktop.machine1 on a bus: the registry with an object for each machine. A machine goes
/// when its leader ends, which its pidfd tells.
class Manager {
 public:
  /// `helper` is the path of headway-machine-helper. Throws headway::error if the bus does not give
  /// us the name.
  Manager(const connection& bus, event_loop& loop, std::string helper);

 private:
  /// What there is of a machine beside what was said of it.
  struct Presence {
    std::unique_ptr<LeaderWatch> leader;
    std::unique_ptr<served<Machine1>> object;
  };

  void offer_machines();
  void offer_registration();
  void offer_control();
  void offer_facts();
  void offer_shells();
  void offer_object(served<Machine1>& object, const Machine& machine);

  /// Lets nobody pass who may not manage machines.
  task<void> require_manager(caller from, std::string name, std::string verb) const;
  task<object_path> add(std::string sender, Machine machine, std::uint32_t leader);
  task<void> unregister(caller from, std::string name);
  task<void> terminate(caller from, std::string name);
  task<void> kill(caller from, std::string name, std::string who, std::int32_t number);
  task<Addresses> addresses(std::string name);
  task<OsRelease> os_release(std::string name);
  [[nodiscard]] std::uint32_t uid_shift(std::string_view name) const;
  [[nodiscard]] task<object_path> path_of_process(std::string sender, std::uint32_t pid) const;

  /// Throws NoSuchMachine.
  [[nodiscard]] const Machine& machine(std::string_view name) const;
  [[nodiscard]] const Presence& presence(const Machine& of) const;
  [[nodiscard]] Target target(const Machine& of) const;
  /// Throws not_supported for a virtual machine, in which nothing can be opened from here.
  [[nodiscard]] Place place(std::string_view name) const;
  void send(const Machine& to, std::string_view who, std::int32_t number) const;
  void appear(const Machine& machine, unique_fd leader);
  void remove(const std::string& name);

  connection bus_;
  event_loop& loop_;
  Helpers helpers_;
  Authority authority_;
  Shells shells_;
  Registry registry_;
  std::map<std::string, Presence, std::less<>> presences_;
  served<Manager1> manager_;
};

}  // namespace headway::machined
