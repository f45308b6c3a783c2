// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "headway/message.h"
#include "headway/testing/bus.h"
#include "headway/value.h"

namespace headway::testing {

/// A service that is made of what another one says of itself: its introspection XML. It takes
/// exactly the calls that the XML describes and notes them. A method without a handler answers with
/// zeros, empty texts and empty lists; a property that was not set has such a value.
///
///     headway::testing::fake logind(b, "org.freedesktop.login1");
///     logind.add("/org/freedesktop/login1", xml);
///     logind.on("org.freedesktop.login1.Manager", "Inhibit", [](auto& call, auto& answer) { ...
///     }); logind.set("/org/freedesktop/login1", "org.freedesktop.login1.Manager", "IdleHint",
///     true);
///
/// An interface that has a definition in C++ is more easily served from that.
class fake {
 public:
  /// Adds the values of the answer, or throws headway::error for the caller.
  using handler = std::function<void(const message& call, message_builder& answer)>;
  using writer = std::function<void(message_builder& of)>;

  /// On a connection of its own, which owns that name. `on` outlives it.
  fake(bus& on, std::string_view name, const peer_options& who = {});
  fake(const fake&) = delete;
  fake& operator=(const fake&) = delete;
  ~fake();

  /// An object with the interfaces of the XML. Throws headway::error if it cannot be read.
  void add(std::string_view path, std::string_view xml);
  /// For that method of all objects. These throw std::invalid_argument for what no XML describes.
  void on(std::string_view interface, std::string_view member, handler answer);
  /// Tells everybody, as PropertiesChanged.
  void set(std::string_view path, std::string_view interface, std::string_view property,
           const variant& value);
  void emit(std::string_view path, std::string_view interface, std::string_view member,
            const writer& arguments = {});

  /// All calls that came, those of properties, too.
  [[nodiscard]] const std::vector<message>& calls() const noexcept;
  [[nodiscard]] std::vector<message> calls(std::string_view member) const;
  [[nodiscard]] const connection& self() const noexcept;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace headway::testing
