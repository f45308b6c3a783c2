// SPDX-License-Identifier: MIT
#include "lsm/selinux_fs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/fd.h"

namespace headway::lsm {
namespace {

constexpr const char* mount_point = "/sys/fs/selinux";
constexpr const char* status_path = "/sys/fs/selinux/status";
constexpr std::size_t answer_bytes_max = 256;
constexpr int status_tries_max = 1000;

enum FileNumber : std::uint8_t { access_file, class_file, send_msg_file, acquire_svc_file };
constexpr std::array<FileRights::File, 4> opened_files{
    {{"/sys/fs/selinux/access", O_RDWR | O_CLOEXEC},
     {"/sys/fs/selinux/class/dbus/index", O_RDONLY | O_CLOEXEC},
     {"/sys/fs/selinux/class/dbus/perms/send_msg", O_RDONLY | O_CLOEXEC},
     {"/sys/fs/selinux/class/dbus/perms/acquire_svc", O_RDONLY | O_CLOEXEC}}};

Fd open_file(FileNumber number) {
  const FileRights::File& file = opened_files[number];
  return Fd(::openat(AT_FDCWD, file.path, file.flags));
}

std::expected<std::string, int> read_text(const Fd& fd) {
  std::array<char, answer_bytes_max> buffer{};
  const ssize_t size = ::pread(fd.get(), buffer.data(), buffer.size(), 0);
  if (size < 0) return std::unexpected(errno);
  return std::string(buffer.data(), static_cast<std::size_t>(size));
}

/// The number in a file; 0 if there is none.
std::uint32_t read_number(FileNumber number) {
  const Fd fd = open_file(number);
  if (!fd) return 0;
  const auto text = read_text(fd);
  std::uint32_t value = 0;
  if (!text ||
      std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc{}) {
    return 0;
  }
  return value;
}

/// Permissions are numbered from 1.
std::uint32_t read_permission(FileNumber number) {
  const std::uint32_t value = read_number(number);
  return value >= 1 && value <= 32 ? 1u << (value - 1) : 0;
}

bool is_context(std::string_view text) {
  return !text.empty() && text.find_first_of(std::string_view(" \t\n\0", 4)) == text.npos;
}

}  // namespace

/// As the kernel writes it, as a sequence lock: `sequence` is odd while the rest changes.
struct SelinuxFs::StatusPage {
  std::uint32_t version;
  std::uint32_t sequence;
  std::uint32_t enforcing;
  std::uint32_t policy_loads;
  std::uint32_t denies_unknown;
};

FileRights SelinuxFs::rights() {
  return {.reads = true, .directory = mount_point, .files = opened_files};
}

std::expected<std::unique_ptr<SelinuxFs>, std::string> SelinuxFs::open() {
  const Fd fd(::open(status_path, O_RDONLY | O_CLOEXEC));
  void* page = MAP_FAILED;
  if (fd) page = ::mmap(nullptr, sizeof(StatusPage), PROT_READ, MAP_SHARED, fd.get(), 0);
  if (page == MAP_FAILED) {
    return std::unexpected(fmt::format(
        "SELinux is active, but {} cannot be mapped: {}; the bus needs a domain that may use it",
        status_path, std::strerror(errno)));
  }
  return std::unique_ptr<SelinuxFs>(new SelinuxFs(static_cast<const StatusPage*>(page)));
}

SelinuxFs::~SelinuxFs() { ::munmap(const_cast<StatusPage*>(page_), sizeof(StatusPage)); }

SelinuxKernel::Status SelinuxFs::status() {
  Status status;
  for (int tries = 0; tries < status_tries_max; ++tries) {
    status.sequence = __atomic_load_n(&page_->sequence, __ATOMIC_ACQUIRE);
    if (status.sequence % 2 != 0) continue;
    status.enforcing = __atomic_load_n(&page_->enforcing, __ATOMIC_RELAXED) != 0;
    status.denies_unknown = __atomic_load_n(&page_->denies_unknown, __ATOMIC_RELAXED) != 0;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (__atomic_load_n(&page_->sequence, __ATOMIC_RELAXED) == status.sequence) return status;
  }
  // It is being changed this very moment: strict for one message, and asked again at the next.
  return {.sequence = status.sequence | 1, .enforcing = true, .denies_unknown = true};
}

SelinuxKernel::DbusClass SelinuxFs::dbus_class() {
  return {.number = read_number(class_file),
          .send_msg = read_permission(send_msg_file),
          .acquire_svc = read_permission(acquire_svc_file)};
}

std::expected<SelinuxKernel::Access, int> SelinuxFs::compute(std::string_view source,
                                                             std::string_view target,
                                                             std::uint32_t class_number) {
  const auto question = access_question(source, target, class_number);
  if (!question) return std::unexpected(EINVAL);
  const Fd fd = open_file(access_file);
  if (!fd) return std::unexpected(errno);
  const ssize_t written = ::write(fd.get(), question->data(), question->size());
  if (written < 0) return std::unexpected(errno);
  const auto answer = read_text(fd);
  if (!answer) return std::unexpected(answer.error());
  const auto access = parse_access(*answer);
  if (!access) return std::unexpected(EBADMSG);
  return *access;
}

std::optional<std::string> access_question(std::string_view source, std::string_view target,
                                           std::uint32_t class_number) {
  if (!is_context(source) || !is_context(target)) return std::nullopt;
  return fmt::format("{} {} {}", source, target, class_number);
}

std::optional<SelinuxKernel::Access> parse_access(std::string_view answer) {
  // allowed, decided, audited if allowed, audited if denied: in hexadecimal; a number of the
  // policy: in decimal; flags: in hexadecimal.
  constexpr std::array<int, 6> bases{16, 16, 16, 16, 10, 16};
  std::array<std::uint32_t, 6> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) {
      if (!answer.starts_with(' ')) return std::nullopt;
      answer.remove_prefix(1);
    }
    const auto [end, error] =
        std::from_chars(answer.data(), answer.data() + answer.size(), numbers[i], bases[i]);
    if (error != std::errc{}) return std::nullopt;
    answer.remove_prefix(static_cast<std::size_t>(end - answer.data()));
  }
  if (!answer.empty() && answer != std::string_view("\0", 1) && answer != "\n") return std::nullopt;
  constexpr std::uint32_t permissive_flag = 1;
  return SelinuxKernel::Access{.allowed = numbers[0] & numbers[1],
                               .audited_if_allowed = numbers[2],
                               .audited_if_denied = numbers[3],
                               .permissive = (numbers[5] & permissive_flag) != 0};
}

}  // namespace headway::lsm
