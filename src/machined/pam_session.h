// SPDX-License-Identifier: MIT
#pragma once

#include <security/pam_appl.h>

#include <string>
#include <vector>

namespace headway::machined {

/// A session of PAM's service "login", without a password: who calls was authorized otherwise. The
/// process is changed by it (limits, keyring, cgroup), and so is what it starts. Throws
/// headway::error: access_denied for an account that may not log in now.
class PamSession {
 public:
  PamSession(const std::string& user, const std::string& tty);
  PamSession(const PamSession&) = delete;
  PamSession& operator=(const PamSession&) = delete;
  ~PamSession() = default;

  /// What modules want to be set: "NAME=value".
  [[nodiscard]] std::vector<std::string> environment() const;

 private:
  /// Ends what was begun, also if no more than that comes of it.
  struct Transaction {
    ~Transaction();
    void check(int result, const char* what);

    pam_handle_t* handle = nullptr;
    int status = 0;
    bool has_credentials = false;
    bool is_open = false;
    std::string said;  // by a module, to the user
  };

  Transaction transaction_;
};

}  // namespace headway::machined
