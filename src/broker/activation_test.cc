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

}  // namespace
}  // namespace headway::broker
