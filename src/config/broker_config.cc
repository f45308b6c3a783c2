// SPDX-License-Identifier: MIT
#include "config/broker_config.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <type_traits>

namespace headway::config {
namespace {

using broker::Limits;
using broker::PolicyRule;
using broker::PolicySection;
using broker::RuleSource;
using std::chrono::milliseconds;

constexpr unsigned varint_bits = 7;
constexpr std::uint8_t varint_more = 0x80;

/// Appends values. Shares its interface with Unpacker, so that one transfer() per struct serves
/// both directions and they cannot disagree.
class Packer {
 public:
  template <typename T>
  using Ref = const T&;

  /// Seven bits to a byte, lowest first.
  template <typename T>
  void number(const T& value) {
    auto rest = static_cast<std::uint64_t>(value);
    for (; rest >= varint_more; rest >>= varint_bits) {
      bytes_.push_back(static_cast<std::uint8_t>(rest) | varint_more);
    }
    bytes_.push_back(static_cast<std::uint8_t>(rest));
  }

  template <typename T>
  void choice(const T& value, T) {
    number(value);
  }

  void time(const milliseconds& value) { number(value.count()); }

  void text(const std::string& value) {
    number(value.size());
    bytes_.insert(bytes_.end(), value.begin(), value.end());
  }

  template <typename T, typename Each>
  void maybe(const std::optional<T>& value, Each each) {
    number(value.has_value());
    if (value) each(*value);
  }

  template <typename T, typename Each>
  void list(const std::vector<T>& values, Each each) {
    number(values.size());
    for (const auto& value : values) each(value);
  }

  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

/// Reads values. After the first error every value is empty or zero.
class Unpacker {
 public:
  template <typename T>
  using Ref = T&;

  explicit Unpacker(Bytes bytes) : bytes_(bytes) {}

  template <typename T>
  void number(T& value) {
    value = static_cast<T>(number_up_to(std::numeric_limits<T>::max()));
  }

  template <typename T>
  void choice(T& value, T last) {
    value = static_cast<T>(number_up_to(static_cast<std::uint64_t>(last)));
  }

  void time(milliseconds& value) {
    value = milliseconds(number_up_to(std::numeric_limits<std::int32_t>::max()));
  }

  void text(std::string& value) {
    const auto size = number_up_to(std::numeric_limits<std::uint64_t>::max());
    if (size > bytes_.size()) return fail(DecodeError::truncated);
    value = as_text(bytes_.first(size));
    bytes_ = bytes_.subspan(size);
  }

  template <typename T, typename Each>
  void maybe(std::optional<T>& value, Each each) {
    if (number_up_to(1) != 0) each(value.emplace());
  }

  template <typename T, typename Each>
  void list(std::vector<T>& values, Each each) {
    // The count is only believed as far as there are bytes: every item takes at least one.
    auto count = number_up_to(std::numeric_limits<std::uint64_t>::max());
    for (; count > 0 && !error_; --count) each(values.emplace_back());
  }

  void fail(DecodeError error) {
    if (!error_) error_ = error;
    bytes_ = {};
  }

  [[nodiscard]] std::optional<DecodeError> finish() {
    if (!bytes_.empty()) fail(DecodeError::trailing);
    return error_;
  }

 private:
  std::uint64_t number_up_to(std::uint64_t max) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += varint_bits) {
      if (bytes_.empty()) return fail(DecodeError::truncated), 0;
      const std::uint8_t byte = bytes_.front();
      const std::uint64_t part = byte & (varint_more - 1u);
      bytes_ = bytes_.subspan(1);
      if ((part << shift) >> shift != part) break;
      value |= part << shift;
      if ((byte & varint_more) != 0) continue;
      if (value > max || (byte == 0 && shift > 0)) break;  // too large, or longer than need be
      return value;
    }
    return fail(DecodeError::malformed), 0;
  }

  Bytes bytes_;
  std::optional<DecodeError> error_;
};

template <typename Archive>
void transfer(Archive& to, typename Archive::template Ref<RuleSource> source) {
  to.number(source.file);
  to.number(source.line);
}

template <typename Archive>
void transfer(Archive& to, typename Archive::template Ref<PolicyRule> rule) {
  const auto number = [&](auto& value) { to.number(value); };
  const auto truth = [&](auto& value) { to.choice(value, true); };

  to.choice(rule.kind, PolicyRule::Kind::connect);
  truth(rule.allow);
  transfer(to, rule.source);
  to.choice(rule.type, std::uint8_t{4});
  to.text(rule.interface);
  to.text(rule.member);
  to.text(rule.error);
  to.text(rule.path);
  to.text(rule.peer);
  to.text(rule.peer_prefix);
  to.maybe(rule.broadcast, truth);
  to.maybe(rule.requested_reply, truth);
  to.maybe(rule.eavesdrop, truth);
  number(rule.fds_min);
  number(rule.fds_max);
  truth(rule.log);
  to.choice(rule.own, PolicyRule::Own::prefix);
  to.text(rule.name);
  to.maybe(rule.uid, number);
  to.maybe(rule.gid, number);
}

template <typename Archive>
void transfer(Archive& to, typename Archive::template Ref<PolicySection> section) {
  to.choice(section.context, PolicySection::Context::mandatory);
  to.number(section.id);
  to.list(section.rules, [&](auto& rule) { transfer(to, rule); });
}

template <typename Archive>
void transfer(Archive& to, typename Archive::template Ref<Limits> limits) {
  to.number(limits.max_incoming_bytes);
  to.number(limits.max_incoming_unix_fds);
  to.number(limits.max_outgoing_bytes);
  to.number(limits.max_outgoing_unix_fds);
  to.choice(limits.max_message_size, Limits::message_size_ceiling);
  to.number(limits.max_message_unix_fds);
  to.time(limits.service_start_timeout);
  to.time(limits.auth_timeout);
  to.time(limits.pending_fd_timeout);
  to.maybe(limits.reply_timeout, [&](auto& time) { to.time(time); });
  to.number(limits.max_completed_connections);
  to.number(limits.max_incomplete_connections);
  to.number(limits.max_connections_per_user);
  to.number(limits.max_pending_service_starts);
  to.number(limits.max_names_per_connection);
  to.number(limits.max_match_rules_per_connection);
  to.number(limits.max_replies_per_connection);
  to.number(limits.max_containers);
  to.number(limits.max_containers_per_user);
  to.number(limits.max_container_metadata_bytes);
  to.number(limits.max_connections_per_container);
}

template <typename Archive>
void transfer(Archive& to, typename Archive::template Ref<BrokerConfig> config) {
  const auto text = [&](auto& value) { to.text(value); };

  to.list(config.policy.files, text);
  to.list(config.policy.sections, [&](auto& section) { transfer(to, section); });
  to.list(config.late_users, [&](auto& late) {
    to.text(late.name);
    to.number(late.position);
    transfer(to, late.section);
  });
  transfer(to, config.limits);
  to.choice(config.allow_anonymous, true);
  to.text(config.type);
  to.list(config.selinux_contexts, [&](auto& association) {
    to.text(association.name);
    to.text(association.context);
  });
  to.choice(config.starts_services, true);
  to.choice(config.guards_environment, true);
  to.list(config.services, [&](auto& service) {
    to.text(service.name);
    to.text(service.unit);
    to.text(service.assumed_label);
  });
}

/// Numbers that point at something do.
bool is_consistent(const BrokerConfig& config) {
  const auto known_file = [&](const PolicyRule& rule) {
    return rule.source.file < config.policy.files.size();
  };
  const auto known_files = [&](const PolicySection& section) {
    return std::ranges::all_of(section.rules, known_file);
  };
  const auto in_place = [&](const LateUser& late) {
    return late.position <= config.policy.sections.size() && known_files(late.section);
  };
  return std::ranges::all_of(config.policy.sections, known_files) &&
         std::ranges::all_of(config.late_users, in_place) &&
         std::ranges::is_sorted(config.late_users, {}, &LateUser::position);
}

}  // namespace

BrokerConfig broker_config(const BusConfig& config) {
  return {
      .policy = config.policy,
      .late_users = config.late_users,
      .limits = config.limits,
      .allow_anonymous = config.allow_anonymous,
      .type = config.type,
      .selinux_contexts = config.selinux_contexts,
      .starts_services = !config.service_directories.empty(),
      .guards_environment = config.servicehelper.has_value(),
      .services = {},
  };
}

std::vector<std::uint8_t> encode(const BrokerConfig& config) {
  Packer packer;
  transfer(packer, config);
  return packer.take();
}

std::expected<BrokerConfig, DecodeError> decode(Bytes bytes) {
  Unpacker unpacker(bytes);
  BrokerConfig config;
  transfer(unpacker, config);
  if (const auto error = unpacker.finish()) return std::unexpected(*error);
  if (!is_consistent(config)) return std::unexpected(DecodeError::malformed);
  return config;
}

}  // namespace headway::config
