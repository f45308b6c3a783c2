// SPDX-License-Identifier: MIT
#include "daemon/framer.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "base/assert.h"
#include "base/result.h"

namespace headway::daemon {
namespace {

using broker::Disconnect;

std::unexpected<Framer::Problem> malformed(wire::Fault fault) {
  return std::unexpected(Framer::Problem{Disconnect::malformed_message, wire::describe(fault)});
}

std::unexpected<Framer::Problem> wrong_fds(const char* text) {
  return std::unexpected(Framer::Problem{Disconnect::too_many_fds, text});
}

}  // namespace

InputBuffer::InputBuffer(io::BlockPool& pool)
    : pool_(pool), data_(std::make_unique_for_overwrite<std::uint8_t[]>(size)) {}

std::span<iovec> Framer::room(InputBuffer& buffer) {
  std::uint8_t* const data = buffer.data_.get();
  if (total_ > 0) {
    buffer.parts_ = {{{partial_.data() + have_, total_ - have_}, {data, InputBuffer::size}}};
    return buffer.parts_;
  }
  std::memcpy(data, prologue_.data(), have_);
  buffer.parts_[0] = {data + have_, InputBuffer::size - have_};
  return {buffer.parts_.data(), 1};
}

void Framer::arrived(InputBuffer& buffer, std::size_t bytes, std::vector<Fd> fds) {
  buffer.fresh_ = std::move(fds);
  if (total_ > 0) {
    const auto filled = std::min<std::size_t>(bytes, total_ - have_);
    have_ += static_cast<std::uint32_t>(filled);
    buffer.window_ = {buffer.data_.get(), bytes - filled};
  } else {
    buffer.window_ = {buffer.data_.get(), std::exchange(have_, 0) + bytes};
  }
}

void Framer::put(InputBuffer& buffer, Bytes bytes) {
  HEADWAY_ASSERT(bytes.size() <= InputBuffer::size && total_ == 0 && have_ == 0);
  if (!bytes.empty()) std::memcpy(buffer.data_.get(), bytes.data(), bytes.size());
  buffer.window_ = {buffer.data_.get(), bytes.size()};
}

void Framer::skip(InputBuffer& buffer, std::size_t bytes) {
  buffer.window_ = buffer.window_.subspan(bytes);
}

void Framer::abandon(InputBuffer& buffer) {
  buffer.window_ = {};
  buffer.fresh_.clear();
  buffer.cut_ = {};
  buffer.current_ = {};
}

std::expected<Bytes, Framer::Problem> Framer::cut_bytes(InputBuffer& buffer, const Bounds& bounds) {
  if (total_ > 0) {
    if (have_ < total_) return Bytes{};
    buffer.current_ = std::move(partial_);
    partial_ = {};
    have_ = 0;
    return Bytes{buffer.current_.data(), std::exchange(total_, 0)};
  }
  if (buffer.window_.size() < wire::prologue_bytes) return Bytes{};
  const auto bytes =
      wire::message_bytes(buffer.window_.first(wire::prologue_bytes), bounds.message_bytes_max);
  if (!bytes) return malformed(bytes.error());
  if (*bytes > buffer.window_.size()) {
    total_ = static_cast<std::uint32_t>(*bytes);
    return Bytes{};
  }
  const Bytes cut = buffer.window_.first(*bytes);
  buffer.window_ = buffer.window_.subspan(*bytes);
  return cut;
}

std::expected<void, Framer::Problem> Framer::put_away(InputBuffer& buffer, const Bounds& bounds) {
  const Bytes rest = std::exchange(buffer.window_, {});
  if (total_ == 0) {
    std::ranges::copy(rest, prologue_.begin());
    have_ = static_cast<std::uint32_t>(rest.size());
  } else if (!partial_) {
    partial_ = buffer.pool_.take(total_);
    if (!partial_) {
      return std::unexpected(Problem{Disconnect::transport_error, "no memory for its message"});
    }
    std::memcpy(partial_.data(), rest.data(), rest.size());
    have_ = static_cast<std::uint32_t>(rest.size());
  }
  if (!buffer.fresh_.empty()) {
    std::ranges::move(buffer.fresh_, std::back_inserter(held_));
    buffer.fresh_.clear();
    if (held_.size() > bounds.fds_max) {
      return wrong_fds("sent more file descriptors with one message than allowed");
    }
  }
  return {};
}

std::expected<std::vector<Fd>, Framer::Problem> Framer::claim_fds(InputBuffer& buffer,
                                                                  std::size_t count) {
  std::vector<Fd> claimed = std::exchange(held_, {});
  if (claimed.size() < count) {
    const std::size_t missing = count - claimed.size();
    auto& fresh = buffer.fresh_;
    if (fresh.size() < missing) {
      return wrong_fds("sent fewer file descriptors with a message than it declared");
    }
    std::move(fresh.begin(), fresh.begin() + static_cast<std::ptrdiff_t>(missing),
              std::back_inserter(claimed));
    fresh.clear();
  }
  // What came with this message's bytes and nobody behind it can claim ends here (CVE-2020-12049).
  if (buffer.window_.empty()) buffer.fresh_.clear();
  claimed.resize(count);
  return claimed;
}

std::expected<const Cut*, Framer::Problem> Framer::next(InputBuffer& buffer, const Bounds& bounds) {
  buffer.cut_.payload.reset();
  buffer.current_ = {};
  if (buffer.fresh_.size() > bounds.fds_max) {
    return wrong_fds("sent more file descriptors with one message than allowed");
  }
  const Bytes bytes = TRY(cut_bytes(buffer, bounds));
  if (bytes.empty()) {
    TRY_VOID(put_away(buffer, bounds));
    return nullptr;
  }
  const wire::Message& message = buffer.cut_.message;
  const auto parsed = buffer.memo_.parse(bytes, buffer.cut_.message);
  if (!parsed) return malformed(parsed.error());
  if (message.unix_fds > bounds.fds_max) {
    return wrong_fds("declared more file descriptors for one message than allowed");
  }

  std::vector<Fd> fds;
  if (message.unix_fds > 0 || !held_.empty() || !buffer.fresh_.empty()) [[unlikely]] {
    fds = TRY(claim_fds(buffer, message.unix_fds));
  }
  const bool kept = buffer.current_ && bytes.size() > shared_bytes_min;
  if (kept || !fds.empty()) {
    io::Block memory = kept ? std::move(buffer.current_) : io::Block{};
    buffer.cut_.payload = std::make_shared<ReceivedPayload>(std::move(memory), std::move(fds));
  }
  return &buffer.cut_;
}

}  // namespace headway::daemon
