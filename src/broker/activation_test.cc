// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "broker/broker_testing.h"
#include "broker/policy_testing.h"

namespace headway::broker {
namespace {

using namespace std::chrono_literals;
using testing::Recorder;
using testing::Speaker;
using Texts = std::vector<std::string>;

BusFacts facts(bool with_systemd) {
  BusFacts facts;
  facts.id = std::string(32, 'a');
  facts.credentials.uid = 0;
  facts.systemd_activation = with_systemd;
  return facts;
}

BrokerSettings settings() {
  BrokerSettings settings;
  settings.policy =
      testing::defaults({"allow user=*", "allow own=*", "allow send_destination=*",
                         "allow receive_sender=*", "deny send_destination=org.example.Forbidden"});
  settings.starts_services = true;
  settings.services = {
      {"org.example.A", ""}, {"org.example.Unit", "unit.service"}, {"org.example.Forbidden", ""}};
  settings.limits.max_pending_service_starts = 2;
  return settings;
}

class Activation : public ::testing::Test {
 protected:
  explicit Activation(bool with_systemd = false)
      : broker_(facts(with_systemd), settings(), effects_) {}

  Recorder effects_;
  Broker broker_;
  Speaker caller_{broker_, 1000};
};

class SystemdActivation : public Activation {
 protected:
  SystemdActivation() : Activation(true) {}
};

TEST_F(Activation, AMessageStartsItsServiceAndArrivesAfterNameAcquired) {  // ACT-010, ACT-015
  caller_.call("org.example.A");
  caller_.call("org.example.A");
  EXPECT_EQ(effects_.done, Texts{"start org.example.A"});  // ACT-013
  Speaker service(broker_, 1000);
  effects_.take(service.id);

  const std::uint32_t serial = service.ask("RequestName", {"org.example.A"}, 0);

  EXPECT_EQ(effects_.take(service.id),
            (Texts{"signal NameAcquired", "call Do", "call Do", fmt::format("return {}", serial)}));
}

TEST_F(Activation, StartServiceByNameIsAnsweredOnceTheNameIsOwned) {  // BUS-034, DRV-003
  effects_.take(caller_.id);
  const std::uint32_t serial = caller_.ask("StartServiceByName", {"org.example.A"}, 0);
  EXPECT_TRUE(effects_.take(caller_.id).empty());

  Speaker service(broker_, 1000);
  service.ask("RequestName", {"org.example.A"}, 0);

  EXPECT_EQ(effects_.take(caller_.id), Texts{fmt::format("return {}", serial)});
}

TEST_F(Activation, AFailedStartIsToldToEverybodyWhoWaits) {  // ACT-024
  effects_.take(caller_.id);
  const std::uint32_t start = caller_.ask("StartServiceByName", {"org.example.A"}, 0);
  const std::uint32_t call = caller_.call("org.example.A");

  broker_.service_failed("org.example.A", "Spawn.ChildExited", "Process exited with status 1");

  EXPECT_EQ(effects_.take(caller_.id), (Texts{fmt::format("error Spawn.ChildExited {}", start),
                                              fmt::format("error Spawn.ChildExited {}", call)}));
  EXPECT_EQ(broker_.totals().queued_fds, 0u);
}

TEST_F(Activation, AStartThatTakesTooLongTimesOut) {  // LIM-007, ACT-026
  const std::uint32_t call = caller_.call("org.example.A");
  effects_.take(caller_.id);
  ASSERT_EQ(broker_.next_deadline(), Time{} + 25s);

  broker_.advance(Time{} + 25s);

  EXPECT_EQ(effects_.take(caller_.id), Texts{fmt::format("error TimedOut {}", call)});
  EXPECT_EQ(effects_.done.back(), "stop org.example.A");
  EXPECT_FALSE(broker_.next_deadline());
}

TEST_F(Activation, ANameThatIsNotListedIsLookedUpFirst) {  // ACT-008, ACT-012
  const std::uint32_t call = caller_.call("org.example.New");
  caller_.call("org.example.Other");
  effects_.take(caller_.id);
  EXPECT_EQ(effects_.done, (Texts{"look up org.example.New", "look up org.example.Other"}));

  broker_.service_found("org.example.New", std::nullopt);
  broker_.service_found("org.example.Other", Service{"org.example.Other", ""});

  EXPECT_EQ(effects_.take(caller_.id), Texts{fmt::format("error ServiceUnknown {}", call)});
  EXPECT_EQ(effects_.done.back(), "start org.example.Other");
}

TEST_F(Activation, WhoMayNotTalkToAServiceCannotStartIt) {  // ACT-014, POL-033
  effects_.take(caller_.id);
  const std::uint32_t call = caller_.call("org.example.Forbidden");

  EXPECT_EQ(effects_.take(caller_.id), Texts{fmt::format("error AccessDenied {}", call)});
  EXPECT_TRUE(effects_.done.empty());
}

TEST_F(Activation, MoreStartsThanTheLimitAreRefused) {  // ACT-017, LIM-013
  caller_.call("org.example.A");
  caller_.call("org.example.Unit");
  effects_.take(caller_.id);

  const std::uint32_t call = caller_.call("org.example.B");

  EXPECT_EQ(effects_.take(caller_.id), Texts{fmt::format("error LimitsExceeded {}", call)});
}

TEST_F(Activation, AMessageWhoseSenderLeftIsDropped) {  // ACT-016
  Speaker hasty(broker_, 1001);
  hasty.call("org.example.A");
  broker_.closed(hasty.id, Disconnect::closed_by_peer);
  Speaker service(broker_, 1000);
  effects_.take(service.id);

  service.ask("RequestName", {"org.example.A"}, 0);

  EXPECT_EQ(effects_.take(service.id).size(), 2u);  // the signal and the reply
}

TEST_F(Activation, NoStartWithoutServiceDirectories) {
  BrokerSettings without = settings();
  without.starts_services = false;
  without.services.clear();
  broker_.replace_config(without);
  effects_.take(caller_.id);

  const std::uint32_t call = caller_.call("org.example.A");

  EXPECT_EQ(effects_.take(caller_.id), Texts{fmt::format("error ServiceUnknown {}", call)});
  EXPECT_TRUE(effects_.done.empty());
}

TEST_F(SystemdActivation, ARequestWaitsForSystemdAndTheServiceForItsUnit) {  // SYSD-002 .. SYSD-004
  caller_.call("org.example.Unit");
  EXPECT_TRUE(effects_.done.empty());  // nothing is spawned
  Speaker systemd(broker_, 0);
  effects_.take(systemd.id);

  systemd.ask("RequestName", {"org.freedesktop.systemd1"}, 0);

  const auto received = effects_.take(systemd.id);
  ASSERT_EQ(received.size(), 3u);
  EXPECT_EQ(received[1], "signal ActivationRequest");
}

TEST_F(SystemdActivation, EveryUpdateOfTheEnvironmentIsPassedOnEvenAnEmptyOne) {  // SYSD-006
  wire::HeaderFields update{.type = wire::MessageType::method_call, .serial = 100};
  update.destination = "org.freedesktop.DBus";
  update.path = "/org/freedesktop/DBus";
  update.member = "UpdateActivationEnvironment";
  update.signature = "a{ss}";
  std::vector<std::uint8_t> body;
  wire::BodyWriter writer(body);
  writer.close_array(writer.open_array('{'));
  std::vector<std::uint8_t> bytes;
  wire::build_message(update, body, bytes);
  Speaker systemd(broker_, 0);
  broker_.received(systemd.id, *wire::parse_message(bytes), nullptr);
  effects_.take(systemd.id);

  systemd.ask("RequestName", {"org.freedesktop.systemd1"}, 0);

  const auto received = effects_.take(systemd.id);
  ASSERT_EQ(received.size(), 3u);
  EXPECT_EQ(received[1], "call SetEnvironment");
  EXPECT_EQ(effects_.done, Texts{"there org.freedesktop.systemd1"});
}

TEST_F(SystemdActivation, OnlySystemdMaySayThatAUnitFailed) {  // SYSD-005, RES-020
  Speaker systemd(broker_, 0);
  systemd.ask("RequestName", {"org.freedesktop.systemd1"}, 0);
  const std::uint32_t call = caller_.call("org.example.Unit");
  effects_.take(caller_.id);
  wire::HeaderFields failure{.type = wire::MessageType::signal};
  failure.destination = "org.freedesktop.DBus";
  failure.path = "/org/freedesktop/DBus";
  failure.interface = "org.freedesktop.systemd1.Activator";
  failure.member = "ActivationFailure";

  caller_.send(failure, {"unit.service", "org.example.Error.Forged", "no"}, {});
  EXPECT_TRUE(effects_.take(caller_.id).empty());
  systemd.send(failure, {"unit.service", "org.example.Error.NoUnit", "no"}, {});

  EXPECT_EQ(effects_.take(caller_.id), Texts{fmt::format("error NoUnit {}", call)});
}

/// systemd as far as the bus talks with it.
class Systemd : public Speaker {
 public:
  Systemd(Broker& broker, Recorder& effects, std::uint32_t uid = 0)
      : Speaker(broker, uid), broker_(broker), effects_(effects) {
    ask("AddMatch", {"type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                     "interface='org.freedesktop.systemd1.Activator',member='ActivationRequest'"});
    effects_.take(id);
  }

  /// The latest message to it, which has to be a question for a property; returns the property and
  /// the object's path.
  std::pair<std::string, std::string> question() {
    const auto message = wire::parse_message(effects_.latest[id]);
    EXPECT_EQ(message->member, "Get");
    EXPECT_EQ(message->flags & wire::no_reply_expected, 0);
    asked_ = message->serial;
    wire::BodyReader reader(message->order, message->body());
    EXPECT_EQ(reader.string(), "org.freedesktop.systemd1.Unit");
    return {std::string(reader.string()), std::string(message->path)};
  }
  /// Answers the latest question().
  void answer_job(std::uint32_t job) {
    std::vector<std::uint8_t> body;
    wire::BodyWriter writer(body);
    writer.signature("(uo)");
    writer.begin_struct();
    writer.uint32(job);
    writer.string("/org/freedesktop/systemd1/job/1");
    say_to_bus({.type = wire::MessageType::method_return, .signature = "v"}, body);
  }
  void answer_state(std::string_view state) {
    std::vector<std::uint8_t> body;
    wire::BodyWriter writer(body);
    writer.signature("s");
    writer.string(state);
    say_to_bus({.type = wire::MessageType::method_return, .signature = "v"}, body);
  }
  void answer_condition(bool held) {
    std::vector<std::uint8_t> body;
    wire::BodyWriter writer(body);
    writer.signature("b");
    writer.boolean(held);
    say_to_bus({.type = wire::MessageType::method_return, .signature = "v"}, body);
  }
  void answer_error() {
    say_to_bus({.type = wire::MessageType::error, .error_name = "org.example.Error.No"}, {});
  }

  void job_removed(std::uint32_t job, std::string_view unit, std::string_view result) {
    std::vector<std::uint8_t> body;
    wire::BodyWriter writer(body);
    writer.uint32(job);
    writer.string("/org/freedesktop/systemd1/job/1");
    writer.string(unit);
    writer.string(result);
    post({.type = wire::MessageType::signal,
          .path = "/org/freedesktop/systemd1",
          .interface = "org.freedesktop.systemd1.Manager",
          .member = "JobRemoved",
          .signature = "uoss"},
         body);
  }
  void unit_changed(std::string_view path) {
    std::vector<std::uint8_t> body;
    wire::BodyWriter writer(body);
    writer.string("org.freedesktop.systemd1.Unit");
    writer.close_array(writer.open_array('{'));
    writer.close_array(writer.open_array('s'));
    post({.type = wire::MessageType::signal,
          .path = path,
          .interface = "org.freedesktop.DBus.Properties",
          .member = "PropertiesChanged",
          .signature = "sa{sv}as"},
         body);
  }

 private:
  void say_to_bus(wire::HeaderFields fields, Bytes body) {
    fields.destination = "org.freedesktop.DBus";
    fields.reply_serial = asked_;
    post(fields, body);
  }
  void post(wire::HeaderFields fields, Bytes body) {
    fields.serial = 1000;
    std::vector<std::uint8_t> bytes;
    wire::build_message(fields, body, bytes);
    broker_.received(id, *wire::parse_message(bytes), nullptr);
  }

  Broker& broker_;
  Recorder& effects_;
  std::uint32_t asked_ = 0;
};

class UnitActivation : public SystemdActivation {
 protected:
  UnitActivation() {
    systemd_.ask("RequestName", {"org.freedesktop.systemd1"}, 0);
    effects_.take(systemd_.id);
    effects_.take(caller_.id);
  }
  /// A call for which systemd starts a unit, by job 7; returns the call's serial.
  std::uint32_t start() {
    const std::uint32_t call = caller_.call("org.example.Unit");
    EXPECT_EQ(effects_.take(systemd_.id),
              (Texts{"signal ActivationRequest", "call Subscribe", "call Get"}));
    EXPECT_EQ(systemd_.question(), (std::pair<std::string, std::string>{
                                       "Job", "/org/freedesktop/systemd1/unit/unit_2eservice"}));
    systemd_.answer_job(7);
    return call;
  }
  Texts failed(std::uint32_t call) { return {fmt::format("error Spawn.Failed {}", call)}; }

  Systemd systemd_{broker_, effects_};
};

constexpr auto real_path = "/org/freedesktop/systemd1/unit/real_2eservice";

TEST_F(UnitActivation, AUnitWhoseJobFailsIsReportedAtOnce) {
  const std::uint32_t call = start();
  systemd_.job_removed(6, "real.service", "canceled");  // another job of it
  EXPECT_TRUE(effects_.take(caller_.id).empty());

  systemd_.job_removed(7, "real.service", "failed");

  EXPECT_EQ(effects_.take(caller_.id), failed(call));
  EXPECT_NE(effects_.logged.back().find("unit.service"), std::string::npos);
  EXPECT_NE(effects_.logged.back().find("\"failed\""), std::string::npos);
  EXPECT_FALSE(broker_.next_deadline());
}

TEST_F(UnitActivation, AUnitThatEndsAfterItsJobIsDoneIsReportedAtOnce) {
  const std::uint32_t call = start();
  systemd_.job_removed(7, "real.service", "done");
  EXPECT_EQ(systemd_.question(), (std::pair<std::string, std::string>{"ActiveState", real_path}));
  systemd_.answer_state("active");
  systemd_.unit_changed(real_path);
  static_cast<void>(systemd_.question());
  EXPECT_TRUE(effects_.take(caller_.id).empty());

  systemd_.answer_state("failed");

  EXPECT_EQ(effects_.take(caller_.id), failed(call));
}

TEST_F(UnitActivation, AUnitWhoseConditionsDoNotHoldIsReportedAtOnce) {
  const std::uint32_t call = start();
  systemd_.job_removed(7, "real.service", "done");
  static_cast<void>(systemd_.question());
  systemd_.answer_state("inactive");
  EXPECT_EQ(systemd_.question(),
            (std::pair<std::string, std::string>{"ConditionResult", real_path}));
  EXPECT_TRUE(effects_.take(caller_.id).empty());

  systemd_.answer_condition(false);

  EXPECT_EQ(effects_.take(caller_.id), failed(call));
}

TEST_F(UnitActivation, AUnitThatIsThereIsWaitedFor) {
  start();
  systemd_.job_removed(7, "real.service", "done");
  static_cast<void>(systemd_.question());
  systemd_.answer_error();
  systemd_.unit_changed(real_path);
  static_cast<void>(systemd_.question());
  systemd_.answer_state("active");
  EXPECT_TRUE(effects_.take(caller_.id).empty());

  Speaker service(broker_, 1000);
  effects_.take(service.id);
  service.ask("RequestName", {"org.example.Unit"}, 0);
  EXPECT_EQ(effects_.take(service.id).at(1), "call Do");

  effects_.take(systemd_.id);
  systemd_.unit_changed(real_path);  // of no interest any more
  EXPECT_TRUE(effects_.take(systemd_.id).empty());
  EXPECT_TRUE(effects_.take(caller_.id).empty());
}

TEST_F(UnitActivation, SystemdCanKeepTrackOfTheBusAsOfAnySubscriber) {
  systemd_.ask("GetNameOwner", {":0.0"});
  const auto reply = wire::parse_message(effects_.latest[systemd_.id]);
  ASSERT_EQ(reply->type, wire::MessageType::method_return);
  EXPECT_EQ(wire::BodyReader(reply->order, reply->body()).string(), ":0.0");
}

TEST_F(UnitActivation, OnlySystemdIsBelievedAboutUnits) {  // SYSD-005
  const std::uint32_t call = start();
  Systemd other(broker_, effects_);  // root, but not the owner of the name
  other.job_removed(7, "unit.service", "failed");
  EXPECT_TRUE(effects_.take(caller_.id).empty());

  systemd_.job_removed(7, "unit.service", "failed");
  EXPECT_EQ(effects_.take(caller_.id), failed(call));
}

TEST_F(UnitActivation, AnotherSystemdIsAskedAgain) {  // it executes itself anew, or comes late
  start();
  broker_.closed(systemd_.id, Disconnect::closed_by_peer);
  Systemd next(broker_, effects_);

  next.ask("RequestName", {"org.freedesktop.systemd1"}, 0);

  EXPECT_EQ(effects_.take(next.id),
            (Texts{"signal NameAcquired", "call Subscribe", "call Get", "return 3"}));
}

TEST_F(SystemdActivation, SystemdIsAskedAboutUnitsWhenItComes) {  // SYSD-003
  caller_.call("org.example.Unit");
  effects_.take(caller_.id);
  Systemd systemd(broker_, effects_);

  systemd.ask("RequestName", {"org.freedesktop.systemd1"}, 0);

  const Texts received = effects_.take(systemd.id);
  EXPECT_EQ(Texts(received.begin() + 1, received.begin() + 4),
            (Texts{"signal ActivationRequest", "call Subscribe", "call Get"}));
}

TEST_F(SystemdActivation, WhoDoesNotListenForRequestsIsNotAskedAboutUnits) {
  Speaker systemd(broker_, 0);
  systemd.ask("RequestName", {"org.freedesktop.systemd1"}, 0);
  effects_.take(systemd.id);

  caller_.call("org.example.Unit");

  EXPECT_EQ(effects_.take(systemd.id), Texts{"signal ActivationRequest"});
}

TEST_F(SystemdActivation, AnUnprivilegedOwnerOfItsNameIsNotAskedAboutUnits) {
  Systemd systemd(broker_, effects_, 1000);
  systemd.ask("RequestName", {"org.freedesktop.systemd1"}, 0);
  effects_.take(systemd.id);
  caller_.call("org.example.Unit");
  effects_.take(caller_.id);
  EXPECT_EQ(effects_.take(systemd.id), Texts{"signal ActivationRequest"});

  systemd.job_removed(0, "unit.service", "failed");

  EXPECT_TRUE(effects_.take(caller_.id).empty());
}

}  // namespace
}  // namespace headway::broker
