// SPDX-License-Identifier: MIT
#include "headway/value.h"

#include <fmt/format.h>

namespace headway {

void detail::refuse_name(std::string_view text, std::string_view wanted) {
  throw error(error_name::invalid_args, fmt::format("\"{}\" is not {}", text, wanted));
}

std::string_view variant::signature_of_type(const detail::type& type) { return type.signature; }

std::string_view variant::signature() const {
  return type_ != nullptr ? type_->signature : source_type_;
}

void variant::read(const detail::type& wanted, void* into) const {
  if (signature() != wanted.signature) {
    throw error(
        error_name::invalid_signature,
        fmt::format("a variant holds \"{}\" and \"{}\" is wanted", signature(), wanted.signature));
  }
  if (type_ == nullptr) {
    std::size_t at = source_at_;
    return detail::codec::decode(source_, at, wanted, into);
  }
  // Two C++ types may be one D-Bus type: through a message.
  detail::output content;
  detail::codec::encode(content, *type_, value_.get());
  const message copy =
      detail::make_message({.type = message_type::method_return, .reply_serial = 1},
                           type_->signature, std::move(content));
  std::size_t at = 0;
  detail::codec::decode(copy, at, wanted, into);
}

}  // namespace headway
