// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authority/action_catalog.h"
#include "headway/loop.h"
#include "io/watch.h"

namespace headway::authority {

/// The actions of some directories, loaded anew when files there change: a moment afterwards, as
/// what changes files changes several, or one of them several times.
class ActionsOnDisk final : loop::source {
 public:
  using Loaded = std::function<void(std::shared_ptr<const ActionCatalog>)>;
  using Log = std::function<void(std::string_view)>;

  /// Calls `loaded` before it returns, and from the loop whenever something may have changed.
  ActionsOnDisk(loop& runner, std::vector<std::string> directories, Loaded loaded, Log log);
  ActionsOnDisk(const ActionsOnDisk&) = delete;
  ActionsOnDisk& operator=(const ActionsOnDisk&) = delete;
  ~ActionsOnDisk();

 private:
  void ready() override;
  void loop_ended() noexcept override { loop_ = nullptr; }
  void load();

  loop* loop_;
  std::vector<std::string> directories_;
  Loaded loaded_;
  Log log_;
  std::optional<io::DirectoryWatch> watch_;  // none: the kernel gives us none
  std::optional<loop::time_point> due_;      // of the next load
};

}  // namespace headway::authority
