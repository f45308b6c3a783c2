// SPDX-License-Identifier: MIT
#include "hub.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "clock.h"

namespace bench {
namespace {

constexpr useconds_t kSettleUs = 2000;
constexpr int kLookMs = 20;
constexpr std::uint64_t kSameKiB = 64;
constexpr std::uint64_t kALotKiB = 1024;

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

/// The number that follows a word in a file of /proc.
std::uint64_t value_in(const std::string& path, std::string_view key) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  std::string word;
  while (file >> word && word != key) {
  }
  if (!(file >> value)) throw std::runtime_error(fmt::format("{} has no {}", path, key));
  return value;
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
    sum += value_in(fmt::format("/proc/{}/smaps_rollup", pid), "Pss:");
  }
  return sum;
}

std::uint64_t Hub::peak_pss_kib() const {
  std::uint64_t sum = pss_kib();
  for (const pid_t pid : pids_) {
    const std::string status = fmt::format("/proc/{}/status", pid);
    const std::uint64_t now_kib = value_in(status, "VmRSS:");
    sum += std::max(value_in(status, "VmHWM:"), now_kib) - now_kib;
  }
  return sum;
}

void Hub::forget_peak() const {
  for (const pid_t pid : pids_) {
    std::ofstream file(fmt::format("/proc/{}/clear_refs", pid));
    if (!(file << 5 << std::flush)) throw std::runtime_error("cannot reset the hub's VmHWM");
  }
}

void Meter::start() {
  usleep(kSettleUs);
  cpu_began_ns_ = hub_.cpu_ns();
  wall_began_ns_ = now_ns();
}

void Meter::stop() {
  wall_ns_ += now_ns() - wall_began_ns_;
  usleep(kSettleUs);
  cpu_ns_ += hub_.cpu_ns() - cpu_began_ns_;
}

MemoryWatch::MemoryWatch(const Hub& hub, int rest_ms) : hub_(hub), rest_ms_(rest_ms) {
  hub.forget_peak();
  before_kib_ = hub.pss_kib();
}

Figures MemoryWatch::add_to(Figures figures) const {
  const std::uint64_t peak_kib = hub_.peak_pss_kib();
  const auto growth = [&](std::uint64_t kib) {
    return static_cast<double>(kib) - static_cast<double>(before_kib_);
  };
  figures.emplace_back("peak_kib", growth(peak_kib));
  if (rest_ms_ == 0) return figures;
  std::uint64_t after_kib = hub_.pss_kib();
  const int patience_ms = peak_kib > before_kib_ + kALotKiB ? rest_ms_ : 0;
  for (int ms = 0; ms < patience_ms && after_kib > before_kib_ + kSameKiB; ms += kLookMs) {
    usleep(kLookMs * 1000);
    after_kib = hub_.pss_kib();
  }
  figures.emplace_back("kept_kib", growth(after_kib));
  return figures;
}

}  // namespace bench
