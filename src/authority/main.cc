// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "authority/actions_on_disk.h"
#include "authority/become.h"
#include "authority/options.h"
#include "authority/script_rules.h"
#include "authority/service.h"

namespace headway::authority {
namespace {

void print(std::FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

/// To stderr, which a service manager has in its log.
void log(std::string_view text) {
  print(stderr, fmt::format("headway-authority: {}\n", printable(text)));
}

/// What runs the rules: it is installed where this program is.
std::string worker_path() {
  std::error_code none;
  return (std::filesystem::read_symlink("/proc/self/exe", none).parent_path() /
          "headway-rules-worker")
      .string();
}

/// Each check under way has descriptors of the processes that it is about.
void raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Until the bus, or the name on it, is lost.
int serve(const Options& options) {
  event_loop runner;
  const connection bus =
      options.address.empty() ? connection::open(bus::system) : connection::open(options.address);
  bus.attach(runner);
  std::function<void()> changed = [] {};
  ScriptRules::Options rule_options;
  rule_options.program = worker_path();
  if (!options.rules.empty()) rule_options.directories = options.rules;
  rule_options.log = log;
  rule_options.changed = [&changed] { changed(); };
  ScriptRules rules(runner, std::move(rule_options));
  TemporaryAuthorizations temporaries;
  const SystemAccounts accounts;
  BusPeers peers(bus);
  LogindSessions sessions(bus);
  Resolver resolver(peers, sessions);
  Checker checker(rules, temporaries, accounts);
  Service service(bus, {.checker = checker,
                        .temporaries = temporaries,
                        .resolver = resolver,
                        .peers = peers,
                        .accounts = accounts,
                        .now = [&] { return Time(runner.now().time_since_epoch()); },
                        .log = log});
  const ActionsOnDisk actions(
      runner, options.actions,
      [&](std::shared_ptr<const ActionCatalog> loaded) {
        checker.set_actions(std::move(loaded));
        changed();
      },
      log);

  int status = EXIT_SUCCESS;
  const auto end = [&](std::string_view why) {
    log(why);
    status = EXIT_FAILURE;
    runner.stop();
  };
  const slot lost = bus.on_disconnect([&](const error& why) { end(why.what()); });
  const std::uint32_t flags =
      allow_replacement | do_not_queue | (options.replaces ? replace_existing : 0U);
  if (bus.request_name(service_name, flags).wait() != request_name_reply::primary_owner) {
    log("another program has the name org.freedesktop.PolicyKit1; --replace takes it");
    return EXIT_FAILURE;
  }
  const slot replaced = bus.on_owner(service_name, [&](std::string_view owner) {
    if (owner != bus.unique_name()) end("another program has taken the name");
  });
  changed = [&service] { service.changed(); };
  log("serving org.freedesktop.PolicyKit1");
  runner.run();
  return status;
}

int run(const Options& options) {
  if (const auto done = become(options.user); !done) {
    log(done.error());
    return EXIT_FAILURE;
  }
  raise_descriptor_limit();
  try {
    return serve(options);
  } catch (const error& why) {
    log(why.what());
    return EXIT_FAILURE;
  }
}

int main(std::span<const char* const> arguments) {
  const auto options = parse_options(arguments);
  if (!options) {
    print(stderr, options.error() + "\n");
    print(stderr, usage());
    return EXIT_FAILURE;
  }
  switch (options->action) {
    case Options::Action::run:
      return run(*options);
    case Options::Action::version:
      print(stdout, "headway-authority " HEADWAY_VERSION "\n");
      return EXIT_SUCCESS;
    case Options::Action::help:
      print(stdout, usage());
      return EXIT_SUCCESS;
  }
  return EXIT_FAILURE;
}

}  // namespace
}  // namespace headway::authority

int main(int count, char** values) {
  return headway::authority::main(
      {values + 1, static_cast<std::size_t>(count > 0 ? count - 1 : 0)});
}
