// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <utility>

namespace headway {

namespace detail {
/// What a slot keeps. Destroying it ends it.
class slot_content {
 public:
  slot_content() = default;
  slot_content(const slot_content&) = delete;
  slot_content& operator=(const slot_content&) = delete;
  virtual ~slot_content() = default;
};
}  // namespace detail

/// Keeps a handler in place: of a call under way, of a subscription, of an object that is offered.
/// The handler is never called after the slot is gone. Keeps the connection open, too.
class [[nodiscard]] slot {
 public:
  slot() noexcept = default;
  explicit slot(std::unique_ptr<detail::slot_content> content) noexcept
      : content_(std::move(content)) {}

  void reset() noexcept { content_.reset(); }
  explicit operator bool() const noexcept { return content_ != nullptr; }

 private:
  std::unique_ptr<detail::slot_content> content_;
};

}  // namespace headway
