// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/mediator.h"
#include "lsm/apparmor_kernel.h"
#include "lsm/audit.h"
#include "lsm/selinux_kernel.h"
#include "wire/build.h"

/// Kernels that answer as they are told, for tests and benchmarks.
namespace headway::lsm::testing {

class RecordingSink final : public AuditSink {
 public:
  void audit(std::string text) override { texts.push_back(std::move(text)); }
  std::vector<std::string> take() { return std::exchange(texts, {}); }

  std::vector<std::string> texts;
};

/// Knows send_msg as 1 and acquire_svc as 2, and allows nothing.
class FakeSelinux final : public SelinuxKernel {
 public:
  Status status() override { return now; }
  DbusClass dbus_class() override { return dbus; }
  std::expected<Access, int> compute(std::string_view source, std::string_view target,
                                     std::uint32_t class_number) override {
    ++computed;
    if (error != 0) return std::unexpected(error);
    if (class_number != dbus.number) return std::unexpected(EINVAL);
    const auto found = rules.find({std::string(source), std::string(target)});
    return found == rules.end() ? Access{} : found->second;
  }

  /// A policy was loaded, or the mode changed.
  void change() { now.sequence += 2; }

  Status now{.sequence = 2, .enforcing = true, .denies_unknown = true};
  DbusClass dbus{.number = 77, .send_msg = 1, .acquire_svc = 2};
  std::map<std::pair<std::string, std::string>, Access> rules;
  int error = 0;
  int computed = 0;
};

/// Keeps the questions, and allows what no answer is set for.
class FakeApparmor final : public ApparmorKernel {
 public:
  std::expected<Permissions, int> query(std::string_view query) override {
    queries.emplace_back(query);
    if (error != 0) return std::unexpected(error);
    const auto found = answers.find(queries.back());
    return found == answers.end() ? Permissions{.allow = ~0u} : found->second;
  }

  std::vector<std::string> queries;
  std::map<std::string, Permissions, std::less<>> answers;
  int error = 0;
};

inline broker::Credentials credentials(std::string label, std::uint32_t pid) {
  broker::Credentials credentials;
  credentials.pid = pid;
  credentials.label = std::move(label);
  return credentials;
}

/// A message, with the bytes that it lies in.
class BuiltMessage {
 public:
  explicit BuiltMessage(wire::HeaderFields fields) {
    fields.serial = 1;
    wire::build_message(fields, {}, bytes_);
    message_ = *wire::parse_message(bytes_);
  }
  [[nodiscard]] const wire::Message& get() const { return message_; }

 private:
  std::vector<std::uint8_t> bytes_;
  wire::Message message_;
};

/// Do of org.example.I at /path, to org.example.Service.
inline wire::HeaderFields call_fields() {
  wire::HeaderFields fields{.type = wire::MessageType::method_call};
  fields.path = "/path";
  fields.interface = "org.example.I";
  fields.member = "Do";
  fields.destination = "org.example.Service";
  return fields;
}
/// Changed of org.example.I at /path, to everybody.
inline wire::HeaderFields signal_fields() {
  wire::HeaderFields fields{.type = wire::MessageType::signal};
  fields.path = "/path";
  fields.interface = "org.example.I";
  fields.member = "Changed";
  return fields;
}
/// An error for :1.7.
inline wire::HeaderFields error_fields() {
  wire::HeaderFields fields{.type = wire::MessageType::error};
  fields.error_name = "org.example.Error";
  fields.destination = ":1.7";
  fields.reply_serial = 5;
  return fields;
}

}  // namespace headway::lsm::testing
