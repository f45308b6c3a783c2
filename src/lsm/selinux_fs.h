// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/file_rights.h"
#include "lsm/selinux_kernel.h"

namespace headway::lsm {

/// The kernel itself, through selinuxfs. Its status page is mapped once. Everything else it answers
/// only to whoever opens a file for each question, so a process that is locked up must still be
/// let open these: rights().
///
/// libselinux would do the same by paths that it puts together anew each time, which no filter of
/// system calls can tell from other paths.
class SelinuxFs final : public SelinuxKernel {
 public:
  /// The error is a text.
  [[nodiscard]] static std::expected<std::unique_ptr<SelinuxFs>, std::string> open();
  SelinuxFs(const SelinuxFs&) = delete;
  SelinuxFs& operator=(const SelinuxFs&) = delete;
  ~SelinuxFs() override;

  [[nodiscard]] static FileRights rights();

  Status status() override;
  DbusClass dbus_class() override;
  std::expected<Access, int> compute(std::string_view source, std::string_view target,
                                     std::uint32_t class_number) override;

 private:
  struct StatusPage;
  explicit SelinuxFs(const StatusPage* page) : page_(page) {}

  const StatusPage* page_;
};

/// What is written to ask; nothing if these are no contexts.
[[nodiscard]] std::optional<std::string> access_question(std::string_view source,
                                                         std::string_view target,
                                                         std::uint32_t class_number);
/// Nothing if the kernel does not answer like this.
[[nodiscard]] std::optional<SelinuxKernel::Access> parse_access(std::string_view answer);

}  // namespace headway::lsm
