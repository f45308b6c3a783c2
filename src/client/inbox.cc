// SPDX-License-Identifier: MIT
#include "client/inbox.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "client/message_data.h"
#include "wire/message.h"

namespace headway::client {
Inbox::~Inbox() { detail::release(partial_); }

void Inbox::swap(Inbox& other) noexcept {
  std::swap(buffer_, other.buffer_);
  std::swap(begin_, other.begin_);
  std::swap(end_, other.end_);
  std::swap(partial_, other.partial_);
  std::swap(partial_total_, other.partial_total_);
  std::swap(partial_have_, other.partial_have_);
  std::swap(fds_, other.fds_);
}

std::span<iovec> Inbox::room() {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(buffer_bytes);
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (buffer_bytes - end_ < direct_bytes_min) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  const iovec rest = {buffer_.get() + end_, buffer_bytes - end_};
  if (partial_ == nullptr) {
    parts_[0] = rest;
    return {parts_.data(), 1};
  }
  parts_ = {{{partial_->memory.get() + partial_have_, partial_total_ - partial_have_}, rest}};
  return parts_;
}

void Inbox::arrived(std::size_t bytes, std::vector<Fd>& fds) {
  const std::size_t direct = std::min(bytes, partial_total_ - partial_have_);
  partial_have_ += direct;
  end_ += bytes - direct;
  if (!fds.empty()) [[unlikely]] {
    std::ranges::move(fds, std::back_inserter(fds_));
    fds.clear();
  }
}

std::expected<message, const char*> Inbox::finish(Data* data, std::size_t bytes) {
  message result = Data::handle(data);
  const auto good = memo_.parse_in_place({data->memory.get(), bytes}, data->view);
  if (!good) return std::unexpected(wire::describe(good.error()));
  if (const std::uint32_t count = data->view.unix_fds; count > 0) [[unlikely]] {
    if (fds_.size() < count) {
      return std::unexpected("a message came with fewer descriptors than it declares");
    }
    const auto behind = fds_.begin() + static_cast<std::ptrdiff_t>(count);
    std::move(fds_.begin(), behind, std::back_inserter(data->fds));
    fds_.erase(fds_.begin(), behind);
  }
  return result;
}

std::expected<message, const char*> Inbox::next() {
  if (partial_ != nullptr) {
    if (partial_have_ < partial_total_) return message();
    partial_have_ = 0;
    return finish(std::exchange(partial_, nullptr), std::exchange(partial_total_, 0));
  }
  const Bytes waiting = window();
  if (waiting.size() < wire::prologue_bytes) {
    // Descriptors come with the first byte of their message.
    if (waiting.empty()) fds_.clear();
    if (fds_.size() > fds_max) return std::unexpected("more descriptors came than messages want");
    return message();
  }
  const auto total =
      wire::message_bytes(waiting.first(wire::prologue_bytes), wire::message_bytes_max);
  if (!total) return std::unexpected(wire::describe(total.error()));
  if (*total > waiting.size()) {
    if (fds_.size() > fds_max) return std::unexpected("more descriptors came than messages want");
    if (*total <= direct_bytes_min) return message();
    partial_ = Data::make(*total);
    partial_total_ = *total;
    partial_have_ = waiting.size();
    std::memcpy(partial_->memory.get(), waiting.data(), waiting.size());
    begin_ = end_ = 0;
    return message();
  }
  Data* const data = Data::make(*total);
  std::memcpy(data->memory.get(), waiting.data(), *total);
  skip(*total);
  return finish(data, *total);
}

}  // namespace headway::client
