// SPDX-License-Identifier: MIT
#include "machined/helpers.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "headway/proxy.h"
#include "wire/address.h"

namespace headway::machined {
namespace {

// A helper that inspects ends itself before (helper_main.cc).
constexpr std::chrono::seconds inspection_limit(20);

}  // namespace

task<connection> Helpers::start() const {
  const connection_options options{.hello = false};
  const std::string address = "unixexec:path=" + wire::escape_address_value(program_);
  std::string problem;
  try {
    auto helper = co_await connection::open_async(address, *loop_, options);
    co_return helper;
  } catch (const error& e) {
    problem = e.text();
  }
  throw error(error_name::failed, fmt::format("{} does not start: {}", program_, problem));
}

task<Addresses> Helpers::addresses(Target target) const {
  const Share share(running_, 0, helpers_max, "requests about machines under way");
  auto helper = co_await start();
  auto proxy = helper.proxy<Helper1>("", helper_path);
  auto found = co_await proxy->get_addresses(target).within(inspection_limit);
  co_return found;
}

task<OsRelease> Helpers::os_release(Target target) const {
  const Share share(running_, 0, helpers_max, "requests about machines under way");
  auto helper = co_await start();
  auto proxy = helper.proxy<Helper1>("", helper_path);
  auto found = co_await proxy->get_os_release(target).within(inspection_limit);
  co_return found;
}

}  // namespace headway::machined
