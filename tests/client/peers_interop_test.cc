// SPDX-License-Identifier: MIT
// Other libraries at the other end of a connection without a bus, either side of the login.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "headway/headway.h"

extern char** environ;

namespace {

using namespace std::chrono_literals;
using headway::connection;
using headway::connection_options;
using headway::event_loop;
using headway::task;
using headway::unique_fd;

// g++ 12 gives proxy<Interface> of two files one symbol if both call their interface the same, even
// in unnamed namespaces.
template <class Role>
struct ForeignEcho1 {
  static constexpr std::string_view name = "org.example.Echo1";
  headway::method<Role, std::string(std::string)> echo;
  headway::method<Role, std::uint32_t(unique_fd)> write_to;
  headway::signal<Role, std::string> said;
};

const connection_options to_peer{.hello = false};
constexpr std::size_t large = 5'000'000;

/// gdbus_peer.py, with a pipe at its stdout.
class GDBusPeer {
 public:
  GDBusPeer(const char* side, const std::string& address) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) throw std::runtime_error("pipe2");
    out_ = unique_fd(ends[0]);
    const unique_fd in(ends[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in.get(), STDOUT_FILENO);
    const std::string script = std::string(HEADWAY_TEST_FILES) + "/gdbus_peer.py";
    const char* const arguments[] = {script.c_str(), side, address.c_str(), nullptr};
    const int failed = ::posix_spawn(&pid_, script.c_str(), &actions, nullptr,
                                     const_cast<char* const*>(arguments), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) throw std::runtime_error("posix_spawn");
  }
  GDBusPeer(const GDBusPeer&) = delete;
  GDBusPeer& operator=(const GDBusPeer&) = delete;
  ~GDBusPeer() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] std::string line() const {
    std::string text;
    for (char c = 0; ::read(out_.get(), &c, 1) == 1 && c != '\n';) text += c;
    return text;
  }
  [[nodiscard]] bool has_ended() { return ::waitpid(pid_, &status_, WNOHANG) == pid_; }
  /// When it has ended.
  [[nodiscard]] int exit_code() {
    pid_ = 0;
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
  }

 private:
  pid_t pid_ = 0;
  int status_ = 0;
  unique_fd out_;
};

/// Calls all there is.
task<> try_out(const connection& peer) {
  const auto proxy = peer.proxy<ForeignEcho1>("", "/echo");
  std::string heard;
  const headway::slot said = proxy->said.on([&](const std::string& text) { heard = text; });
  auto words = co_await proxy->echo("words");
  EXPECT_EQ(words, "words");
  EXPECT_EQ(heard, "news");
  const std::string long_text(large, 'x');
  auto long_answer = co_await proxy->echo(long_text).within(60s);
  EXPECT_EQ(long_answer, long_text);
  int pipe[2];
  if (::pipe(pipe) < 0) co_return;
  const unique_fd in(pipe[0]);
  const unique_fd out(pipe[1]);
  auto count = co_await proxy->write_to(out);
  EXPECT_EQ(count, 1u);
  char byte = 0;
  EXPECT_EQ(::read(in.get(), &byte, 1), 1);
}

/// Offers all there is.
headway::served<ForeignEcho1> offer(const connection& peer) {
  auto object = peer.serve<ForeignEcho1>("/echo");
  auto* const members = object.operator->();
  members->echo = [members](const std::string& text) {
    members->said("news");
    return text;
  };
  members->write_to = [](const unique_fd& pipe) {
    return static_cast<std::uint32_t>(::write(pipe.get(), "x", 1));
  };
  return object;
}

TEST(GDBusPeers, AreServed) {
  event_loop loop;
  std::vector<headway::served<ForeignEcho1>> objects;
  const headway::server server(loop, "unix:tmpdir=/tmp",
                               [&](const connection& peer) { objects.push_back(offer(peer)); });
  GDBusPeer client("client", server.address());
  auto wait = [](event_loop& on, GDBusPeer& program) -> task<> {
    while (!program.has_ended()) co_await on.sleep(5ms);
  };
  loop.run(wait(loop, client));
  EXPECT_EQ(client.exit_code(), 0);
}

TEST(GDBusPeers, ServeUs) {
  const GDBusPeer server("server", "unix:tmpdir=/tmp");
  const std::string address = server.line();
  ASSERT_FALSE(address.empty());
  event_loop loop;
  const connection peer = loop.run(connection::open_async(address, loop, to_peer));
  loop.run(try_out(peer));
}

int on_echo(sd_bus_message* call, void*, sd_bus_error*) {
  const char* text = nullptr;
  const int got = sd_bus_message_read(call, "s", &text);
  if (got < 0) return got;
  sd_bus_emit_signal(sd_bus_message_get_bus(call), "/echo", "org.example.Echo1", "Said", "s",
                     "news");
  return sd_bus_reply_method_return(call, "s", text);
}

int on_write_to(sd_bus_message* call, void*, sd_bus_error*) {
  int fd = -1;
  const int got = sd_bus_message_read(call, "h", &fd);
  if (got < 0) return got;
  return sd_bus_reply_method_return(call, "u", static_cast<std::uint32_t>(::write(fd, "x", 1)));
}

const sd_bus_vtable echo_table[] = {SD_BUS_VTABLE_START(0),
                                    SD_BUS_METHOD("Echo", "s", "s", on_echo, 0),
                                    SD_BUS_METHOD("WriteTo", "h", "u", on_write_to, 0),
                                    SD_BUS_SIGNAL("Said", "s", 0), SD_BUS_VTABLE_END};

/// systemd's library on one end of a socket pair, in a thread of its own.
class SdBusPeer {
 public:
  explicit SdBusPeer(bool is_server) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
      throw std::runtime_error("socketpair");
    }
    ours = unique_fd(ends[0]);
    sd_bus_new(&bus_);
    sd_bus_set_fd(bus_, ends[1], ends[1]);
    sd_bus_negotiate_fds(bus_, 1);
    if (is_server)
      sd_bus_set_server(bus_, 1, SD_ID128_MAKE(1, 2, 3, 4, 5, 6, 7, 8, 9, a, b, c, d, e, f, 0));
  }
  SdBusPeer(const SdBusPeer&) = delete;
  SdBusPeer& operator=(const SdBusPeer&) = delete;
  ~SdBusPeer() {
    if (thread_.joinable()) thread_.join();
    sd_bus_flush_close_unref(bus_);
  }

  /// Serves until the other end closes.
  void serve() {
    sd_bus_add_object_vtable(bus_, nullptr, "/echo", "org.example.Echo1", echo_table, nullptr);
    thread_ = std::thread([this] {
      if (sd_bus_start(bus_) < 0) return;
      int moved = 0;
      while ((moved = sd_bus_process(bus_, nullptr)) >= 0) {
        if (moved == 0 && sd_bus_wait(bus_, UINT64_MAX) < 0) return;
      }
    });
  }
  /// Calls what the other end serves.
  void call() {
    thread_ = std::thread([this] {
      sd_bus_message* reply = nullptr;
      const std::string long_text(large, 'x');
      const char* text = "";
      if (sd_bus_start(bus_) >= 0 &&
          sd_bus_call_method(bus_, nullptr, "/echo", "org.example.Echo1", "Echo", nullptr, &reply,
                             "s", long_text.c_str()) >= 0 &&
          sd_bus_message_read(reply, "s", &text) >= 0) {
        was_answered = text == long_text;
      }
      sd_bus_message_unref(reply);
      is_done = true;
    });
  }

  unique_fd ours;
  std::atomic<bool> was_answered = false;
  std::atomic<bool> is_done = false;

 private:
  sd_bus* bus_ = nullptr;
  std::thread thread_;
};

TEST(SdBusPeers, AreServed) {
  SdBusPeer client(false);
  client.call();
  const connection peer = connection::accept(std::move(client.ours));
  event_loop loop;
  peer.attach(loop);
  const auto object = offer(peer);
  auto wait = [](event_loop& on, SdBusPeer& other) -> task<> {
    while (!other.is_done) co_await on.sleep(5ms);
  };
  loop.run(wait(loop, client));
  EXPECT_TRUE(client.was_answered);
}

TEST(SdBusPeers, ServeUs) {
  SdBusPeer server(true);
  server.serve();
  const connection peer = connection::adopt(std::move(server.ours), to_peer);
  event_loop loop;
  peer.attach(loop);
  loop.run(try_out(peer));
  peer.close();
}

}  // namespace
