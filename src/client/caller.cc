// SPDX-License-Identifier: MIT
#include "headway/caller.h"

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "client/caller.h"
#include "client/core.h"
#include "client/signals.h"
#include "headway/connection.h"

namespace headway {
namespace client {
namespace {

thread_local const detail::incoming* handled = nullptr;

}  // namespace

const detail::incoming* call_being_handled() noexcept { return handled; }

HandlingCall::HandlingCall(const detail::incoming& call) noexcept
    : before_(std::exchange(handled, &call)) {}
HandlingCall::~HandlingCall() { handled = before_; }

}  // namespace client

class caller_gone::watch {
 public:
  explicit watch(const std::shared_ptr<client::Core>& core, std::string_view caller)
      : life_(core, *this) {
    // A peer without a bus goes with its connection.
    if (caller.empty() || core->unique_name().empty()) return;
    owner_.emplace(core, client::rule_of_owner(caller), *this);
    present_ = connection(core).name_owner(caller).then([this](const result<std::string>& owner) {
      if (!owner && owner.error().is(error_name::name_has_no_owner)) leave();
    });
  }

  [[nodiscard]] std::stop_token token() const noexcept { return source_.get_token(); }

 private:
  /// Whoever is told may destroy this.
  void leave() {
    auto source = source_;
    source.request_stop();
  }

  class life final : detail::subscriber {
   public:
    life(std::shared_ptr<client::Core> core, watch& owner)
        : subscriber(std::move(core)), owner_(owner) {}

   private:
    void on_message(const message&) override {}
    void on_lost(const error&) override { owner_.leave(); }
    void on_end(const error&) override { owner_.leave(); }

    watch& owner_;
  };
  class name final : detail::subscriber {
   public:
    name(std::shared_ptr<client::Core> core, std::string_view rule, watch& owner)
        : subscriber(std::move(core), rule, when::in_turn), owner_(owner) {}

   private:
    // A unique name has one owner in all its time: any change is its end.
    void on_message(const message&) override { owner_.leave(); }
    void on_end(const error&) override {}

    watch& owner_;
  };

  std::stop_source source_;
  life life_;
  std::optional<name> owner_;
  slot present_;
};

caller_gone::caller_gone() {
  const detail::incoming* const call = client::call_being_handled();
  const auto core = call != nullptr ? call->core() : nullptr;
  if (!core) {
    throw std::logic_error("caller_gone is for the handler of a call, before its first co_await");
  }
  watch_ = std::make_unique<watch>(core, call->call().sender());
}

caller_gone::~caller_gone() = default;

std::stop_token caller_gone::token() const noexcept { return watch_->token(); }

}  // namespace headway
