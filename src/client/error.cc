// SPDX-License-Identifier: MIT
#include "headway/error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>

#include "headway/named_error.h"

namespace headway {
namespace {

struct Errno {
  int number;
  std::string_view name;
};
constexpr std::array errnos = {
    Errno{ENOMEM, error_name::no_memory},          Errno{EACCES, error_name::access_denied},
    Errno{EPERM, error_name::access_denied},       Errno{EINVAL, error_name::invalid_args},
    Errno{ENOENT, error_name::file_not_found},     Errno{EEXIST, error_name::file_exists},
    Errno{ETIMEDOUT, error_name::timeout},         Errno{EOPNOTSUPP, error_name::not_supported},
    Errno{EADDRINUSE, error_name::address_in_use}, Errno{ENOBUFS, error_name::limits_exceeded},
    Errno{ECONNRESET, error_name::disconnected},   Errno{ECONNREFUSED, error_name::no_server},
    Errno{ECANCELED, error_name::canceled},        Errno{EIO, error_name::io_error},
};
/// What comes near enough in this direction only.
constexpr std::array to_errnos = {
    Errno{EACCES, error_name::auth_failed},
    Errno{EINVAL, error_name::invalid_signature},
    Errno{EINVAL, error_name::bad_address},
    Errno{ETIMEDOUT, error_name::no_reply},
    Errno{EBADMSG, error_name::inconsistent_message},
    Errno{EHOSTUNREACH, error_name::service_unknown},
    Errno{EHOSTUNREACH, error_name::name_has_no_owner},
    Errno{ENOSYS, error_name::unknown_method},
    Errno{ENXIO, error_name::unknown_object},
    Errno{ENXIO, error_name::unknown_interface},
    Errno{ENXIO, error_name::unknown_property},
    Errno{EROFS, error_name::property_read_only},
};
constexpr int errno_max = 4095;
constexpr std::string_view system_error = "System.Error.";

std::string name_of(int number) {
  const auto found = std::ranges::find(errnos, number, &Errno::number);
  if (found != errnos.end()) return std::string(found->name);
  const char* const name = ::strerrorname_np(number);
  return name != nullptr ? std::string(system_error) + name : std::string(error_name::failed);
}

}  // namespace

struct error::words {
  std::string name;
  std::string text;
  std::string both;
};

error::error(std::string_view name, std::string_view text)
    : words_(std::make_shared<words>(words{std::string(name), std::string(text),
                                           std::string(name) + ": " + std::string(text)})) {}

const std::string& error::name() const noexcept { return words_->name; }
const std::string& error::text() const noexcept { return words_->text; }
const char* error::what() const noexcept { return words_->both.c_str(); }

error error_of_errno(int number, std::string_view what) {
  return {name_of(number), what.empty() ? std::string_view(std::strerror(number)) : what};
}

int errno_of(const error& what) noexcept {
  std::string_view name = what.name();
  for (const std::span<const Errno> table : {std::span<const Errno>(errnos), {to_errnos}}) {
    const auto found = std::ranges::find(table, name, &Errno::name);
    if (found != table.end()) return found->number;
  }
  if (!name.starts_with(system_error)) return EIO;
  name.remove_prefix(system_error.size());
  for (int number = 1; number <= errno_max; ++number) {
    const char* const known = ::strerrorname_np(number);
    if (known != nullptr && name == known) return number;
  }
  return EIO;
}

void detail::raise(const error& what, std::span<const known_error> known) {
  for (const known_error& one : known) {
    if (what.is(one.name)) one.raise(what);
  }
  throw what;
}

}  // namespace headway
