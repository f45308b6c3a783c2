// SPDX-License-Identifier: MIT
#include "authority/actions_on_disk.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace headway::authority {
namespace {

constexpr auto settling = std::chrono::milliseconds(100);

}  // namespace

ActionsOnDisk::ActionsOnDisk(loop& runner, std::vector<std::string> directories, Loaded loaded,
                             Log log)
    : loop_(&runner),
      directories_(std::move(directories)),
      loaded_(std::move(loaded)),
      log_(std::move(log)) {
  auto watch = io::DirectoryWatch::create();
  if (watch) {
    watch_.emplace(std::move(*watch));
    for (const auto& unwatched : watch_->replace(directories_)) {
      log_(fmt::format("changes in {} will not be noticed: {}", unwatched.directory,
                       unwatched.reason));
    }
    loop_->watch(*this, watch_->fd(), false);
  } else {
    log_(fmt::format("changes of actions will not be noticed: {}", io::describe(watch.error())));
  }
  load();
}

ActionsOnDisk::~ActionsOnDisk() {
  if (loop_ != nullptr) loop_->forget(*this);
}

void ActionsOnDisk::ready() {
  if (watch_ && !watch_->drain().empty() && !due_) {
    due_ = loop_->now() + settling;
    loop_->wake(*this, due_);
  }
  if (due_ && loop_->now() >= *due_) {
    due_.reset();
    loop_->wake(*this, std::nullopt);
    load();
  }
}

void ActionsOnDisk::load() {
  std::vector<std::string> warnings;
  auto actions = std::make_shared<const ActionCatalog>(ActionCatalog::load(directories_, warnings));
  for (const std::string& warning : warnings) log_(warning);
  log_(fmt::format("{} actions are registered", actions->actions().size()));
  loaded_(std::move(actions));
}

}  // namespace headway::authority
