// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace headway {

/// What went wrong, as D-Bus says it: a name for programs and a text for people. A peer's error
/// reply and what happens on this side (no reply in time, connection lost, an argument that does
/// not fit) are the same to a caller; the names below tell them apart.
///
///     try { ... } catch (const headway::error& e) { if (e.is(headway::error_name::no_reply)) ... }
///
/// Copies share the text and never throw.
class error : public std::exception {
 public:
  error(std::string_view name, std::string_view text);

  [[nodiscard]] const std::string& name() const noexcept;
  [[nodiscard]] const std::string& text() const noexcept;
  [[nodiscard]] bool is(std::string_view name) const noexcept { return this->name() == name; }
  /// Whether it is one that has a type: is<OutOfRange>(). See named_error.h.
  template <class Error>
  [[nodiscard]] bool is() const noexcept {
    return is(Error::name_literal.view());
  }
  /// "org.example.Error.OutOfRange: above 35"
  [[nodiscard]] const char* what() const noexcept override;

 private:
  struct words;
  std::shared_ptr<const words> words_;
};

/// What an errno is called on D-Bus: ENOENT is org.freedesktop.DBus.Error.FileNotFound; one that
/// has no name there becomes System.Error.ENXIO, as with sd-bus. The text is `what`, or what the C
/// library says.
[[nodiscard]] error error_of_errno(int number, std::string_view what = {});
/// The errno that comes nearest to an error; EIO for one that has none.
[[nodiscard]] int errno_of(const error& what) noexcept;

/// The face without exceptions.
template <class T>
using result = std::expected<T, error>;

/// Names of errors that this library makes or that callers ask for most.
namespace error_name {
inline constexpr std::string_view failed = "org.freedesktop.DBus.Error.Failed";
inline constexpr std::string_view no_reply = "org.freedesktop.DBus.Error.NoReply";
inline constexpr std::string_view disconnected = "org.freedesktop.DBus.Error.Disconnected";
inline constexpr std::string_view no_server = "org.freedesktop.DBus.Error.NoServer";
inline constexpr std::string_view bad_address = "org.freedesktop.DBus.Error.BadAddress";
inline constexpr std::string_view canceled = "org.freedesktop.DBus.Error.Canceled";
inline constexpr std::string_view auth_failed = "org.freedesktop.DBus.Error.AuthFailed";
inline constexpr std::string_view limits_exceeded = "org.freedesktop.DBus.Error.LimitsExceeded";
inline constexpr std::string_view invalid_args = "org.freedesktop.DBus.Error.InvalidArgs";
inline constexpr std::string_view invalid_signature = "org.freedesktop.DBus.Error.InvalidSignature";
inline constexpr std::string_view inconsistent_message =
    "org.freedesktop.DBus.Error.InconsistentMessage";
inline constexpr std::string_view not_supported = "org.freedesktop.DBus.Error.NotSupported";
inline constexpr std::string_view access_denied = "org.freedesktop.DBus.Error.AccessDenied";
inline constexpr std::string_view service_unknown = "org.freedesktop.DBus.Error.ServiceUnknown";
inline constexpr std::string_view name_has_no_owner = "org.freedesktop.DBus.Error.NameHasNoOwner";
inline constexpr std::string_view unknown_method = "org.freedesktop.DBus.Error.UnknownMethod";
inline constexpr std::string_view unknown_object = "org.freedesktop.DBus.Error.UnknownObject";
inline constexpr std::string_view unknown_interface = "org.freedesktop.DBus.Error.UnknownInterface";
inline constexpr std::string_view unknown_property = "org.freedesktop.DBus.Error.UnknownProperty";
inline constexpr std::string_view property_read_only =
    "org.freedesktop.DBus.Error.PropertyReadOnly";
inline constexpr std::string_view no_memory = "org.freedesktop.DBus.Error.NoMemory";
inline constexpr std::string_view timeout = "org.freedesktop.DBus.Error.Timeout";
inline constexpr std::string_view file_not_found = "org.freedesktop.DBus.Error.FileNotFound";
inline constexpr std::string_view file_exists = "org.freedesktop.DBus.Error.FileExists";
inline constexpr std::string_view address_in_use = "org.freedesktop.DBus.Error.AddressInUse";
inline constexpr std::string_view io_error = "org.freedesktop.DBus.Error.IOError";
}  // namespace error_name

}  // namespace headway
