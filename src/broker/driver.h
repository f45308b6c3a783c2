// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/bus.h"
#include "wire/body.h"

namespace headway::broker {

/// What the bus answers for itself: org.freedesktop.DBus and the interfaces beside it (spec 4.3 to
/// 4.8). One table says which methods there are, with which signature, where and for whom;
/// introspection is printed from the same table.
class Driver {
 public:
  explicit Driver(Bus& bus) : bus_(bus) {}

  /// A message addressed to the bus.
  void dispatch(Peer& caller, const wire::Message& message,
                const std::shared_ptr<const Payload>& payload);

  /// A method call without DESTINATION: only Peer is served (DRV-036).
  void dispatch_local(Peer& caller, const wire::Message& message);

  /// Answers the callers of ReloadConfig. `error` empty: the new configuration is in effect.
  void finish_reload(std::string_view error);

  struct Method;
  /// Every method there is.
  static std::span<const Method> methods();

 private:
  struct Call {
    Peer& caller;
    const wire::Message& message;
    wire::BodyReader arguments;
  };
  struct Reply {
    wire::BodyWriter out;
    PeerId process_fd_of;
  };
  /// What a handler answers: nothing (its reply is sent from `Reply`), a refusal, or that it has
  /// seen or will see to the reply itself.
  struct Outcome {
    enum class Kind : std::uint8_t { reply, refused, handled } kind = Kind::reply;
    Refusal refusal;
  };
  using Handler = Outcome (Driver::*)(Call&, Reply&);

  void note_signal(const Peer& caller, const wire::Message& message);
  static bool is_hello(const wire::Message& message);
  void serve_hello(Peer& caller, const wire::Message& message);
  void serve(Peer& caller, const wire::Message& message, const Method& method);
  static std::expected<const Method*, Refusal> find(const wire::Message& message);
  std::optional<Refusal> check_policy(const Peer& caller, const wire::Message& message);
  std::optional<Refusal> check_access(const Peer& caller, const wire::Message& message,
                                      const Method& method);

  // org.freedesktop.DBus: names (driver_names.cc)
  Outcome hello_again(Call& call, Reply& reply);
  Outcome request_name(Call& call, Reply& reply);
  Outcome release_name(Call& call, Reply& reply);
  Outcome start_service_by_name(Call& call, Reply& reply);
  Outcome name_has_owner(Call& call, Reply& reply);
  Outcome list_names(Call& call, Reply& reply);
  Outcome list_activatable_names(Call& call, Reply& reply);
  Outcome get_name_owner(Call& call, Reply& reply);
  Outcome list_queued_owners(Call& call, Reply& reply);
  // org.freedesktop.DBus: rules and the bus itself (driver_bus.cc)
  /// Into `rule_`; or what to answer.
  std::optional<Outcome> read_rule(std::string_view text);
  Outcome add_match(Call& call, Reply& reply);
  Outcome remove_match(Call& call, Reply& reply);
  Outcome update_activation_environment(Call& call, Reply& reply);
  Outcome reload_config(Call& call, Reply& reply);
  Outcome get_id(Call& call, Reply& reply);
  Outcome become_monitor(Call& call, Reply& reply);
  Outcome introspect(Call& call, Reply& reply);
  Outcome ping(Call& call, Reply& reply);
  Outcome get_machine_id(Call& call, Reply& reply);
  Outcome get_property(Call& call, Reply& reply);
  Outcome get_all_properties(Call& call, Reply& reply);
  Outcome set_property(Call& call, Reply& reply);
  // who is who, and statistics (driver_facts.cc)
  Outcome get_unix_user(Call& call, Reply& reply);
  Outcome get_process_id(Call& call, Reply& reply);
  Outcome get_audit_data(Call& call, Reply& reply);
  Outcome get_selinux_context(Call& call, Reply& reply);
  Outcome get_credentials(Call& call, Reply& reply);
  Outcome get_stats(Call& call, Reply& reply);
  Outcome get_connection_stats(Call& call, Reply& reply);
  Outcome get_all_match_rules(Call& call, Reply& reply);

  // org.headway.Bus1: what was refused, and what would be (driver_why.cc)
  Outcome list_refusals(Call& call, Reply& reply);
  Outcome explain(Call& call, Reply& reply);
  struct Question;
  Outcome explain_sending(const Question& question, const Peer* sender, wire::BodyWriter& out);

  /// The credentials behind a name: a peer's or the bus's own; none: nobody owns it.
  struct Subject {
    const Credentials* credentials = nullptr;
    const Peer* peer = nullptr;  // null: the bus
  };
  [[nodiscard]] Subject subject(std::string_view name) const;
  static Outcome refused(std::string_view error, std::string text);
  static Outcome no_owner(std::string_view name);

  Bus& bus_;
  std::vector<std::uint8_t> body_;
  wire::MatchRule rule_;  // scratch of AddMatch and RemoveMatch
};

/// One row of the table.
struct Driver::Method {
  std::string_view interface;
  std::string_view name;
  std::string_view in;        // signature
  std::string_view in_names;  // of the arguments, separated by spaces
  std::string_view out;
  std::string_view out_names;
  Handler handler;
  enum class Where : std::uint8_t { any_path, bus_path_interface, bus_path_method };
  Where where = Where::any_path;  // DRV-021, DRV-022
  bool privileged = false;        // root or the bus's own user only (DRV-028)
};

/// The introspection data of the bus at one path (DRV-030); also `headwayd --introspect`.
[[nodiscard]] std::string introspection_xml(std::string_view path);

}  // namespace headway::broker
