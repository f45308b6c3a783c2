// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "config/account.h"
#include "config/bus_config.h"
#include "config/service_catalog.h"
#include "daemon/command_line.h"
#include "daemon/keyring.h"
#include "daemon/link_messages.h"
#include "daemon/listeners.h"
#include "daemon/log.h"
#include "daemon/process.h"
#include "daemon/security.h"
#include "daemon/status.h"
#include "io/link.h"
#include "io/loop.h"
#include "io/watch.h"
#include "launch/environment.h"
#include "launch/starter.h"

namespace headway::daemon {

/// The process that was started: it reads configuration, asks the name service, owns what the bus
/// has in the file system, and watches over the broker process, which does nothing of that. It does
/// not trust the broker: what that one asks for is bounded and answered from our own knowledge.
///
/// Signals: SIGTERM and SIGINT end the bus with status 0, SIGHUP reloads (PROC-005).
class Supervisor {
 public:
  /// Everything up to the moment clients are served (PROC-001). Null: it has failed, and the log
  /// and stderr say why (TOOL-006).
  [[nodiscard]] static std::unique_ptr<Supervisor> start(const CommandLine& line);
  ~Supervisor();

  /// Until the end; the exit status.
  int run();

 private:
  struct Child {
    pid_t pid = -1;
    Fd link;
  };

  Supervisor(const CommandLine& line, config::BusConfig config, Listeners listeners,
             io::DirectoryWatch watch);

  /// `targets`: where the log goes, as soon as that is known.
  static std::expected<std::unique_ptr<Supervisor>, std::string> try_to_start(
      const CommandLine& line, LogTargets& targets);
  // Steps of try_to_start(), in this order.
  std::expected<void, std::string> prepare();
  std::expected<Child, std::string> fork_broker();
  std::expected<void, std::string> start_broker(Child child);
  std::expected<void, std::string> announce();

  void on_signal();
  bool on_link();
  void handle(const from_broker::Ready& message);
  void handle(const from_broker::ReloadRequest& message);
  void handle(const from_broker::ConfigInEffect& message);
  void handle(const from_broker::Status& message);
  void handle(const from_broker::CookieRequest& message);
  void handle(const from_broker::UserRequest& message);
  void handle(const from_broker::Environment& message);
  void handle(const from_broker::LookUpService& message);
  void handle(const from_broker::StartService& message);
  void handle(const from_broker::ServiceIsThere& message);
  void handle(const from_broker::StopStarting& message);
  void handle(const from_broker::Log& message);
  void handle(const from_broker::Audit& message);

  /// What is wrong with the configuration, if anything, for whoever asked; the log has it. That
  /// it holds is told by ConfigInEffect.
  std::optional<std::string> reload();
  void tell_ready();
  void on_child();
  void stop_broker();
  void finish_turn();
  [[nodiscard]] to_broker::Start make_start() const;
  void on_programs();
  void on_security();
  void report(const launch::Failure& failure);
  void warn(const std::vector<std::string>& warnings);
  /// Reads service files anew.
  void read_services();
  [[nodiscard]] std::string encoded_config() const;

  CommandLine line_;
  config::BusConfig config_;
  Listeners listeners_;
  Log log_;
  std::optional<config::Account> account_;  // that the bus runs as, if it has an entry
  std::optional<Daemon> detached_;
  std::optional<PidFile> pidfile_;
  std::optional<io::Loop> loop_;
  io::DirectoryWatch watch_;
  config::ServiceCatalog catalog_;
  Fd signals_;
  std::optional<io::Link> link_;
  std::optional<Keyring> keyring_;
  pid_t broker_pid_ = -1;
  bool broker_ready_ = false;
  bool broker_gone_ = false;
  bool link_wants_write_ = false;
  bool stopping_ = false;
  std::uint32_t configs_under_way_ = 0;  // that the broker has not put into effect yet
  std::string refused_config_;           // what is wrong with the latest; empty: it holds
  Load load_;
  launch::ActivationEnvironment environment_;
  std::optional<launch::Starter> starter_;
  Security security_;
};

}  // namespace headway::daemon
