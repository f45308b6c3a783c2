// SPDX-License-Identifier: MIT
// What the bus asks its security modules, and what it makes of their answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "broker/broker_testing.h"
#include "broker/policy_testing.h"

namespace headway::broker {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Recorder;
using testing::Speaker;
using ::testing::StartsWith;
using Texts = std::vector<std::string>;

/// Keeps the questions in words and says no to those that it was told to.
class FakeMediator final : public Mediator {
 public:
  Answer may_send(const Sending& sending) override {
    return answer(fmt::format("send {}", describe(sending)));
  }
  Answer may_start(const Sending& sending, std::string_view assumed_label) override {
    return answer(fmt::format("start {} as \"{}\"", describe(sending), assumed_label));
  }
  Answer may_own(const Credentials& peer, std::string_view name) override {
    return answer(fmt::format("own {} {}", peer.label, name));
  }
  Answer may_eavesdrop(const Credentials& peer) override {
    return answer(fmt::format("eavesdrop {}", peer.label));
  }

  Texts take() { return std::exchange(asked_, {}); }
  void forbid(std::string question) { forbidden_.insert(std::move(question)); }

  std::string rule = "{ send_msg } is not allowed";  // in every no

 private:
  /// "Do a(:1.0) bus", "reply b(:1.1) a requested".
  static std::string describe(const Sending& sending) {
    return fmt::format("{} {}({}) {}{}",
                       sending.message.is_reply() ? "reply" : sending.message.member,
                       sending.sender.label, sending.sender_name,
                       sending.receiver != nullptr ? sending.receiver->label : "bus",
                       sending.requested_reply ? " requested" : "");
  }
  Answer answer(std::string question) {
    const bool no = forbidden_.contains(question);
    asked_.push_back(std::move(question));
    if (no) return std::unexpected(Denial{"SELinux", rule});
    return {};
  }

  Texts asked_;
  std::set<std::string> forbidden_;
};

BusFacts facts() {
  BusFacts facts;
  facts.id = std::string(32, 'a');
  facts.credentials.uid = 0;
  facts.credentials.label = "bus-label";
  facts.systemd_activation = true;
  return facts;
}

BrokerSettings settings() {
  BrokerSettings settings;
  settings.policy = testing::defaults({"allow user=*", "allow own=*", "allow send_destination=*",
                                       "allow eavesdrop=true", "allow receive_sender=*",
                                       "deny send_destination=org.example.Forbidden"});
  settings.starts_services = true;
  settings.services = {{"org.example.A", "", "assumed"},
                       {"org.example.Unit", "unit.service", ""},
                       {"org.example.Forbidden", "", ""}};
  return settings;
}

class Mediation : public ::testing::Test {
 protected:
  Mediation() { mediator_.take(); }

  wire::HeaderFields reply_to(std::string_view destination, std::uint32_t serial) {
    wire::HeaderFields fields{.type = wire::MessageType::method_return};
    fields.destination = destination;
    fields.reply_serial = serial;
    return fields;
  }
  wire::HeaderFields signal(std::string_view member) {
    wire::HeaderFields fields{.type = wire::MessageType::signal};
    fields.path = "/";
    fields.interface = "org.example.I";
    fields.member = member;
    return fields;
  }
  /// BecomeMonitor for everything; its serial is far from all others.
  void become_monitor(const Speaker& peer) {
    wire::HeaderFields fields{.type = wire::MessageType::method_call};
    fields.serial = 1000;
    fields.destination = "org.freedesktop.DBus";
    fields.path = "/org/freedesktop/DBus";
    fields.interface = "org.freedesktop.DBus.Monitoring";
    fields.member = "BecomeMonitor";
    fields.signature = "asu";
    const std::vector<std::uint8_t> body(8, 0);
    std::vector<std::uint8_t> bytes;
    wire::build_message(fields, body, bytes);
    broker_.received(peer.id, *wire::parse_message(bytes), nullptr);
  }
  /// The text of the error that this peer received last.
  std::string error_text(PeerId peer) {
    const auto message = wire::parse_message(effects_.latest[peer]);
    return std::string(wire::BodyReader(message->order, message->body()).string());
  }

  Recorder effects_;
  FakeMediator mediator_;
  Broker broker_{facts(), settings(), effects_, &mediator_};
  Speaker a_{broker_, 1000, "a"};  // :1.0
  Speaker b_{broker_, 1000, "b"};  // :1.1
};

TEST_F(Mediation, AMessageIsAskedAboutForItsSenderAndItsReceiver) {  // LSM-003
  effects_.take(b_.id);
  a_.call(":1.1");
  EXPECT_THAT(mediator_.take(), ElementsAre("send Do a(:1.0) b"));
  EXPECT_THAT(effects_.take(b_.id), ElementsAre("call Do"));
}

TEST_F(Mediation, ADeniedMessageIsRefusedWithTheModulesNameAndKeptForWhoAsksWhy) {  // LSM-007
  mediator_.forbid("send Do a(:1.0) b");
  effects_.take(a_.id);
  effects_.take(b_.id);
  const std::uint32_t serial = a_.call(":1.1");

  EXPECT_THAT(effects_.take(b_.id), IsEmpty());
  EXPECT_THAT(effects_.take(a_.id), ElementsAre(fmt::format("error AccessDenied {}", serial)));
  EXPECT_THAT(error_text(a_.id), StartsWith("An SELinux policy prevents this sender from sending "
                                            "this message to this recipient"));
  const Decision decision = broker_.refusals().back();
  EXPECT_EQ(decision.layer, Decision::Layer::lsm);
  EXPECT_EQ(decision.rule, "SELinux: { send_msg } is not allowed");
  EXPECT_EQ(decision.sender->label, "a");
  EXPECT_EQ(decision.receiver->label, "b");
  EXPECT_EQ(decision.text, error_text(a_.id));
  EXPECT_EQ(effects_.logged.back(), decision.text);
}

TEST_F(Mediation, WhatAModuleSaysOfLabelsInOtherBytesThanUtf8CanBeTold) {
  mediator_.rule = std::string("label=\xff\0", 8);
  for (const char* const question :
       {"send Do a(:1.0) b", "own a org.example.Name", "start Do a(:1.0) bus as \"assumed\"",
        "send Changed a(:1.0) b"}) {
    mediator_.forbid(question);
  }
  Speaker monitor(broker_, 0, "monitor");
  b_.ask("AddMatch", {"interface='org.example.I'"});
  become_monitor(monitor);

  a_.call(":1.1");
  EXPECT_THAT(error_text(a_.id), HasSubstr("label=\xEF\xBF\xBD"));
  a_.ask("RequestName", {"org.example.Name"}, 0);
  EXPECT_THAT(error_text(a_.id), HasSubstr("label=\xEF\xBF\xBD"));
  a_.call("org.example.A");
  EXPECT_THAT(error_text(a_.id), HasSubstr("label=\xEF\xBF\xBD"));
  a_.send(signal("Changed"), {}, {});
  EXPECT_THAT(error_text(monitor.id), HasSubstr("label=\xEF\xBF\xBD"));
}

TEST_F(Mediation, AReplyIsAskedAboutAsTheAnswerToACall) {  // LSM-018
  const std::uint32_t serial = a_.call(":1.1");
  mediator_.take();
  effects_.take(a_.id);
  b_.send(reply_to(":1.0", serial), {}, {});
  EXPECT_THAT(mediator_.take(), ElementsAre("send reply b(:1.1) a requested"));
  EXPECT_THAT(effects_.take(a_.id), ElementsAre(fmt::format("return {}", serial)));
}

TEST_F(Mediation, AReplyThatNobodyWaitsForIsRefusedUnasked) {  // LSM-018
  b_.send(reply_to(":1.0", 77), {}, {});
  EXPECT_THAT(mediator_.take(), IsEmpty());
}

TEST_F(Mediation, ADeniedReplyLeavesItsCallOpen) {  // LSM-003
  const std::uint32_t serial = a_.call(":1.1");
  mediator_.forbid("send reply b(:1.1) a requested");
  effects_.take(a_.id);
  b_.send(reply_to(":1.0", serial), {}, {});
  EXPECT_THAT(effects_.take(a_.id), IsEmpty());
  EXPECT_EQ(broker_.totals().open_calls, 1u);
}

TEST_F(Mediation, CallsToTheBusAreAskedAboutAndItsAnswersAreNot) {  // LSM-003
  a_.ask("GetId");
  EXPECT_THAT(mediator_.take(), ElementsAre("send GetId a(:1.0) bus"));

  mediator_.forbid("send GetId a(:1.0) bus");
  effects_.take(a_.id);
  const std::uint32_t serial = a_.ask("GetId");
  EXPECT_THAT(effects_.take(a_.id), ElementsAre(fmt::format("error AccessDenied {}", serial)));
}

TEST_F(Mediation, HelloIsAskedAboutBeforeThereIsAName) {  // LSM-003
  mediator_.forbid("send Hello c() bus");
  const Speaker c(broker_, 1000, "c");
  EXPECT_THAT(mediator_.take(), ElementsAre("send Hello c() bus"));
  EXPECT_FALSE(broker_.is_active(c.id));
  EXPECT_THAT(effects_.take(c.id), ElementsAre("error AccessDenied 1"));
}

TEST_F(Mediation, ABroadcastIsAskedAboutForEachReceiver) {  // LSM-003
  Speaker c(broker_, 1000, "c");
  Speaker monitor(broker_, 0, "monitor");
  for (Speaker* peer : {&b_, &c}) peer->ask("AddMatch", {"interface='org.example.I'"});
  become_monitor(monitor);
  mediator_.take();
  mediator_.forbid("send Changed a(:1.0) b");
  const std::size_t refusals = broker_.refusals().size();
  for (const Speaker* peer : {&a_, &b_, &c, &monitor}) effects_.take(peer->id);

  a_.send(signal("Changed"), {}, {});

  EXPECT_THAT(mediator_.take(), ElementsAre("send Changed a(:1.0) b", "send Changed a(:1.0) c"));
  EXPECT_THAT(effects_.take(b_.id), IsEmpty());
  EXPECT_THAT(effects_.take(c.id), ElementsAre("signal Changed"));
  EXPECT_THAT(effects_.take(a_.id), IsEmpty());
  // POL-052: nobody is told but who watches.
  EXPECT_THAT(effects_.take(monitor.id), ElementsAre("signal Changed", StartsWith("error Access")));
  EXPECT_EQ(broker_.refusals().size(), refusals);
}

TEST_F(Mediation, AnEavesdropperIsAReceiverToo) {  // LSM-003
  Speaker c(broker_, 0, "c");
  c.ask("AddMatch", {"eavesdrop=true,member='Do'"});
  mediator_.take();
  mediator_.forbid("send Do a(:1.0) c");
  effects_.take(c.id);
  a_.call(":1.1");
  EXPECT_THAT(mediator_.take(), ElementsAre("send Do a(:1.0) b", "send Do a(:1.0) c"));
  EXPECT_THAT(effects_.take(c.id), IsEmpty());
}

TEST_F(Mediation, TheModulesAreAskedBeforePolicy) {  // LSM-023, POL-050
  b_.ask("RequestName", {"org.example.Forbidden"}, 0);
  mediator_.take();
  mediator_.forbid("send Do a(:1.0) b");
  a_.call("org.example.Forbidden");
  EXPECT_THAT(mediator_.take(), ElementsAre("send Do a(:1.0) b"));
  EXPECT_EQ(broker_.refusals().back().layer, Decision::Layer::lsm);
}

TEST_F(Mediation, ANameIsAskedAboutWhenItIsRequested) {  // LSM-004, LSM-016
  mediator_.forbid("own a org.example.Name");
  effects_.take(a_.id);
  const std::uint32_t serial = a_.ask("RequestName", {"org.example.Name"}, 0);
  EXPECT_THAT(mediator_.take(), Contains("own a org.example.Name"));
  EXPECT_THAT(effects_.take(a_.id), ElementsAre(fmt::format("error AccessDenied {}", serial)));
  EXPECT_THAT(error_text(a_.id),  // LSM-007
              StartsWith("Connection \":1.0\" is not allowed to own the service "
                         "\"org.example.Name\" due to SELinux policy"));
  EXPECT_EQ(broker_.refusals().back().layer, Decision::Layer::lsm);
}

TEST_F(Mediation, EavesdroppingIsAskedAboutAndListeningIsNot) {  // LSM-017
  Speaker spy(broker_, 0, "spy");
  mediator_.take();
  spy.ask("AddMatch", {"type='signal'"});
  EXPECT_THAT(mediator_.take(), ElementsAre("send AddMatch spy(:1.2) bus"));

  mediator_.forbid("eavesdrop spy");
  effects_.take(spy.id);
  const std::uint32_t serial = spy.ask("AddMatch", {"eavesdrop=true"});
  EXPECT_THAT(mediator_.take(), ElementsAre("send AddMatch spy(:1.2) bus", "eavesdrop spy"));
  EXPECT_THAT(effects_.take(spy.id), ElementsAre(fmt::format("error AccessDenied {}", serial)));
  EXPECT_THAT(error_text(spy.id), HasSubstr("is not allowed to eavesdrop due to SELinux policy"));
}

TEST_F(Mediation, BecomingAMonitorIsEavesdropping) {  // LSM-017
  Speaker spy(broker_, 0, "spy");
  mediator_.forbid("eavesdrop spy");
  effects_.take(spy.id);
  become_monitor(spy);
  EXPECT_THAT(effects_.take(spy.id), ElementsAre("error AccessDenied 1000"));
  EXPECT_TRUE(broker_.is_active(spy.id));
}

TEST_F(Mediation, AStartIsAskedAboutWithTheAssumedLabelAndDeliveryWithTheTrueOne) {  // LSM-006
  a_.call("org.example.A");
  EXPECT_THAT(mediator_.take(), ElementsAre("start Do a(:1.0) bus as \"assumed\""));  // LSM-019
  EXPECT_THAT(effects_.done, ElementsAre("start org.example.A"));

  Speaker service(broker_, 1000, "true");
  mediator_.forbid("send Do a(:1.0) true");
  effects_.take(a_.id);
  effects_.take(service.id);
  service.ask("RequestName", {"org.example.A"}, 0);

  EXPECT_THAT(mediator_.take(), Contains("send Do a(:1.0) true"));
  EXPECT_THAT(effects_.take(service.id), Not(Contains("call Do")));
  EXPECT_THAT(effects_.take(a_.id), Contains(StartsWith("error AccessDenied")));
}

TEST_F(Mediation, ADeniedStartStartsNothing) {  // LSM-019
  mediator_.forbid("start Do a(:1.0) bus as \"assumed\"");
  effects_.take(a_.id);
  const std::uint32_t serial = a_.call("org.example.A");
  EXPECT_THAT(effects_.done, IsEmpty());
  EXPECT_THAT(effects_.take(a_.id), ElementsAre(fmt::format("error AccessDenied {}", serial)));
  EXPECT_EQ(describe(*broker_.refusals().back().receiver), "org.example.A (not running)");
}

TEST_F(Mediation, AServiceThatHadToBeLookedUpIsAskedAboutOnceItIsKnown) {  // LSM-019
  a_.call("org.example.New");
  EXPECT_THAT(mediator_.take(), IsEmpty());
  mediator_.forbid("start Do a(:1.0) bus as \"new-label\"");
  broker_.service_found("org.example.New", Service{"org.example.New", "", "new-label"});
  EXPECT_THAT(mediator_.take(), ElementsAre("start Do a(:1.0) bus as \"new-label\""));
  EXPECT_THAT(effects_.done, ElementsAre("look up org.example.New"));
}

TEST_F(Mediation, AFailureThatSystemdMayNotReportIsNotBelieved) {  // LSM-003
  Speaker systemd(broker_, 0, "init");
  systemd.ask("RequestName", {"org.freedesktop.systemd1"}, 0);
  a_.call("org.example.Unit");
  mediator_.forbid("send ActivationFailure init(:1.2) bus");
  effects_.take(a_.id);

  wire::HeaderFields fields = signal("ActivationFailure");
  fields.interface = "org.freedesktop.systemd1.Activator";
  fields.destination = "org.freedesktop.DBus";
  systemd.send(fields, {"unit.service", "org.example.Error", "text"}, {});

  EXPECT_THAT(effects_.take(a_.id), IsEmpty());
}

/// The words of the property Features.
Texts features(BusFacts facts) {
  Recorder effects;
  Broker broker(std::move(facts), settings(), effects);
  Speaker peer(broker, 1000);
  wire::HeaderFields fields{.type = wire::MessageType::method_call};
  fields.destination = "org.freedesktop.DBus";
  fields.path = "/org/freedesktop/DBus";
  fields.interface = "org.freedesktop.DBus.Properties";
  fields.member = "Get";
  peer.send(fields, {"org.freedesktop.DBus", "Features"}, {});
  const auto message = wire::parse_message(effects.latest[peer.id]);
  wire::BodyReader reader(message->order, message->body());
  EXPECT_EQ(reader.signature(), "as");
  Texts result;
  const std::size_t end = reader.open_array('s');
  while (!reader.at_end(end)) result.emplace_back(reader.string());
  return result;
}

TEST(Features, NameTheModulesThatDecide) {  // LSM-001, LSM-012
  BusFacts both = facts();
  EXPECT_THAT(features(both),
              ElementsAre("ActivatableServicesChanged", "HeaderFiltering", "SystemdActivation"));
  both.selinux = true;
  both.apparmor = true;
  EXPECT_THAT(features(both), ElementsAre("ActivatableServicesChanged", "AppArmor",
                                          "HeaderFiltering", "SELinux", "SystemdActivation"));
}

/// What GetConnectionSELinuxSecurityContext says about a peer.
std::string context_of(bool selinux, std::string label) {
  BusFacts bus = facts();
  bus.selinux = selinux;
  Recorder effects;
  Broker broker(std::move(bus), settings(), effects);
  Speaker peer(broker, 1000, std::move(label));
  peer.ask("GetConnectionSELinuxSecurityContext", {":1.0"});
  const auto message = wire::parse_message(effects.latest[peer.id]);
  if (message->type == wire::MessageType::error) return std::string(message->error_name);
  return std::string(as_text(message->body().subspan(4)));
}

TEST(SelinuxContext, IsAPeersLabelOnlyWhereSelinuxGaveIt) {  // LSM-005, DRV-014
  const std::string unknown = "org.freedesktop.DBus.Error.SELinuxSecurityContextUnknown";
  EXPECT_EQ(context_of(true, "u:r:t:s0"), "u:r:t:s0");
  EXPECT_EQ(context_of(true, ""), unknown);
  EXPECT_EQ(context_of(false, "/usr/bin/x (enforce)"), unknown);
}

}  // namespace
}  // namespace headway::broker
