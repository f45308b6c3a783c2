// SPDX-License-Identifier: MIT
#include "headway/detail/codec.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "client/assemble.h"
#include "client/codec_parts.h"
#include "client/spares.h"

namespace headway::detail {
namespace {

using SpareBodies = client::Spares<std::vector<std::uint8_t>, 4>;

constexpr std::size_t kept_bytes_max = 8 * 1024;  // of a body's memory, for the next body

}  // namespace

output::output() : body(SpareBodies::take()) {}

output::~output() {
  if (body.capacity() == 0 || body.capacity() > kept_bytes_max) return;
  body.clear();
  SpareBodies::give(std::move(body));
}

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
  const bool is_call = around.type == message_type::method_call;
  auto made =
      client::assemble({.type = static_cast<wire::MessageType>(around.type),
                        .flags = is_call ? std::uint8_t{0} : std::uint8_t{no_reply_expected},
                        .reply_serial = around.reply_serial,
                        .unix_fds = static_cast<std::uint32_t>(content.fds.size()),
                        .path = around.path,
                        .interface = around.interface,
                        .member = around.member,
                        .error_name = around.error_name,
                        .destination = around.destination,
                        .signature = signature},
                       content.body, std::move(content.fds));
  if (!made) throw error(error_name::invalid_args, wire::describe(made.error()));
  return std::move(*made);
}

}  // namespace headway::detail
