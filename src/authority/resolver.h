// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "authority/gate.h"
#include "authority/process.h"
#include "authority/sessions.h"
#include "authority/subject.h"
#include "headway/connection.h"
#include "headway/task.h"

namespace headway::authority {

/// What the bus knows of one of its connections, from when that was made.
struct Peer {
  std::uint32_t uid = 0;
  std::uint32_t pid = 0;  // 0: it does not know
  Fd pidfd;               // none: an old kernel
};

class Peers {
 public:
  Peers() = default;
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;
  virtual ~Peers() = default;

  /// None: nobody has that name any more, or the bus cannot say whose it is. There is no default:
  /// whoever gets none must refuse (CVE-2021-3560).
  [[nodiscard]] virtual task<std::optional<Peer>> find(std::string unique_name) = 0;
  /// The same, if nothing else is wanted.
  [[nodiscard]] virtual task<std::optional<std::uint32_t>> uid_of(std::string unique_name) = 0;
};

class BusPeers final : public Peers {
 public:
  explicit BusPeers(connection bus) : bus_(std::move(bus)) {}
  [[nodiscard]] task<std::optional<Peer>> find(std::string unique_name) override;
  [[nodiscard]] task<std::optional<std::uint32_t>> uid_of(std::string unique_name) override;

 private:
  /// Answers with descriptors: who lets more of them wait is disconnected (max_outgoing_unix_fds).
  static constexpr std::size_t asked_at_once = 16;

  connection bus_;
  Gate gate_{asked_at_once};
};

/// Who is asked about, found.
struct Who {
  std::uint32_t uid = 0;
  /// What the caller says of the uid is true, or it said nothing.
  bool is_uid_true = true;
  /// None: a session, or a connection whose process the bus does not know.
  std::optional<Process> process;
  /// The number of the process must not have changed hands before the answer.
  bool is_bound_to_process = false;
  std::optional<Session> session;
  std::string text;  // for people: "process 5"

  [[nodiscard]] bool is_local() const { return session && !session->seat.empty(); }
  [[nodiscard]] bool is_active() const { return session && session->is_active; }
  /// It is still who was asked about; to be asked before an answer counts.
  [[nodiscard]] bool is_unchanged() const {
    return !is_bound_to_process || (process && process->is_unchanged());
  }
};

/// Finds out who a subject is. The error is a text: whom we do not find is nobody.
class Resolver {
 public:
  Resolver(Peers& peers, Sessions& sessions) : peers_(peers), sessions_(sessions) {}

  [[nodiscard]] task<std::expected<Who, std::string>> resolve(Subject subject);

 private:
  [[nodiscard]] static std::expected<Who, std::string> find(ProcessSubject subject);
  [[nodiscard]] task<std::expected<Who, std::string>> find(SessionSubject subject);
  [[nodiscard]] task<std::expected<Who, std::string>> find(NameSubject subject);
  [[nodiscard]] task<void> find_session(Who& who);

  Peers& peers_;
  Sessions& sessions_;
};

}  // namespace headway::authority
