// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "authority/subject.h"
#include "headway/headway.h"

/// org.freedesktop.PolicyKit1 as it looks on the bus.
namespace headway::authority {

inline constexpr const char* service_name = "org.freedesktop.PolicyKit1";
inline constexpr const char* authority_path = "/org/freedesktop/PolicyKit1/Authority";

using Words = std::map<std::string, std::string>;

struct IdentityArgument {
  std::string kind;
  std::map<std::string, variant> details;
};

struct ActionDescription {
  std::string action_id;
  std::string description;
  std::string message;
  std::string vendor_name;
  std::string vendor_url;
  std::string icon_name;
  std::uint32_t implicit_any;
  std::uint32_t implicit_inactive;
  std::uint32_t implicit_active;
  Words annotations;
};

struct AuthorizationResult {
  bool is_authorized = false;
  bool is_challenge = false;
  Words details;
};

struct TemporaryDescription {
  std::string id;
  std::string action_id;
  SubjectArgument subject;
  std::uint64_t time_obtained;  // seconds since 1970
  std::uint64_t time_expires;
};

/// Flags of CheckAuthorization; others mean nothing.
inline constexpr std::uint32_t allow_user_interaction = 1;
inline constexpr std::uint32_t always_check = 2;

template <class Role>
struct Authority1 {
  static constexpr std::string_view name = "org.freedesktop.PolicyKit1.Authority";
  method<Role, std::vector<ActionDescription>(std::string)> enumerate_actions;
  method<Role, AuthorizationResult(SubjectArgument, std::string, Words, std::uint32_t, std::string)>
      check_authorization;
  method<Role, void(std::string)> cancel_check_authorization;
  method<Role, void(SubjectArgument, std::string, std::string)> register_authentication_agent;
  method<Role, void(SubjectArgument, std::string, std::string, std::map<std::string, variant>)>
      register_authentication_agent_with_options;
  method<Role, void(SubjectArgument, std::string)> unregister_authentication_agent;
  method<Role, void(std::string, IdentityArgument)> authentication_agent_response;
  method<Role, void(std::uint32_t, std::string, IdentityArgument)> authentication_agent_response2;
  method<Role, std::vector<TemporaryDescription>(SubjectArgument)>
      enumerate_temporary_authorizations;
  method<Role, void(SubjectArgument)> revoke_temporary_authorizations;
  method<Role, void(std::string)> revoke_temporary_authorization_by_id;
  property<Role, std::string> backend_name;
  property<Role, std::string> backend_version;
  property<Role, std::uint32_t> backend_features;
  signal<Role, void> changed;

  /// With the names of arguments by which introspection shows them.
  template <class Self, class Bind>
  static void each_member(Self& self, Bind bind) {
    bind(self.enumerate_actions,
         {.name = "EnumerateActions", .arguments = "locale", .results = "action_descriptions"});
    bind(self.check_authorization, {.name = "CheckAuthorization",
                                    .arguments = "subject,action_id,details,flags,cancellation_id",
                                    .results = "result"});
    bind(self.cancel_check_authorization,
         {.name = "CancelCheckAuthorization", .arguments = "cancellation_id"});
    bind(self.register_authentication_agent,
         {.name = "RegisterAuthenticationAgent", .arguments = "subject,locale,object_path"});
    bind(self.register_authentication_agent_with_options,
         {.name = "RegisterAuthenticationAgentWithOptions",
          .arguments = "subject,locale,object_path,options"});
    bind(self.unregister_authentication_agent,
         {.name = "UnregisterAuthenticationAgent", .arguments = "subject,object_path"});
    bind(self.authentication_agent_response,
         {.name = "AuthenticationAgentResponse", .arguments = "cookie,identity"});
    bind(self.authentication_agent_response2,
         {.name = "AuthenticationAgentResponse2", .arguments = "uid,cookie,identity"});
    bind(self.enumerate_temporary_authorizations, {.name = "EnumerateTemporaryAuthorizations",
                                                   .arguments = "subject",
                                                   .results = "temporary_authorizations"});
    bind(self.revoke_temporary_authorizations,
         {.name = "RevokeTemporaryAuthorizations", .arguments = "subject"});
    bind(self.revoke_temporary_authorization_by_id,
         {.name = "RevokeTemporaryAuthorizationById", .arguments = "id"});
    bind(self.backend_name, {.name = "BackendName", .annotations = never_changes});
    bind(self.backend_version, {.name = "BackendVersion", .annotations = never_changes});
    bind(self.backend_features, {.name = "BackendFeatures", .annotations = never_changes});
    bind(self.changed, {.name = "Changed"});
  }
};

using Failed = named_error<"org.freedesktop.PolicyKit1.Error.Failed">;
using Cancelled = named_error<"org.freedesktop.PolicyKit1.Error.Cancelled">;
using NotAuthorized = named_error<"org.freedesktop.PolicyKit1.Error.NotAuthorized">;
using CancellationIdNotUnique =
    named_error<"org.freedesktop.PolicyKit1.Error.CancellationIdNotUnique">;

/// What an authentication agent offers at the path that it registers.
template <class Role>
struct AuthenticationAgent1 {
  static constexpr std::string_view name = "org.freedesktop.PolicyKit1.AuthenticationAgent";
  method<Role, void(std::string, std::string, std::string, Words, std::string,
                    std::vector<IdentityArgument>)>
      begin_authentication;
  method<Role, void(std::string)> cancel_authentication;
};

}  // namespace headway::authority
