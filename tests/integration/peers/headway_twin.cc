// SPDX-License-Identifier: MIT
// twin serve | use, with libheadway and the header that `headway gen` made of twin.xml.
#include <fcntl.h>
#include <twin.h>
#include <unistd.h>

#include <coroutine>
#include <iostream>

namespace {

using namespace std::chrono_literals;
using org::example::Twin1;
namespace types = org::example::twin1_types;
using OutOfRange = headway::named_error<"org.example.Error.OutOfRange">;

constexpr std::string_view name = "org.example.Twin";
constexpr std::string_view path = "/org/example/Twin";

/// Ends with the connection.
struct forever {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  void await_resume() const noexcept {}
};

int serve() {
  headway::event_loop loop;
  const auto bus = headway::connection::open(headway::bus::session);
  bus.attach(loop);
  const auto twin = bus.serve<Twin1>(path);
  twin->current = 20.0;
  twin->unit = "C";
  twin->set_target = [&](const types::Target& target) {
    if (target.degrees > 35) throw OutOfRange("above 35");
    const double was = twin->current;
    twin->current = target.degrees;
    if (target.degrees > 30) twin->overheated(target.degrees, "hall");
    return was;
  };
  twin->echo = [](std::uint8_t y, bool b, std::int16_t n, std::uint16_t q, std::int32_t i,
                  std::uint32_t u, std::int64_t x, std::uint64_t t, double d, std::string s,
                  headway::object_path o, headway::signature g) {
    return types::EchoResult{y, b, n, q, i, u, x, t, d, std::move(s), std::move(o), std::move(g)};
  };
  twin->nest = [](std::map<std::string, headway::variant> facts, std::vector<types::Row> rows) {
    return types::NestResult{std::move(facts), std::move(rows)};
  };
  twin->pass = [](headway::unique_fd file) { return file; };
  twin->big = [](std::vector<std::uint8_t> bytes) { return bytes; };
  twin->never = []() -> headway::task<> {
    co_await forever();
    co_return;
  };
  bus.request_name(name).wait();
  std::cout << "ready" << std::endl;
  loop.run();
  return 0;
}

void say(std::string_view text, bool is_so = true) {
  std::cout << text << (is_so ? "" : ": not so") << std::endl;
}

headway::task<> use_values(const Twin1<headway::role::client>& twin) {
  const auto echo = co_await twin.echo(255, true, -2, 3, -4, 5, -6, 1ull << 63, 0.5, "Grüße",
                                       "/a/b", headway::signature("a{sv}"));
  say("echo", echo.y == 255 && echo.b && echo.n == -2 && echo.q == 3 && echo.i == -4 &&
                  echo.u == 5 && echo.x == -6 && echo.t == 1ull << 63 && echo.d == 0.5 &&
                  echo.s == "Grüße" && echo.o == "/a/b" && echo.g.str() == "a{sv}");
  std::map<std::string, headway::variant> facts;
  facts["list"] = std::vector<std::string>{"a", "b"};
  facts["number"] = 7u;
  std::vector<types::Row> rows(2);
  rows[1].field1 = -1;
  rows[1].field2["k"] = {1, 2, 3};
  const auto nest = co_await twin.nest(facts, rows);
  say("nest", nest.facts.size() == 2 && nest.facts.at("number").get<std::uint32_t>() == 7 &&
                  nest.facts.at("list").get<std::vector<std::string>>().at(1) == "b" &&
                  nest.rows.size() == 2 && nest.rows[1].field1 == -1 &&
                  nest.rows[1].field2.at("k").at(2) == 3);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) throw std::runtime_error("pipe2");
  const headway::unique_fd in(ends[0]);
  const headway::unique_fd out(ends[1]);
  const auto passed = co_await twin.pass(out);
  char c = 0;
  say("pass", ::write(passed.get(), "x", 1) == 1 && ::read(in.get(), &c, 1) == 1 && c == 'x');
  const std::vector<std::uint8_t> bytes(4u << 20, 42);
  const auto big = co_await twin.big(bytes);
  say("big", big == bytes);
}

headway::task<> use(const headway::connection& bus) {
  const auto twin = bus.proxy<Twin1>(name, path);
  std::string heard;
  const auto changes = twin->current.on_change([&](double now) {
    if (now == 31) heard += "current ";
  });
  const auto alarms = twin->overheated.on([&](const types::Overheated& what) {
    if (what.value == 31 && what.sensor == "hall") heard += "overheated ";
  });
  const auto was = co_await twin->set_target(31, "C").within(20s);
  say("was", was == 20);
  say("heard", heard == "current overheated " || heard == "overheated current ");
  const auto now = co_await twin->current.get();
  say("current", now == 31);
  const auto refused = co_await twin->set_target(40, "C").as_result();
  say("refused", !refused && refused.error().is("org.example.Error.OutOfRange"));
  co_await twin->unit.set("K");
  const auto unit = co_await twin->unit.get();
  say("unit", unit == "K");
  co_await use_values(*twin);
  const auto late = co_await twin->never().within(50ms).as_result();
  say("late", !late && late.error().is(headway::error_name::no_reply));
}

}  // namespace

int main(int count, char** values) {
  if (count > 1 && std::string_view(values[1]) == "serve") return serve();
  headway::event_loop loop;
  const auto bus = headway::connection::open(headway::bus::session);
  bus.attach(loop);
  loop.run(use(bus));
  return 0;
}
