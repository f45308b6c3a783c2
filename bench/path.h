// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/broker.h"
#include "daemon/framer.h"
#include "io/send_queue.h"

namespace bench {

/// What the broker process does with bytes, without a kernel: framers, the broker and send queues,
/// in turns like the server's. One thread, no clock; the same calls cost the same instructions.
class Path final : headway::broker::Effects {
 public:
  static constexpr std::uint32_t uid = 1000;  // of every peer

  explicit Path(headway::broker::PolicyRules policy);
  ~Path() override;

  /// A peer that has said Hello; its number is N of its unique name ":1.N".
  std::uint32_t join();

  /// One turn: `bytes`, whole messages of 16 KiB at most, arrive from this peer; what that leads to
  /// is flushed as if the kernel had taken it. Returns how many messages were delivered.
  std::uint64_t turn(std::uint32_t from, std::span<const std::uint8_t> bytes);

 private:
  struct Port {
    headway::broker::PeerId id;
    bool is_touched = false;
    headway::daemon::Framer input;
    headway::io::SendQueue output;
  };

  void deliver(headway::broker::PeerId to, const headway::broker::Frame& frame) override;
  void disconnect(headway::broker::PeerId peer, headway::broker::Disconnect reason) override;
  void pause_reading(headway::broker::PeerId, bool) override {}
  bool open_process(headway::broker::PeerId) override { return false; }
  void pause_accepting(bool) override {}
  void reload_config() override {}
  void look_up_service(std::string_view) override {}
  void start_service(std::string_view) override {}
  void service_is_there(std::string_view) override {}
  void stop_starting(std::string_view) override {}
  void update_environment(std::span<const std::pair<std::string_view, std::string_view>>) override {
  }
  void log(const headway::broker::LogEntry& entry) override {
    throw std::runtime_error(entry.text);
  }

  headway::io::BlockPool pool_;
  headway::daemon::InputBuffer input_;
  headway::broker::Broker broker_;
  std::vector<std::unique_ptr<Port>> ports_;  // by slot, which is the number of the unique name
  std::vector<Port*> touched_;
  std::uint64_t delivered_ = 0;
};

}  // namespace bench
