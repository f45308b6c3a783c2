// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/file_rights.h"
#include "lsm/apparmor_kernel.h"

namespace headway::lsm {

/// The kernel itself, through one file that stays open: a process that may open none goes on asking
/// by it. libapparmor opens it anew for each question.
class ApparmorFs final : public ApparmorKernel {
 public:
  /// The error is a text.
  [[nodiscard]] static std::expected<std::unique_ptr<ApparmorFs>, std::string> open();
  /// Takes any file that answers as the kernel does.
  explicit ApparmorFs(Fd access) : access_(std::move(access)) {}

  [[nodiscard]] static FileRights rights() { return {.reads = true}; }

  std::expected<Permissions, int> query(std::string_view query) override;

 private:
  Fd access_;
};

}  // namespace headway::lsm
