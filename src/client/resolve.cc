// SPDX-License-Identifier: MIT
#include "client/resolve.h"

#include <netinet/in.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <system_error>
#include <thread>
#include <utility>

#include "base/fd.h"

namespace headway::client {
namespace {

using Found = std::expected<AddressList, std::string>;

Found ask(const wire::TcpConnect& where, bool only_numbers) {
  addrinfo hints{};
  hints.ai_family = where.family == wire::AddressFamily::ipv4   ? AF_INET
                    : where.family == wire::AddressFamily::ipv6 ? AF_INET6
                                                                : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = where.family == wire::AddressFamily::any ? AI_ADDRCONFIG : 0;
  if (only_numbers) hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  const int problem =
      ::getaddrinfo(where.host.c_str(), std::to_string(where.port).c_str(), &hints, &found);
  if (problem != 0) return std::unexpected(where.host + ": " + ::gai_strerror(problem));
  return AddressList(found);
}

/// Shared by who waits and the thread that asks.
struct Question {
  wire::TcpConnect where;
  Fd told;
  std::atomic<bool> is_answered = false;
  Found answer = {};
};

void answer(const std::shared_ptr<Question>& question) {
  question->answer = ask(question->where, false);
  question->is_answered.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  static_cast<void>(::write(question->told.get(), &one, sizeof(one)));
}

}  // namespace

task<Found> resolve(Waiter waiter, wire::TcpConnect where, Time deadline) {
  if (waiter.runner == nullptr) co_return ask(where, false);
  Found numeric = ask(where, true);
  if (numeric) co_return numeric;

  const auto question = std::make_shared<Question>();
  question->where = std::move(where);
  question->told = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!question->told) co_return std::unexpected(std::string("no more descriptors"));
  try {
    std::thread(answer, question).detach();
  } catch (const std::system_error& e) {
    co_return std::unexpected(std::string("no thread for the name service: ") + e.what());
  }
  while (!question->is_answered.load(std::memory_order_acquire)) {
    if (waiter.now() >= deadline) {
      co_return std::unexpected(question->where.host + ": the name service takes too long");
    }
    co_await Moment(waiter, question->told.get(), false, deadline);
  }
  co_return std::move(question->answer);
}

}  // namespace headway::client
