// SPDX-License-Identifier: MIT
#include "machined/pam_session.h"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>

#include "headway/error.h"

namespace headway::machined {
namespace {

/// Nobody is there to answer a prompt. The last complaint is kept for the error.
int converse(int count, const pam_message** messages, pam_response** responses, void* data) {
  if (count <= 0 || count > PAM_MAX_NUM_MSG) return PAM_CONV_ERR;
  for (int i = 0; i < count; ++i) {
    const int style = messages[i]->msg_style;
    if (style == PAM_ERROR_MSG && messages[i]->msg != nullptr) {
      static_cast<std::string*>(data)->assign(messages[i]->msg);
    } else if (style != PAM_TEXT_INFO && style != PAM_ERROR_MSG) {
      return PAM_CONV_ERR;
    }
  }
  // They are PAM's to free.
  *responses = static_cast<pam_response*>(
      std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  return *responses == nullptr ? PAM_BUF_ERR : PAM_SUCCESS;
}

}  // namespace

PamSession::PamSession(const std::string& user, const std::string& tty) {
  Transaction& pam = transaction_;
  const pam_conv conversation{.conv = converse, .appdata_ptr = &pam.said};
  pam.check(::pam_start("login", user.c_str(), &conversation, &pam.handle), "start");
  pam.check(::pam_set_item(pam.handle, PAM_TTY, tty.c_str()), "name the terminal");
  pam.check(::pam_acct_mgmt(pam.handle, PAM_SILENT), "let this account in");
  const void* now = nullptr;
  pam.check(::pam_get_item(pam.handle, PAM_USER, &now), "name the user");
  if (now == nullptr || user != static_cast<const char*>(now)) {
    throw error(error_name::access_denied, "PAM makes another user of \"" + user + "\"");
  }
  pam.check(::pam_setcred(pam.handle, PAM_ESTABLISH_CRED | PAM_SILENT), "give credentials");
  pam.has_credentials = true;
  pam.check(::pam_open_session(pam.handle, PAM_SILENT), "open a session");
  pam.is_open = true;
}

PamSession::Transaction::~Transaction() {
  if (handle == nullptr) return;
  if (is_open) status = ::pam_close_session(handle, PAM_SILENT);
  if (has_credentials) status = ::pam_setcred(handle, PAM_DELETE_CRED | PAM_SILENT);
  ::pam_end(handle, status);
}

void PamSession::Transaction::check(int result, const char* what) {
  status = result;
  if (status == PAM_SUCCESS) return;
  throw error(error_name::access_denied,
              fmt::format("PAM does not {}: {}", what,
                          said.empty() ? ::pam_strerror(handle, status) : said.c_str()));
}

std::vector<std::string> PamSession::environment() const {
  std::vector<std::string> assignments;
  char** const list = ::pam_getenvlist(transaction_.handle);
  for (char** one = list; one != nullptr && *one != nullptr; ++one) {
    assignments.emplace_back(*one);
    std::free(*one);
  }
  std::free(static_cast<void*>(list));
  return assignments;
}

}  // namespace headway::machined
