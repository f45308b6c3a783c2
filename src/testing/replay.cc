// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "client/core.h"
#include "client/message_data.h"
#include "headway/testing/bus.h"
#include "headway/testing/recording.h"
#include "testing/message_text.h"
#include "wire/build.h"

namespace headway::testing {
namespace {

using std::chrono::nanoseconds;

constexpr std::string_view bus_name = "org.freedesktop.DBus";
constexpr std::string_view not_recorded = "org.headway.Testing.Error.NotRecorded";
constexpr std::size_t hints_max = 5;
constexpr std::size_t text_bytes_max = 200;
constexpr std::size_t everything = std::numeric_limits<std::size_t>::max() / 2;

/// What a service sent, so long after the call before it.
struct Step {
  nanoseconds after;
  message what;
};
struct Scene {
  message call;  // none: the begin of the recording
  nanoseconds at;
  std::vector<Step> steps = {};
  bool was_made = false;
};

/// What one service did: its scenes begin with what it sent before it was called.
struct Part {
  std::set<std::string> names;
  std::vector<Scene> scenes = {{.call = {}, .at = {}}};
};

bool is_reply(const message& what) {
  return what.type() == message_type::method_return || what.type() == message_type::error;
}

bool is_same_call(const message& a, const message& b) {
  return a.path() == b.path() && a.interface() == b.interface() && a.member() == b.member() &&
         a.signature() == b.signature() && values_text(a, everything) == values_text(b, everything);
}

std::string call_text(const message& call) {
  return fmt::format("{}({})", call.member(), values_text(call, text_bytes_max));
}

/// The message as an answer to that call or, if it is a signal, as one more of its kind.
message again(const message& recorded, const message& call) {
  const wire::Message& view = headway::detail::message_data::of(recorded).view;
  const bool to_caller = call && !recorded.destination().empty();
  std::vector<std::uint8_t> bytes;
  wire::build_message({.type = view.type,
                       .flags = view.flags,
                       .serial = view.serial,
                       .reply_serial = is_reply(recorded) ? call.serial() : 0,
                       .path = view.path,
                       .interface = view.interface,
                       .member = view.member,
                       .error_name = view.error_name,
                       .destination = to_caller ? call.sender() : std::string_view(),
                       .signature = view.signature,
                       .order = view.order},
                      view.body(), bytes);
  return *message::parse(bytes);
}

using Key = std::pair<std::string, std::uint32_t>;  // of a call: caller and serial

Key key_of(const message& call) { return {std::string(call.sender()), call.serial()}; }
Key key_of_call(const message& reply) {
  return {std::string(reply.destination()), reply.reply_serial()};
}

/// Which of the messages are calls that somebody other than the bus answered, and who.
std::map<std::size_t, std::string> answered_calls(const recording& what) {
  std::map<Key, std::size_t> calls;
  std::map<std::size_t, std::string> answered;
  for (std::size_t i = 0; i < what.entries().size(); ++i) {
    const message& one = what.entries()[i].what;
    if (one.type() == message_type::method_call) {
      calls.insert_or_assign(key_of(one), i);
    } else if (is_reply(one) && one.sender() != bus_name) {
      const auto call = calls.find(key_of_call(one));
      if (call != calls.end()) answered.emplace(call->second, one.sender());
    }
  }
  return answered;
}

std::map<std::string, Part> parts_of(const recording& what) {
  const auto answered = answered_calls(what);
  std::map<std::string, Part> parts;
  for (const auto& [place, name] : answered) parts[name];

  std::map<Key, std::size_t> scene_of;
  for (std::size_t i = 0; i < what.entries().size(); ++i) {
    const auto& [at, one] = what.entries()[i];
    if (const auto answerer = answered.find(i); answerer != answered.end()) {
      Part& part = parts.at(answerer->second);
      if (!one.destination().starts_with(':')) part.names.emplace(one.destination());
      scene_of.insert_or_assign(key_of(one), part.scenes.size());
      part.scenes.push_back({.call = one, .at = at});
      continue;
    }
    const auto sender = parts.find(std::string(one.sender()));
    if (sender == parts.end()) continue;
    auto& scenes = sender->second.scenes;
    const auto call = is_reply(one) ? scene_of.find(key_of_call(one)) : scene_of.end();
    if (call == scene_of.end() && one.type() != message_type::signal) continue;
    Scene& scene = call != scene_of.end() ? scenes[call->second] : scenes.back();
    scene.steps.push_back({.after = at - scene.at, .what = one});
  }
  return parts;
}

task<> play(event_loop& loop, connection service, Scene scene, message call) {
  const auto start = loop.now();
  for (const Step& step : scene.steps) {
    const auto left = start + step.after - loop.now();
    if (left.count() > 0) co_await loop.sleep(left);
    if (!service.is_open()) co_return;
    if (is_reply(step.what) && !call.expects_reply()) continue;
    service.send(again(step.what, call));
  }
}

}  // namespace

/// One who answered calls.
struct replay::Service {
  Service(bus& bus, std::string_view unique_name, Part role, std::vector<std::string>& texts);

  void take(const message& call);
  void refuse(const message& call, std::string_view why) const;
  [[nodiscard]] std::string hints(const message& call) const;

  bus& on;
  std::string was;
  Part part;
  std::vector<std::string>& differences;
  connection self = on.connect();
};

replay::Service::Service(bus& bus, std::string_view unique_name, Part role,
                         std::vector<std::string>& texts)
    : on(bus), was(unique_name), part(std::move(role)), differences(texts) {
  self.core()->give_calls_to([this](const message& call) { take(call); });
  for (const std::string& name : part.names) self.request_name(name).wait();
  on.loop().spawn(play(on.loop(), self, part.scenes.front(), {}));
}

void replay::Service::take(const message& call) {
  const auto same = [&](const Scene& scene) {
    return scene.call && !scene.was_made && is_same_call(scene.call, call);
  };
  const auto found = std::ranges::find_if(part.scenes, same);
  if (found == part.scenes.end()) return refuse(call, hints(call));
  found->was_made = true;
  const auto has_fds = [](const Step& step) {
    return step.what.signature().find('h') != std::string_view::npos;
  };
  if (std::ranges::any_of(found->steps, has_fds)) {
    return refuse(call, "what was answered had descriptors, and they are not recorded");
  }
  on.loop().spawn(play(on.loop(), self, *found, call));
}

void replay::Service::refuse(const message& call, std::string_view why) const {
  const std::string text = fmt::format("{} at {} of {} was not recorded: {}", call_text(call),
                                       call.path(), call.interface(), why);
  differences.push_back(text);
  if (call.expects_reply())
    self.send(message_builder::error_reply(call, not_recorded, text).build());
}

std::string replay::Service::hints(const message& call) const {
  std::vector<std::string> others;
  for (const Scene& scene : part.scenes) {
    if (!scene.call || scene.call.member() != call.member()) continue;
    if (others.size() == hints_max) {
      others.emplace_back("...");
      break;
    }
    others.push_back(
        call_text(scene.call) +
        (scene.call.path() == call.path() ? "" : fmt::format(" at {}", scene.call.path())) +
        (scene.was_made ? " (made already)" : ""));
  }
  if (others.empty()) return fmt::format("there is no call of {} in it", call.member());
  return fmt::format("there are {}", fmt::join(others, ", "));
}

replay::replay(bus& on, const recording& what)
    : differences_(std::make_unique<std::vector<std::string>>()) {
  for (auto& [name, part] : parts_of(what)) {
    services_.push_back(std::make_unique<Service>(on, name, std::move(part), *differences_));
  }
}

replay::~replay() {
  for (const auto& service : services_) {
    service->self.core()->give_calls_to(nullptr);
    service->self.close();
  }
}

const std::vector<std::string>& replay::differences() const noexcept { return *differences_; }

std::vector<std::string> replay::missing() const {
  std::vector<std::string> texts;
  for (const auto& service : services_) {
    for (const Scene& scene : service->part.scenes) {
      if (scene.call && !scene.was_made) texts.push_back(describe(scene.call));
    }
  }
  return texts;
}

std::string replay::name_of(std::string_view recorded) const {
  const auto found = std::ranges::find(services_, recorded,
                                       [](const auto& one) { return std::string_view(one->was); });
  return found != services_.end() ? (*found)->self.unique_name() : std::string();
}

}  // namespace headway::testing
