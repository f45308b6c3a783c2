// SPDX-License-Identifier: MIT
#include "headway/detail/codec.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "client/codec_parts.h"
#include "client/message_data.h"
#include "wire/build.h"

namespace headway::detail {
namespace {

constexpr std::size_t head_bytes_usual = 256;  // so that it is allocated once

}  // namespace

unique_fd duplicate(int fd) {
  unique_fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) {
    throw error(error_name::invalid_args,
                fmt::format("a descriptor cannot be passed: {}", std::strerror(errno)));
  }
  return copy;
}

void refuse_length(std::size_t wanted) {
  throw error(error_name::invalid_args,
              fmt::format("an array has another number of elements than {}", wanted));
}

void refuse_text(std::string_view text, std::span<const std::string_view> known) {
  throw error(error_name::invalid_args,
              fmt::format("\"{}\" is none of \"{}\"", text, fmt::join(known, "\", \"")));
}

void refuse_enumerator(std::int64_t number) {
  throw error(error_name::invalid_args,
              fmt::format("the enumerator {} has no name that could be sent", number));
}

void check_signature(const message& what, std::string_view wanted) {
  if (what.signature() == wanted) [[likely]]
    return;
  throw error(error_name::invalid_signature,
              fmt::format("\"{}\" came where \"{}\" is wanted", what.signature(), wanted));
}

message make_message(const envelope& around, std::string_view signature, output content) {
  auto data = std::make_unique<message_data>();
  const bool is_call = around.type == message_type::method_call;
  data->built.reserve(head_bytes_usual + content.body.size());
  wire::build_message({.type = static_cast<wire::MessageType>(around.type),
                       .flags = is_call ? std::uint8_t{0} : std::uint8_t{no_reply_expected},
                       .serial = 1,
                       .reply_serial = around.reply_serial,
                       .unix_fds = static_cast<std::uint32_t>(content.fds.size()),
                       .path = around.path,
                       .interface = around.interface,
                       .member = around.member,
                       .error_name = around.error_name,
                       .destination = around.destination,
                       .signature = signature},
                      content.body, data->built);
  const auto parsed = wire::parse_message(data->built);
  if (!parsed) throw error(error_name::invalid_args, wire::describe(parsed.error()));
  data->view = *parsed;
  data->view.serial = 0;
  data->fds = std::move(content.fds);
  return message_data::handle(data.release());
}

}  // namespace headway::detail
