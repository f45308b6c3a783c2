// SPDX-License-Identifier: MIT
#include "hub.h"

#include <fmt/format.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace bench {
namespace {

constexpr useconds_t kSettleUs = 2000;

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid))) {
    std::ifstream file(entry.path() / "children");
    for (pid_t child = 0; file >> child;) found.push_back(child);
  }
  return found;
}

template <class Visit>
void for_each_task(const std::vector<pid_t>& pids, Visit visit) {
  for (const pid_t pid : pids) {
    std::error_code error;
    std::filesystem::directory_iterator tasks(fmt::format("/proc/{}/task", pid), error);
    if (error) throw std::runtime_error("the hub's process has ended");
    for (const auto& entry : tasks) visit(entry.path());
  }
}

std::uint64_t wall_now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

void Hub::find_processes() {
  pids_ = {root_};
  for (std::size_t i = 0; i < pids_.size(); ++i) {
    const std::vector<pid_t> children = children_of(pids_[i]);
    pids_.insert(pids_.end(), children.begin(), children.end());
  }
}

void Hub::pin(int core) const {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(core), &cores);
  const auto bind = [&](pid_t tid) {
    if (sched_setaffinity(tid, sizeof cores, &cores) < 0) {
      throw std::runtime_error("sched_setaffinity was refused");
    }
  };
  for_each_task(pids_, [&](const std::filesystem::path& task) {
    bind(static_cast<pid_t>(std::stol(task.filename().string())));
  });
  bind(0);
}

std::uint64_t Hub::cpu_ns() const {
  std::uint64_t sum = 0;
  for_each_task(pids_, [&](const std::filesystem::path& task) {
    std::uint64_t ran_ns = 0;
    if (!(std::ifstream(task / "schedstat") >> ran_ns)) {
      throw std::runtime_error("no schedstat for the hub's process");
    }
    sum += ran_ns;
  });
  return sum;
}

std::uint64_t Hub::pss_kib() const {
  std::uint64_t sum = 0;
  for (const pid_t pid : pids_) {
    std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid));
    std::uint64_t kib = 0;
    std::string word;
    while (file >> word && word != "Pss:") {
    }
    if (!(file >> kib)) throw std::runtime_error("cannot read the hub's smaps_rollup");
    sum += kib;
  }
  return sum;
}

void Meter::start() {
  usleep(kSettleUs);
  cpu_began_ns_ = hub_.cpu_ns();
  wall_began_ns_ = wall_now_ns();
}

void Meter::stop() {
  wall_ns_ += wall_now_ns() - wall_began_ns_;
  usleep(kSettleUs);
  cpu_ns_ += hub_.cpu_ns() - cpu_began_ns_;
}

}  // namespace bench
