// SPDX-License-Identifier: MIT
// Two programs that speak D-Bus without a bus between them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "asking_testing.h"
#include "headway/headway.h"

namespace {

using headway::connection;
using headway::message;
using headway::message_builder;
using headway::task;
namespace error_name = headway::error_name;

struct Size {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
};
template <class Role>
struct Screen1 {
  static constexpr std::string_view name = "org.example.Screen1";
  headway::method<Role, std::uint64_t(Size, std::vector<std::uint8_t>)> scanout;
  headway::method<Role, std::vector<std::uint8_t>(std::uint32_t)> capture;
  headway::method<Role, std::uint32_t(headway::unique_fd)> write_to;
  headway::property<Role, std::string, headway::access::read_write> title;
  headway::signal<Role, Size> resized;
};

std::vector<std::uint8_t> pixels(std::uint32_t count) {
  std::vector<std::uint8_t> result(count);
  for (std::uint32_t i = 0; i < count; ++i) result[i] = static_cast<std::uint8_t>(i * 7 >> 3);
  return result;
}

std::uint64_t sum_of(const std::vector<std::uint8_t>& bytes) {
  std::uint64_t sum = 0;
  for (const std::uint8_t byte : bytes) sum = sum * 31 + byte;
  return sum;
}

/// What a peer offers in these tests.
class Screen {
 public:
  explicit Screen(const connection& peer) : offered(peer.serve<Screen1>("/screen")) {
    offered->scanout = [](Size, const std::vector<std::uint8_t>& data) { return sum_of(data); };
    offered->capture = [](std::uint32_t bytes) { return pixels(bytes); };
    offered->write_to = [](const headway::unique_fd& pipe) -> std::uint32_t {
      return static_cast<std::uint32_t>(::write(pipe.get(), "x", 1));
    };
    offered->title = "first";
  }

  headway::served<Screen1> offered;
};

class Pair : public testing::Test {
 protected:
  Pair() {
    ends.first.attach(loop);
    ends.second.attach(loop);
  }

  template <class T>
  T get(headway::call<T> asked) {
    return ::get(loop, std::move(asked));
  }
  std::string error_of(const connection& peer, message what) {
    const auto reply = get(peer.call(std::move(what)).as_result());
    return reply ? "no error" : reply.error().name();
  }

  headway::event_loop loop;
  std::pair<connection, connection> ends = connection::pair();
};

TEST_F(Pair, HasNoNamesAndIsOpen) {
  EXPECT_TRUE(ends.first.is_open());
  EXPECT_TRUE(ends.second.passes_fds());
  EXPECT_EQ(ends.first.unique_name(), "");
}

TEST_F(Pair, EitherEndServesTheOther) {
  const Screen left(ends.first);
  const Screen right(ends.second);
  const auto to_left = ends.second.proxy<Screen1>("", "/screen");
  const auto to_right = ends.first.proxy<Screen1>("", "/screen");
  EXPECT_EQ(get(to_left->scanout(Size{1, 2}, pixels(3))), sum_of(pixels(3)));
  get(to_right->title.set("second"));
  EXPECT_EQ(get(to_right->title.get()), "second");
  EXPECT_EQ(get(to_left->title.get()), "first");
}

TEST_F(Pair, MessagesOfMegabytesGoBothWays) {
  const Screen left(ends.first);
  const auto screen = ends.second.proxy<Screen1>("", "/screen");
  const std::uint32_t frame = 640 * 480 * 4;
  EXPECT_EQ(get(screen->scanout(Size{640, 480}, pixels(frame))), sum_of(pixels(frame)));
  EXPECT_EQ(get(screen->capture(frame)), pixels(frame));
}

TEST_F(Pair, AMessageMayBeAsLongAsMessagesAre) {
  const std::string text(60'000'000, 'x');
  std::size_t seen = 0;
  const headway::slot all = ends.second.on("member='Text'", [&](const message& what) {
    seen = what.body().string().size();
    loop.stop();
  });
  ends.first.send(message_builder::signal("/", "org.example.I", "Text").string(text).build());
  loop.run();
  EXPECT_EQ(seen, text.size());
}

TEST_F(Pair, DescriptorsTravel) {
  const Screen left(ends.first);
  const auto screen = ends.second.proxy<Screen1>("", "/screen");
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const headway::unique_fd in(pipe[0]);
  EXPECT_EQ(get(screen->write_to(headway::unique_fd(pipe[1]))), 1u);
  char byte = 0;
  EXPECT_EQ(::read(in.get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'x');
}

TEST_F(Pair, SignalsAndChangesArriveBeforeTheReplyThatFollowsThem) {
  Screen left(ends.first);
  const auto screen = ends.second.proxy<Screen1>("", "/screen");
  EXPECT_EQ(get(screen->title.get()), "first");  // and what it was made with was told
  std::string told;
  const headway::slot sizes =
      screen->resized.on([&](Size size) { told += std::to_string(size.width) + ";"; });
  const headway::slot titles =
      screen->title.on_change([&](const std::string& title) { told += title + ";"; });
  left.offered->capture = [&](std::uint32_t) {
    left.offered->resized(800, 600);
    left.offered->title = "changed";
    return pixels(1);
  };
  get(screen->capture(1));
  EXPECT_EQ(told, "800;changed;");
}

TEST_F(Pair, ThePeerInterfaceAndUnknownObjectsAreAnswered) {
  const auto to = [](std::string_view interface, std::string_view member) {
    return message_builder::method_call("", "/nowhere", interface, member).build();
  };
  EXPECT_EQ(error_of(ends.first, to("org.freedesktop.DBus.Peer", "Ping")), "no error");
  EXPECT_EQ(error_of(ends.first, to("org.example.Screen1", "Capture")), error_name::unknown_object);
}

TEST_F(Pair, TheOtherEndLearnsOfTheEnd) {
  std::string told;
  const message ping =
      message_builder::method_call("", "/", "org.freedesktop.DBus.Peer", "Ping").build();
  const headway::slot call = ends.first.call(ping).then([&](const headway::result<message>& reply) {
    told = reply ? "no error" : reply.error().name();
    loop.stop();
  });
  ends.second.close();
  loop.run();
  EXPECT_EQ(told, error_name::disconnected);
  EXPECT_FALSE(ends.first.is_open());
}

}  // namespace
