// SPDX-License-Identifier: MIT
#include "authority/job.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <utility>

namespace headway::authority {
namespace {

/// Why a process that ended so has not ended well; empty: it has.
std::string failure_of(int status) {
  if (WIFSIGNALED(status)) return fmt::format("was killed by signal {}", WTERMSIG(status));
  if (WEXITSTATUS(status) == ChildProcess::not_executed) {
    return fmt::format("exited with status {}, or cannot be executed", WEXITSTATUS(status));
  }
  if (WEXITSTATUS(status) != 0) return fmt::format("exited with status {}", WEXITSTATUS(status));
  return {};
}

}  // namespace

ChildProcess::Plan Job::program(std::vector<std::string> arguments) {
  ChildProcess::Plan plan{.arguments = std::move(arguments)};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    plan.environment.emplace_back(*variable);
  }
  return plan;
}

ChildProcess::Plan Job::netgroup(std::string user, std::string netgroup) {
  return {.instead = [user = std::move(user), netgroup = std::move(netgroup)] {
    return ::innetgr(netgroup.c_str(), nullptr, user.c_str(), nullptr) == 1 ? 0 : 1;
  }};
}

Job::Job(loop& runner, ChildProcess::Plan plan, loop::time_point::duration time_max, Done done)
    : done_(std::move(done)),
      due_(runner.now() + time_max),
      loop_(runner),
      readable_(runner, [this] { readable(); }),
      end_(runner, [this] { ended(); }) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0) {
    pipe_.reset(ends[0]);
    const Fd writer(ends[1]);
    // The program's end waits, as those of programs do.
    ::fcntl(writer.get(), F_SETFL, O_WRONLY);
    plan.output = writer.get();
    if (auto started = ChildProcess::start(plan)) process_.emplace(std::move(*started));
  }
  end_.wake(due_);
  if (!process_) {
    end_.post();
    return;
  }
  readable_.watch(pipe_.get());
  end_.watch(process_->fd());
}

/// False: it has written too much.
bool Job::read() {
  std::array<char, 16 << 10> bytes;
  ssize_t got = 0;
  while ((got = ::read(pipe_.get(), bytes.data(), bytes.size())) > 0) {
    text_.append(bytes.data(), static_cast<std::size_t>(got));
    if (text_.size() > output_bytes_max) return false;
  }
  if (got == 0) readable_.forget();
  return true;
}

// finish() may end this: nothing comes behind it.

void Job::readable() {
  if (!read()) finish_too_long();
}

void Job::finish_too_long() {
  finish({.text = fmt::format("wrote more than {} bytes", output_bytes_max)});
}

void Job::ended() {
  if (!process_) {
    finish({.text = fmt::format("cannot be started: {}", std::strerror(EAGAIN))});
    return;
  }
  const auto status = process_->status();
  if (!status) {
    if (loop_.now() >= due_) finish({.text = "did not end in time, and was killed"});
    return;
  }
  if (!read()) {
    finish_too_long();
    return;
  }
  const std::string failure = failure_of(*status);
  if (failure.empty()) {
    finish({.succeeded = true, .text = std::move(text_)});
  } else {
    finish({.text = failure});
  }
}

void Job::finish(ScriptHost::Output output) {
  readable_.forget();
  end_.forget();
  process_.reset();
  const Done done = std::exchange(done_, nullptr);
  if (done) done(std::move(output));
}

}  // namespace headway::authority
