// SPDX-License-Identifier: MIT
#include "machined/session_environment.h"

#include <map>
#include <string_view>

namespace headway::machined {
namespace {

constexpr std::string_view root_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::string_view user_path = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games";

}  // namespace

std::vector<std::string> session_environment(const SessionRequest& request,
                                             const std::vector<std::string>& from_pam) {
  const Account& account = request.account;
  std::map<std::string, std::string, std::less<>> all;
  all["TERM"] = "vt220";
  all["PATH"] = account.uid == 0 ? root_path : user_path;
  for (const auto* const some : {&request.environment, &from_pam}) {
    for (const std::string& assignment : *some) {
      const std::size_t sign = assignment.find('=');
      if (sign != std::string::npos) {
        all[assignment.substr(0, sign)] = assignment.substr(sign + 1);
      }
    }
  }
  all["HOME"] = account.home.empty() ? "/" : account.home;
  all["USER"] = account.name;
  all["LOGNAME"] = account.name;
  all["SHELL"] = account.shell.empty() ? "/bin/sh" : account.shell;
  std::vector<std::string> assignments;
  for (const auto& [name, value] : all) {
    std::string assignment = name;
    assignment += '=';
    assignment += value;
    assignments.push_back(std::move(assignment));
  }
  return assignments;
}

}  // namespace headway::machined
