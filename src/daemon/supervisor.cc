// SPDX-License-Identifier: MIT
#include "daemon/supervisor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/result.h"
#include "config/broker_config.h"
#include "config/system_environment.h"
#include "daemon/broker_process.h"
#include "daemon/facts.h"
#include "io/clock.h"
#include "io/receive.h"
#include "io/socket.h"
#include "lsm/selinux_host.h"

namespace headway::daemon {
namespace {

using Failure = std::unexpected<std::string>;
using broker::LogKind;

constexpr std::uint64_t signal_tag = 0;
constexpr std::uint64_t link_tag = 1;
constexpr std::uint64_t watch_tag = 2;
constexpr std::uint64_t programs_tag = 3;
constexpr std::uint64_t security_tag = 4;
constexpr auto stop_patience = std::chrono::seconds(2);
constexpr int looks_max = 4;

Failure failed(std::string_view what) {
  return Failure(fmt::format("{}: {}", what, std::strerror(errno)));
}

/// PROC-007.
LogOrigin log_origin(const std::string& type, std::string bus_id = {}) {
  LogOrigin origin{.prefix = {}, .bus_type = type, .bus_id = std::move(bus_id), .pid = ::getpid()};
  if (type == "system") {
    origin.prefix = "[system] ";
  } else if (!type.empty()) {
    origin.prefix = fmt::format("[{} uid={} pid={}] ", type, ::geteuid(), origin.pid);
  }
  return origin;
}

std::expected<config::BusConfig, std::string> load(const std::string& file) {
  config::SystemEnvironment environment(lsm::selinux_policy_root());
  auto config = config::load_bus_config(file, environment);
  if (!config) return Failure(config::to_string(config.error()));
  return std::move(*config);
}

/// Where files may come and go that the configuration is made of, services included.
std::vector<std::string> changing_directories(const config::BusConfig& config) {
  std::vector<std::string> directories = config.watch_directories;
  for (const config::ServiceDirectory& directory : config.service_directories) {
    if (directory.watched) directories.push_back(directory.path);
  }
  return directories;
}

/// The configuration as it is while its directories are watched: what changes from here on will be
/// noticed (CONF-032).
std::expected<config::BusConfig, std::string> load_watched(const std::string& file,
                                                           io::DirectoryWatch& watch) {
  config::BusConfig config = TRY(load(file));
  // One more look is enough, unless somebody edits it this very moment.
  for (int looks = 0; looks < looks_max; ++looks) {
    const std::vector<std::string> directories = changing_directories(config);
    const auto unwatched = watch.replace(directories);
    config = TRY(load(file));
    for (const auto& [directory, reason] : unwatched) {
      config.warnings.push_back(
          fmt::format("Changes in {} will not be noticed: {}", directory, reason));
    }
    if (changing_directories(config) == directories) break;
  }
  return config;
}

std::vector<std::string> addresses(const CommandLine& line, const config::BusConfig& config) {
  if (line.address) return {*line.address};
  std::vector<std::string> result;
  for (const config::Placed& listen : config.listen) result.push_back(listen.text);
  return result;
}

/// The directory of transient services is ours to make (CONF-015). That it cannot be made is no
/// reason not to start: then there are none.
void make_transient_directories(const config::BusConfig& config) {
  for (const config::ServiceDirectory& directory : config.service_directories) {
    std::error_code ignored;
    if (directory.strict_names) std::filesystem::create_directories(directory.path, ignored);
  }
}

broker::Service service_of(const config::ServiceFile& file) {
  return {
      .name = file.name, .unit = file.unit.value_or(""), .assumed_label = file.label.value_or("")};
}

std::expected<void, std::string> print_line(int fd, const std::string& text) {
  const std::string line = text + "\n";
  if (::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    return failed(fmt::format("cannot print to descriptor {}", fd));
  }
  return {};
}

}  // namespace

Supervisor::Supervisor(const CommandLine& line, config::BusConfig config, Listeners listeners,
                       io::DirectoryWatch watch)
    : line_(line),
      config_(std::move(config)),
      listeners_(std::move(listeners)),
      log_(log_origin(config_.type), log_targets(line.syslog, config_.syslog)),
      watch_(std::move(watch)) {
  // The working directory may change before it is read again.
  if (!line_.config_file.starts_with('/')) {
    std::array<char, PATH_MAX> directory{};
    if (::getcwd(directory.data(), directory.size()) != nullptr) {
      line_.config_file = fmt::format("{}/{}", directory.data(), line_.config_file);
    }
  }
}

Supervisor::~Supervisor() {
  if (broker_pid_ < 0) return;
  ::kill(broker_pid_, SIGKILL);
  static_cast<void>(::waitpid(broker_pid_, nullptr, 0));
}

std::unique_ptr<Supervisor> Supervisor::start(const CommandLine& line) {
  secure_descriptors();
  LogTargets targets = log_targets(line.syslog, false);
  auto supervisor = try_to_start(line, targets);
  if (supervisor) return std::move(*supervisor);
  targets.to_stderr = true;  // whoever starts a bus by hand looks there
  Log log(log_origin({}), targets);
  log.write(LogKind::bus_failed, "Failed to start message bus: " + supervisor.error(), io::now());
  return nullptr;
}

std::expected<std::unique_ptr<Supervisor>, std::string> Supervisor::try_to_start(
    const CommandLine& line, LogTargets& targets) {
  auto watch = io::DirectoryWatch::create();
  if (!watch) return Failure(io::describe(watch.error()));
  config::BusConfig config = TRY(load_watched(line.config_file, *watch));
  targets = log_targets(line.syslog, config.syslog);
  if (config.pidfile && line.writes_pidfile) TRY_VOID(PidFile::check_free(*config.pidfile));
  Listeners listeners = TRY(Listeners::open(addresses(line, config)));
  // They were for us alone, not for what is started later.
  for (const char* const name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);

  std::unique_ptr<Supervisor> supervisor(
      new Supervisor(line, std::move(config), std::move(listeners), std::move(*watch)));
  TRY_VOID(supervisor->prepare());
  Child child = TRY(supervisor->fork_broker());
  TRY_VOID(supervisor->start_broker(std::move(child)));
  TRY_VOID(supervisor->announce());
  return supervisor;
}

std::expected<void, std::string> Supervisor::prepare() {
  security_ = TRY(Security::find(config_.apparmor));
  std::optional<config::Account> user;
  if (config_.user && ::geteuid() == 0) {
    user = TRY(config::find_configured_account(config_.user->text));
  }

  if (line_.fork.value_or(config_.fork)) detached_ = TRY(Daemon::detach(config_.keep_umask));
  if (config_.pidfile && line_.writes_pidfile) pidfile_ = TRY(PidFile::create(*config_.pidfile));
  rlimit descriptors{};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);  // for programs, as it was (ACT-023)
  raise_descriptor_limit();
  auto starter = launch::Starter::create(descriptors);
  if (!starter) return Failure(io::describe(starter.error()));
  starter_ = std::move(*starter);
  environment_ = launch::ActivationEnvironment(environ);
  if (user) TRY_VOID(become(*user, security_.is_any_active()));
  log_.set_origin(log_origin(config_.type));  // numbers in it may have changed
  account_ = user ? user : config::find_account(::geteuid());
  if (account_) {
    // Who has become somebody else has the wrong HOME in its environment.
    const char* const home = user ? nullptr : std::getenv("HOME");
    keyring_.emplace(home != nullptr ? home : account_->home, account_->uid);
  }
  warn(config_.warnings);
  make_transient_directories(config_);
  read_services();

  sigset_t handled;
  ::sigemptyset(&handled);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) ::sigaddset(&handled, number);
  ::sigprocmask(SIG_BLOCK, &handled, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  signals_ = Fd(::signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) return failed("signalfd");
  return {};
}

std::expected<Supervisor::Child, std::string> Supervisor::fork_broker() {
  auto pair = io::socket_pair();
  if (!pair) return Failure(io::describe(pair.error()));
  const pid_t supervisor = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return failed("fork");
  if (child == 0) {
    pair->first.reset();
    run_broker_process(std::move(pair->second), supervisor, detached_.has_value());
  }
  return Child{.pid = child, .link = std::move(pair->first)};
}

std::expected<void, std::string> Supervisor::start_broker(Child child) {
  broker_pid_ = child.pid;
  link_.emplace(std::move(child.link), supervisor_frame_bytes_max);
  auto loop = io::Loop::create();
  if (!loop) return Failure(io::describe(loop.error()));
  loop_ = std::move(*loop);
  for (const auto& [fd, tag] :
       {std::pair{signals_.get(), signal_tag}, std::pair{link_->socket(), link_tag}}) {
    if (auto added = loop_->add(fd, EPOLLIN, tag); !added) {
      return Failure(io::describe(added.error()));
    }
  }

  std::vector<Fd> sockets;
  for (const Listeners::Socket& socket : listeners_.sockets()) {
    sockets.emplace_back(::fcntl(socket.fd.get(), F_DUPFD_CLOEXEC, 0));
    if (!sockets.back()) return failed("fcntl");
  }
  if (sockets.size() > io::fds_per_send_max) return Failure("too many addresses to listen on");
  const to_broker::Start start = make_start();
  log_.set_origin(log_origin(config_.type, start.facts.id));
  link_->send(encode(ToBroker(start)), std::move(sockets));

  while (!broker_ready_ && !broker_gone_ && !stopping_) {
    finish_turn();
    for (const epoll_event& event : loop_->wait(std::nullopt)) {
      if (event.data.u64 == signal_tag) on_signal();
      if (event.data.u64 == link_tag && !on_link()) broker_gone_ = true;
    }
  }
  if (broker_gone_) return Failure("the broker process ended");
  std::vector watched{std::pair{watch_.fd(), watch_tag}, std::pair{starter_->fd(), programs_tag}};
  if (const auto fd = security_.fd()) watched.emplace_back(*fd, security_tag);
  for (const auto& [fd, tag] : watched) {
    if (auto added = loop_->add(fd, EPOLLIN, tag); !added) {
      return Failure(io::describe(added.error()));
    }
  }
  return {};
}

to_broker::Start Supervisor::make_start() const {
  to_broker::Start start;
  start.facts = own_facts(config_.type);
  start.facts.systemd_activation = line_.systemd_activation;
  security_.describe(start.facts);
  start.config = encoded_config();
  const auto allows = [&](std::string_view mechanism) {
    return config_.auth.empty() || std::ranges::find(config_.auth, mechanism) != config_.auth.end();
  };
  start.mechanisms = {.external = allows("EXTERNAL"),
                      .cookie_sha1 = keyring_ && allows("DBUS_COOKIE_SHA1"),
                      .anonymous = allows("ANONYMOUS")};
  if (account_) start.own_user = account_->name;
  start.wants_load = is_notify_wanted();
  for (const Listeners::Socket& socket : listeners_.sockets()) {
    start.listeners.push_back(socket.facts);
  }
  return start;
}

void Supervisor::warn(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) {
    log_.write(LogKind::configuration_doubtful, warning, io::now());
  }
}

void Supervisor::read_services() {
  config::SystemEnvironment environment;
  catalog_ = config::ServiceCatalog(config_.service_directories, config_.type == "system");
  warn(catalog_.rescan(environment));
}

std::string Supervisor::encoded_config() const {
  config::BrokerConfig config = config::broker_config(config_);
  for (const config::ServiceFile& file : catalog_.services()) {
    config.services.push_back(service_of(file));
  }
  const std::vector<std::uint8_t> bytes = config::encode(config);
  return std::string(as_text(bytes));
}

std::expected<void, std::string> Supervisor::announce() {
  const auto print = [](std::optional<int> fd,
                        const std::string& text) -> std::expected<void, std::string> {
    if (fd) TRY_VOID(print_line(*fd, text));
    return {};
  };
  TRY_VOID(print(line_.print_address_to, listeners_.published()));
  TRY_VOID(print(line_.print_pid_to, std::to_string(::getpid())));
  // Whoever reads there waits for the end (TOOL-003).
  for (const auto& fd : {line_.print_address_to, line_.print_pid_to}) {
    if (fd && *fd > STDERR_FILENO) ::close(*fd);
  }
  tell_ready();
  if (detached_) {
    detached_->report_ready();
    silence_output();
  }
  return {};
}

int Supervisor::run() {
  while (!stopping_ && !broker_gone_) {
    finish_turn();
    for (const epoll_event& event : loop_->wait(log_.next_deadline())) {
      if (event.data.u64 == signal_tag) on_signal();
      if (event.data.u64 == link_tag && !on_link()) broker_gone_ = true;
      if (event.data.u64 == watch_tag && !watch_.drain().empty()) reload();
      if (event.data.u64 == programs_tag) on_programs();
      if (event.data.u64 == security_tag) on_security();
    }
    log_.advance(io::now());
  }
  notify("STOPPING=1\nSTATUS=Ending");
  stop_broker();
  return stopping_ ? 0 : 1;
}

void Supervisor::finish_turn() {
  if (!link_->flush()) broker_gone_ = true;
  if (link_->wants_write() == link_wants_write_) return;
  link_wants_write_ = link_->wants_write();
  loop_->change(link_->socket(), EPOLLIN | (link_wants_write_ ? EPOLLOUT : 0u), link_tag);
}

void Supervisor::on_signal() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof(info)) == sizeof(info)) {
    switch (info.ssi_signo) {
      case SIGTERM:
      case SIGINT:
        stopping_ = true;
        break;
      case SIGHUP:
        reload();
        break;
      default:
        on_child();
        break;
    }
  }
}

void Supervisor::on_child() {
  int status = 0;
  if (broker_pid_ < 0 || ::waitpid(broker_pid_, &status, WNOHANG) != broker_pid_) return;
  broker_pid_ = -1;
  broker_gone_ = true;
  if (stopping_ && status == 0) return;
  static_cast<void>(on_link());  // its last words
  const std::string how = WIFSIGNALED(status)
                              ? fmt::format("was killed by signal {}", WTERMSIG(status))
                              : fmt::format("ended with status {}", WEXITSTATUS(status));
  log_.write(LogKind::bus_failed, fmt::format("The broker process {}; the bus ends", how),
             io::now());
}

/// False: the broker is gone, or not to be dealt with any more.
bool Supervisor::on_link() {
  const bool alive = link_->receive() && !link_->is_unread();
  while (auto frame = link_->next()) {
    const auto message = decode_from_broker(*frame);
    if (!message) {
      log_.write(LogKind::bus_failed, "The broker process sent what means nothing", io::now());
      return false;
    }
    std::visit([&](const auto& value) { handle(value); }, *message);
  }
  return alive;
}

void Supervisor::handle(const from_broker::Ready&) { broker_ready_ = true; }

void Supervisor::handle(const from_broker::ReloadRequest&) {
  if (auto problem = reload()) {
    link_->send(encode(ToBroker(to_broker::ConfigRefused{std::move(*problem)})));
  }
}

void Supervisor::handle(const from_broker::CookieRequest& message) {
  to_broker::Cookie answer{.peer = message.peer, .cookie = std::nullopt};
  std::string problem = "there is no account";
  if (keyring_) answer.cookie = keyring_->cookie(problem);
  if (!answer.cookie) {
    log_.write(LogKind::login_impossible,
               fmt::format("Nobody can log in by DBUS_COOKIE_SHA1: {}", problem), io::now());
  }
  link_->send(encode(ToBroker(answer)));
}

void Supervisor::handle(const from_broker::UserRequest& message) {
  link_->send(
      encode(ToBroker(to_broker::User{.uid = message.uid, .name = dynamic_user(message.uid)})));
}

void Supervisor::handle(const from_broker::Environment& message) {
  for (const auto& [name, value] : message.variables) {
    if (environment_.set(name, value)) continue;
    log_.write(LogKind::environment_refused,
               fmt::format("The activation environment does not take the variable {}", name),
               io::now());
  }
}

void Supervisor::handle(const from_broker::StartService& message) {
  const config::ServiceFile* file = catalog_.find(message.name);
  if (file == nullptr) {  // gone since it was listed
    return report(
        {.service = message.name,
         .exec = {},
         .error = "ServiceUnknown",
         .text = fmt::format("The name {} was not provided by any .service files", message.name)});
  }
  const auto program = launch::program_of(
      *file, config_.servicehelper,
      environment_.of_program({.address = listeners_.published(), .type = config_.type}));
  if (!program) return report(program.error());
  launch::Output output;
  if (log_.targets().to_system) output = launch::journal_output(message.name);
  if (const auto started = starter_->start(*program, output); !started) report(started.error());
}

void Supervisor::handle(const from_broker::ServiceIsThere& message) {
  starter_->release(message.name);
}

void Supervisor::handle(const from_broker::StopStarting& message) { starter_->kill(message.name); }

void Supervisor::on_programs() {
  for (const launch::Failure& failure : starter_->collect()) report(failure);
}

/// ACT-025: it failed for everybody who waits for the same command line.
void Supervisor::report(const launch::Failure& failure) {
  const auto tell = [&](const std::string& service) {
    link_->send(encode(ToBroker(
        to_broker::ServiceFailed{.name = service, .error = failure.error, .text = failure.text})));
  };
  tell(failure.service);
  for (const config::ServiceFile& file : catalog_.services()) {
    if (file.name != failure.service && !failure.exec.empty() && file.exec == failure.exec) {
      tell(file.name);
    }
  }
}

/// Whoever asks for names that do not exist must not make us read every file each time: the kernel
/// has told by now of what changed where it is watched, so only the rest is read again.
void Supervisor::handle(const from_broker::LookUpService& message) {
  if (!watch_.drain().empty()) reload();
  config::SystemEnvironment environment;
  warn(catalog_.rescan(environment, config::ServiceCatalog::Which::unwatched));
  to_broker::ServiceFound answer{.name = message.name, .service = std::nullopt};
  if (const auto* file = catalog_.find(message.name)) answer.service = service_of(*file);
  link_->send(encode(ToBroker(answer)));
}

void Supervisor::handle(const from_broker::Log& message) { log_.write(message.entry, io::now()); }

void Supervisor::handle(const from_broker::Audit& message) {
  if (security_.audit(message.text)) return;
  log_.write(LogKind::audit_record, message.text, io::now());
}

/// LSM-010: what is labelled for a policy may be configured otherwise with the next.
void Supervisor::on_security() {
  const Security::News news = security_.collect();
  for (const std::string& text : news.texts) {
    log_.write(LogKind::audit_record, text, io::now());
  }
  if (news.policy_loaded) reload();
}

/// CONF-034 .. CONF-037: what is read replaces what the broker has, all or nothing.
std::optional<std::string> Supervisor::reload() {
  const auto since_boot =
      std::chrono::duration_cast<std::chrono::microseconds>(io::now().time_since_epoch());
  notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=Reading its configuration",
                     since_boot.count()));
  auto loaded = load_watched(line_.config_file, watch_);
  if (!loaded) {
    log_.write(LogKind::configuration_refused, "Unable to reload configuration: " + loaded.error(),
               io::now());
    refused_config_ = loaded.error();
    tell_ready();
    return loaded.error();
  }
  config_ = std::move(*loaded);
  warn(config_.warnings);
  read_services();
  refused_config_.clear();
  link_->send(encode(ToBroker(to_broker::Config{encoded_config()})));
  ++configs_under_way_;
  return std::nullopt;
}

void Supervisor::handle(const from_broker::ConfigInEffect&) {
  if (configs_under_way_ > 0) --configs_under_way_;
  log_.write(LogKind::configuration_reloaded, "Reloaded configuration", io::now());
  tell_ready();
}

void Supervisor::handle(const from_broker::Status& message) {
  load_ = message.load;
  if (broker_ready_) {
    notify("STATUS=" + status_text(load_, refused_config_), io::WhenFull::fail);
  }
}

/// Not while a configuration is on its way: whoever waits for a reload waits until it holds.
void Supervisor::tell_ready() {
  if (configs_under_way_ > 0) return;
  notify("READY=1\nSTATUS=" + status_text(load_, refused_config_));
}

void Supervisor::stop_broker() {
  if (broker_pid_ < 0) return;
  link_->send(encode(ToBroker(to_broker::Stop{})));
  link_->flush();
  const Time deadline = io::now() + stop_patience;
  while (broker_pid_ >= 0 && io::now() < deadline) {
    for (const epoll_event& event : loop_->wait(deadline)) {
      if (event.data.u64 == signal_tag) on_signal();
      if (event.data.u64 == link_tag && !on_link()) {
        // Ended, or out of its mind: the kernel will say which.
        loop_->remove(link_->socket());
        if (!stopping_) ::kill(broker_pid_, SIGKILL);
      }
    }
  }
}

}  // namespace headway::daemon
