// SPDX-License-Identifier: MIT
#include "headway/message.h"

#include <sys/single_threaded.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "client/message_data.h"
#include "client/spares.h"
#include "wire/body.h"

namespace headway {
namespace detail {
namespace {

using SpareData = client::Spares<std::unique_ptr<message_data>, message_data::kept_max>;

constexpr std::size_t usual_bytes = 512;  // most messages fit

}  // namespace

void retain(message_data* data) noexcept {
  if (data == nullptr) return;
  auto& count = data->references;
  if (__libc_single_threaded) {  // then nothing need be locked
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  } else {
    count.fetch_add(1, std::memory_order_relaxed);
  }
}

namespace {

/// Whether that was the last.
bool drop(std::atomic<std::uint32_t>& count) noexcept {
  if (!__libc_single_threaded) return count.fetch_sub(1, std::memory_order_acq_rel) == 1;
  const std::uint32_t before = count.load(std::memory_order_relaxed);
  count.store(before - 1, std::memory_order_relaxed);
  return before == 1;
}

}  // namespace

void release(message_data* data) noexcept {
  if (data == nullptr || !drop(data->references)) return;
  std::unique_ptr<message_data> spare(data);
  if (spare->capacity > message_data::kept_bytes_max) return;
  spare->fds.clear();
  SpareData::give(std::move(spare));
}

message_data* message_data::make(std::size_t bytes) {
  auto data = SpareData::take();
  if (!data) data = std::make_unique<message_data>();
  data->references.store(1, std::memory_order_relaxed);
  if (data->capacity < bytes) {
    data->capacity = std::max(bytes, usual_bytes);
    data->memory = std::make_unique_for_overwrite<std::uint8_t[]>(data->capacity);
  }
  return data.release();
}

}  // namespace detail

result<message> message::parse(std::span<const std::uint8_t> bytes, std::vector<unique_fd> fds) {
  detail::message_data* const data = detail::message_data::make(bytes.size());
  message made(data);
  if (!bytes.empty()) std::memcpy(data->memory.get(), bytes.data(), bytes.size());
  const auto parsed = wire::parse_message({data->memory.get(), bytes.size()});
  if (!parsed) {
    return std::unexpected(error(error_name::inconsistent_message, wire::describe(parsed.error())));
  }
  if (parsed->unix_fds != fds.size()) {
    return std::unexpected(error(error_name::inconsistent_message,
                                 "the message declares another number of descriptors than it has"));
  }
  data->view = *parsed;
  data->fds = std::move(fds);
  return made;
}

message_type message::type() const noexcept {
  return static_cast<message_type>(std::to_underlying(data_->view.type));
}
std::uint8_t message::flags() const noexcept { return data_->view.flags; }
bool message::expects_reply() const noexcept { return data_->view.expects_reply(); }
std::uint32_t message::serial() const noexcept { return data_->view.serial; }
std::uint32_t message::reply_serial() const noexcept { return data_->view.reply_serial; }
std::string_view message::path() const noexcept { return data_->view.path; }
std::string_view message::interface() const noexcept { return data_->view.interface; }
std::string_view message::member() const noexcept { return data_->view.member; }
std::string_view message::error_name() const noexcept { return data_->view.error_name; }
std::string_view message::destination() const noexcept { return data_->view.destination; }
std::string_view message::sender() const noexcept { return data_->view.sender; }
std::string_view message::signature() const noexcept { return data_->view.signature; }
std::span<const std::uint8_t> message::bytes() const noexcept { return data_->view.bytes; }
std::span<const unique_fd> message::fds() const noexcept { return data_->fds; }
message_reader message::body() const { return message_reader(*this); }

error message::to_error() const {
  const wire::Message& view = data_->view;
  wire::BodyReader reader(view.order, view.body());
  return {view.error_name, view.signature.starts_with('s') ? reader.string() : ""};
}

}  // namespace headway
