// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "headway/dict.h"
#include "headway/fd.h"
#include "headway/interface.h"
#include "headway/named_error.h"
#include "headway/value.h"

/// What others see of us: org.freedesktop.machine1, as systemd-machined has it, without images and
/// copying.
namespace headway::machined {

using NoSuchMachine = named_error<"org.freedesktop.machine1.NoSuchMachine">;
using NoMachineForPid = named_error<"org.freedesktop.machine1.NoMachineForPID">;
using MachineExists = named_error<"org.freedesktop.machine1.MachineExists">;
using NoPrivateNetworking = named_error<"org.freedesktop.machine1.NoPrivateNetworking">;

using Id = std::vector<std::uint8_t>;
using Interfaces = std::vector<std::int32_t>;
/// Of systemd's scope; there is none here, so nobody reads them.
using ScopeProperties = std::vector<std::tuple<std::string, variant>>;
/// AF_INET or AF_INET6, and the address.
using Address = std::tuple<std::int32_t, std::vector<std::uint8_t>>;
using Addresses = std::vector<Address>;
using OsRelease = std::map<std::string, std::string>;

/// A terminal, by its master end, which is all that holds it.
struct Terminal {
  unique_fd master;
  std::string name;  // in the machine: /dev/pts/N
};
using Words = std::vector<std::string>;

struct ListedMachine {
  std::string name;
  std::string kind;
  std::string service;
  object_path path;
};
struct MachineChange {
  std::string machine;
  object_path path;
};

template <class Role>
struct Manager1 {
  static constexpr std::string_view name = "org.freedesktop.machine1.Manager";

  method<Role, std::vector<ListedMachine>()> list_machines;
  method<Role, object_path(std::string)> get_machine;
  method<Role, object_path(std::uint32_t)> get_machine_by_pid;
  method<Role, object_path(std::string, Id, std::string, std::string, std::uint32_t, std::string)>
      register_machine;
  method<Role, object_path(std::string, Id, std::string, std::string, std::uint32_t, std::string,
                           Interfaces)>
      register_machine_with_network;
  method<Role, object_path(std::string, Id, std::string, std::string, std::uint32_t, std::string,
                           ScopeProperties)>
      create_machine;
  method<Role, object_path(std::string, Id, std::string, std::string, std::uint32_t, std::string,
                           Interfaces, ScopeProperties)>
      create_machine_with_network;
  method<Role, void(std::string)> unregister_machine;
  method<Role, void(std::string)> terminate_machine;
  method<Role, void(std::string, std::string, std::int32_t)> kill_machine;
  method<Role, Addresses(std::string)> get_machine_addresses;
  method<Role, OsRelease(std::string)> get_machine_os_release;
  method<Role, std::uint32_t(std::string)> get_machine_uid_shift;
  method<Role, several<Terminal>(std::string)> open_machine_pty;
  method<Role, several<Terminal>(std::string)> open_machine_login;
  method<Role, several<Terminal>(std::string, std::string, std::string, Words, Words)>
      open_machine_shell;
  signal<Role, MachineChange> machine_new;
  signal<Role, MachineChange> machine_removed;

  template <class Self, class Bind>
  static void each_member(Self& self, Bind bind) {
    constexpr std::string_view what = "name,id,service,class,leader,root_directory";
    constexpr std::string_view with_network =
        "name,id,service,class,leader,root_directory,ifindices";
    bind(self.list_machines, {.name = "ListMachines", .results = "machines"});
    bind(self.get_machine, {.name = "GetMachine", .arguments = "name", .results = "machine"});
    bind(self.get_machine_by_pid,
         {.name = "GetMachineByPID", .arguments = "pid", .results = "machine"});
    bind(self.register_machine, {.name = "RegisterMachine", .arguments = what, .results = "path"});
    bind(self.register_machine_with_network,
         {.name = "RegisterMachineWithNetwork", .arguments = with_network, .results = "path"});
    bind(self.create_machine,
         {.name = "CreateMachine",
          .arguments = "name,id,service,class,leader,root_directory,scope_properties",
          .results = "path"});
    bind(self.create_machine_with_network,
         {.name = "CreateMachineWithNetwork",
          .arguments = "name,id,service,class,leader,root_directory,ifindices,scope_properties",
          .results = "path"});
    bind(self.unregister_machine, {.name = "UnregisterMachine", .arguments = "name"});
    bind(self.terminate_machine, {.name = "TerminateMachine", .arguments = "name"});
    bind(self.kill_machine, {.name = "KillMachine", .arguments = "name,who,signal"});
    bind(self.get_machine_addresses,
         {.name = "GetMachineAddresses", .arguments = "name", .results = "addresses"});
    bind(self.get_machine_os_release,
         {.name = "GetMachineOSRelease", .arguments = "name", .results = "fields"});
    bind(self.get_machine_uid_shift,
         {.name = "GetMachineUIDShift", .arguments = "name", .results = "shift"});
    bind(self.open_machine_pty,
         {.name = "OpenMachinePTY", .arguments = "name", .results = "pty,pty_path"});
    bind(self.open_machine_login,
         {.name = "OpenMachineLogin", .arguments = "name", .results = "pty,pty_path"});
    bind(self.open_machine_shell, {.name = "OpenMachineShell",
                                   .arguments = "name,user,path,args,environment",
                                   .results = "pty,pty_path"});
    bind(self.machine_new, {.name = "MachineNew"});
    bind(self.machine_removed, {.name = "MachineRemoved"});
  }
};

template <class Role>
struct Machine1 {
  static constexpr std::string_view name = "org.freedesktop.machine1.Machine";

  method<Role, void()> terminate;
  method<Role, void(std::string, std::int32_t)> kill;
  method<Role, Addresses()> get_addresses;
  method<Role, OsRelease()> get_os_release;
  method<Role, std::uint32_t()> get_uid_shift;
  method<Role, several<Terminal>()> open_pty;
  method<Role, several<Terminal>()> open_login;
  method<Role, several<Terminal>(std::string, std::string, Words, Words)> open_shell;
  property<Role, std::string> machine_name;
  property<Role, Id> id;
  property<Role, std::uint64_t> timestamp;
  property<Role, std::uint64_t> timestamp_monotonic;
  property<Role, std::string> service;
  property<Role, std::string> unit;
  property<Role, std::uint32_t> leader;
  property<Role, std::string> kind;
  property<Role, std::string> root_directory;
  property<Role, Interfaces> network_interfaces;
  property<Role, std::string> state;

  template <class Self, class Bind>
  static void each_member(Self& self, Bind bind) {
    bind(self.terminate, {.name = "Terminate"});
    bind(self.kill, {.name = "Kill", .arguments = "who,signal"});
    bind(self.get_addresses, {.name = "GetAddresses", .results = "addresses"});
    bind(self.get_os_release, {.name = "GetOSRelease", .results = "fields"});
    bind(self.get_uid_shift, {.name = "GetUIDShift", .results = "shift"});
    bind(self.open_pty, {.name = "OpenPTY", .results = "pty,pty_path"});
    bind(self.open_login, {.name = "OpenLogin", .results = "pty,pty_path"});
    bind(self.open_shell, {.name = "OpenShell",
                           .arguments = "user,path,args,environment",
                           .results = "pty,pty_path"});
    bind(self.machine_name, {.name = "Name", .annotations = never_changes});
    bind(self.id, {.name = "Id", .annotations = never_changes});
    bind(self.timestamp, {.name = "Timestamp", .annotations = never_changes});
    bind(self.timestamp_monotonic, {.name = "TimestampMonotonic", .annotations = never_changes});
    bind(self.service, {.name = "Service", .annotations = never_changes});
    bind(self.unit, {.name = "Unit", .annotations = never_changes});
    bind(self.leader, {.name = "Leader", .annotations = never_changes});
    bind(self.kind, {.name = "Class", .annotations = never_changes});
    bind(self.root_directory, {.name = "RootDirectory", .annotations = never_changes});
    bind(self.network_interfaces, {.name = "NetworkInterfaces", .annotations = never_changes});
    bind(self.state, {.name = "State", .annotations = emits_nothing});
  }
};

}  // namespace headway::machined
