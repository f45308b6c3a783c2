// SPDX-License-Identifier: MIT
#include "io/link.h"

#include <sys/uio.h>

#include <array>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "io/receive.h"

namespace headway::io {
namespace {

constexpr std::size_t prefix_bytes = sizeof(std::uint32_t);
constexpr std::size_t fds_held_max = 2 * fds_per_send_max;

struct FdHolder {
  std::vector<Fd> fds;
};

std::uint32_t load_length(std::string_view bytes) {
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  return length;
}

}  // namespace

Link::Link(Fd socket, std::size_t frame_bytes_max)
    : socket_(std::move(socket)),
      frame_bytes_max_(frame_bytes_max),
      pool_(std::make_unique<BlockPool>()) {}

void Link::send(std::string_view frame, std::vector<Fd> fds) {
  const auto length = static_cast<std::uint32_t>(frame.size());
  HEADWAY_ASSERT(length == frame.size());
  std::string head(prefix_bytes, '\0');
  std::memcpy(head.data(), &length, sizeof(length));
  auto holder = std::make_shared<FdHolder>(std::move(fds));
  const std::span<const Fd> kept = holder->fds;
  output_.push(
      {.head = as_bytes(head), .body = as_bytes(frame), .fds = kept, .owner = std::move(holder)},
      *pool_);
}

bool Link::flush() {
  while (true) {
    const auto flushed = output_.flush(socket_.get(), 1 << 20);
    switch (flushed.outcome) {
      case SendQueue::Flushed::Outcome::drained:
        pool_->trim();
        return true;
      case SendQueue::Flushed::Outcome::blocked:
        return true;
      case SendQueue::Flushed::Outcome::failed:
        return false;
      case SendQueue::Flushed::Outcome::more:
        break;
    }
  }
}

bool Link::receive() {
  std::array<char, 64 * 1024> buffer;
  iovec into{buffer.data(), buffer.size()};
  const Receipt receipt = io::receive(socket_.get(), {&into, 1}, fds_);
  if (receipt.kind == Receipt::Kind::nothing) return true;
  if (receipt.kind != Receipt::Kind::bytes || receipt.fds_were_lost) return false;
  if (fds_.size() > fds_held_max) return false;
  input_.append(buffer.data(), receipt.bytes);
  const std::string_view rest = std::string_view(input_).substr(taken_);
  return rest.size() < prefix_bytes || load_length(rest) <= frame_bytes_max_;
}

std::optional<std::string> Link::next() {
  const std::string_view rest = std::string_view(input_).substr(taken_);
  if (rest.size() < prefix_bytes) return std::nullopt;
  const std::size_t length = load_length(rest);
  // A length beyond the bound never comes to be whole: receive() gives up on it.
  if (length > frame_bytes_max_ || rest.size() - prefix_bytes < length) {
    if (taken_ > 0) input_.erase(0, std::exchange(taken_, 0));
    if (input_.empty()) input_.shrink_to_fit();
    return std::nullopt;
  }
  std::string frame(rest.substr(prefix_bytes, length));
  taken_ += prefix_bytes + length;
  return frame;
}

}  // namespace headway::io
