// SPDX-License-Identifier: MIT
// What a call costs in the libraries of its two ends: user CPU time per blocking call of the
// caller, and per served call of the service, for headway, sd-bus and libdbus, on one bus and in
// one run.
//
//     bench-client ADDRESS [CALLS]
//
// The caller sends one string and gets it back. While one library is measured at one end, headway
// is at the other. Budget: 0.8 us each (sd-bus: 2.7 and 3.0).
#include <dbus/dbus.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>

#include "headway/headway.h"

namespace {

std::size_t allocations = 0;

}  // namespace

// Not inlined: g++ takes free() for a mistake where it sees `new` call another function than that.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

constexpr const char* path = "/org/example/Echo";
constexpr const char* interface = "org.example.Echo1";
constexpr const char* text = "sixteen letters!";

template <class Role>
struct Echo1 {
  static constexpr std::string_view name = interface;
  headway::method<Role, std::string(std::string)> echo;
  headway::method<Role, void()> quit;
};

double user_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec) / 1e6;
}

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

// --- callers: their user time for `calls` ---

double call_headway(const std::string& address, const std::string& service, int calls) {
  const auto bus = headway::connection::open(address);
  const auto proxy = bus.proxy<Echo1>(service, path);
  const auto call = [&] { check(proxy->echo(text).wait() == text, "headway's reply"); };
  for (int i = 0; i < calls / 10; ++i) call();
  allocations = 0;
  const double start = user_seconds();
  for (int i = 0; i < calls; ++i) call();
  return user_seconds() - start;
}

double call_sd_bus(const std::string& address, const std::string& service, int calls) {
  sd_bus* bus = nullptr;
  check(sd_bus_new(&bus) >= 0 && sd_bus_set_address(bus, address.c_str()) >= 0 &&
            sd_bus_set_bus_client(bus, 1) >= 0 && sd_bus_start(bus) >= 0,
        "sd_bus_start");
  const auto call = [&] {
    sd_bus_message* reply = nullptr;
    const char* value = nullptr;
    check(sd_bus_call_method(bus, service.c_str(), path, interface, "Echo", nullptr, &reply, "s",
                             text) >= 0 &&
              sd_bus_message_read(reply, "s", &value) >= 0,
          "sd_bus_call_method");
    sd_bus_message_unref(reply);
  };
  for (int i = 0; i < calls / 10; ++i) call();
  const double start = user_seconds();
  for (int i = 0; i < calls; ++i) call();
  const double used = user_seconds() - start;
  sd_bus_flush_close_unref(bus);
  return used;
}

DBusConnection* open_libdbus(const std::string& address) {
  DBusConnection* const bus = dbus_connection_open_private(address.c_str(), nullptr);
  check(bus != nullptr && dbus_bus_register(bus, nullptr), "dbus_bus_register");
  dbus_connection_set_exit_on_disconnect(bus, FALSE);
  return bus;
}

double call_libdbus(const std::string& address, const std::string& service, int calls) {
  DBusConnection* const bus = open_libdbus(address);
  const auto call = [&] {
    DBusMessage* const what =
        dbus_message_new_method_call(service.c_str(), path, interface, "Echo");
    const char* value = text;
    dbus_message_append_args(what, DBUS_TYPE_STRING, &value, DBUS_TYPE_INVALID);
    DBusMessage* const reply =
        dbus_connection_send_with_reply_and_block(bus, what, 25'000, nullptr);
    check(reply != nullptr &&
              dbus_message_get_args(reply, nullptr, DBUS_TYPE_STRING, &value, DBUS_TYPE_INVALID),
          "dbus_connection_send_with_reply_and_block");
    dbus_message_unref(reply);
    dbus_message_unref(what);
  };
  for (int i = 0; i < calls / 10; ++i) call();
  const double start = user_seconds();
  for (int i = 0; i < calls; ++i) call();
  const double used = user_seconds() - start;
  dbus_connection_close(bus);
  dbus_connection_unref(bus);
  return used;
}

// --- services: they say their name, then serve until they are told to quit ---

void say(int ready, const char* name) {
  check(::write(ready, name, std::char_traits<char>::length(name)) > 0, "write");
  ::close(ready);
}

void serve_headway(const std::string& address, int ready) {
  headway::event_loop loop;
  const auto bus = headway::connection::open(address);
  bus.attach(loop);
  auto object = bus.serve<Echo1>(path);
  object->echo = [](std::string what) { return what; };
  object->quit = [&] { loop.stop(); };
  say(ready, bus.unique_name().c_str());
  loop.run();
}

void serve_sd_bus(const std::string& address, int ready) {
  static bool goes_on = true;
  static const sd_bus_vtable methods[] = {SD_BUS_VTABLE_START(0),
                                          SD_BUS_METHOD(
                                              "Echo", "s", "s",
                                              [](sd_bus_message* call, void*, sd_bus_error*) {
                                                const char* value = nullptr;
                                                sd_bus_message_read(call, "s", &value);
                                                return sd_bus_reply_method_return(call, "s", value);
                                              },
                                              SD_BUS_VTABLE_UNPRIVILEGED),
                                          SD_BUS_METHOD(
                                              "Quit", "", "",
                                              [](sd_bus_message* call, void*, sd_bus_error*) {
                                                goes_on = false;
                                                return sd_bus_reply_method_return(call, "");
                                              },
                                              SD_BUS_VTABLE_UNPRIVILEGED),
                                          SD_BUS_VTABLE_END};
  sd_bus* bus = nullptr;
  check(sd_bus_new(&bus) >= 0 && sd_bus_set_address(bus, address.c_str()) >= 0 &&
            sd_bus_set_bus_client(bus, 1) >= 0 && sd_bus_start(bus) >= 0 &&
            sd_bus_add_object_vtable(bus, nullptr, path, interface, methods, nullptr) >= 0,
        "sd_bus_add_object_vtable");
  const char* name = nullptr;
  check(sd_bus_get_unique_name(bus, &name) >= 0, "sd_bus_get_unique_name");
  say(ready, name);
  while (goes_on) {
    if (sd_bus_process(bus, nullptr) == 0) sd_bus_wait(bus, UINT64_MAX);
  }
  sd_bus_flush_close_unref(bus);
}

void serve_libdbus(const std::string& address, int ready) {
  DBusConnection* const bus = open_libdbus(address);
  say(ready, dbus_bus_get_unique_name(bus));
  for (bool goes_on = true; goes_on;) {
    dbus_connection_read_write(bus, -1);
    while (DBusMessage* const call = dbus_connection_pop_message(bus)) {
      const char* value = nullptr;
      if (dbus_message_get_type(call) == DBUS_MESSAGE_TYPE_METHOD_CALL) {
        DBusMessage* const reply = dbus_message_new_method_return(call);
        if (dbus_message_get_args(call, nullptr, DBUS_TYPE_STRING, &value, DBUS_TYPE_INVALID)) {
          dbus_message_append_args(reply, DBUS_TYPE_STRING, &value, DBUS_TYPE_INVALID);
        } else {
          goes_on = false;
        }
        dbus_connection_send(bus, reply, nullptr);
        dbus_message_unref(reply);
      }
      dbus_message_unref(call);
    }
    dbus_connection_flush(bus);
  }
  dbus_connection_close(bus);
  dbus_connection_unref(bus);
}

using Serve = void (*)(const std::string& address, int ready);
using Call = double (*)(const std::string& address, const std::string& service, int calls);

struct Cost {
  double caller_us = 0;
  double service_us = 0;
};

/// `call` in this process and `serve` in a child of it.
Cost measure(const std::string& address, int calls, Call call, Serve serve) {
  int ends[2];
  check(::pipe(ends) == 0, "pipe");
  const pid_t child = ::fork();
  check(child >= 0, "fork");
  if (child == 0) {
    ::close(ends[0]);
    serve(address, ends[1]);
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string service;
  for (char c = 0; ::read(ends[0], &c, 1) == 1;) service += c;
  ::close(ends[0]);
  check(!service.empty(), "the service did not start");

  const double caller = call(address, service, calls);
  const auto bus = headway::connection::open(address);
  bus.proxy<Echo1>(service, path)->quit().wait();
  rusage usage{};
  check(::wait4(child, nullptr, 0, &usage) == child, "wait4");
  const double served = static_cast<double>(usage.ru_utime.tv_sec) +
                        static_cast<double>(usage.ru_utime.tv_usec) / 1e6;
  return {.caller_us = caller * 1e6 / calls, .service_us = served * 1e6 / (calls * 1.1)};
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) {
    std::fprintf(stderr, "usage: bench-client ADDRESS [CALLS]\n");
    return 2;
  }
  const std::string address = words[1];
  const int calls = count > 2 ? std::atoi(words[2]) : 100'000;
  check(calls >= 10, "at least 10 calls");
  std::printf("user CPU in us per call of %d    caller  service\n", calls);
  const struct {
    const char* name;
    Call call;
    Serve serve;
  } libraries[] = {{"headway", call_headway, serve_headway},
                   {"sd-bus", call_sd_bus, serve_sd_bus},
                   {"libdbus", call_libdbus, serve_libdbus}};
  for (const auto& library : libraries) {
    const double caller = measure(address, calls, library.call, serve_headway).caller_us;
    const double per_call = static_cast<double>(allocations) / calls;
    const double service = measure(address, calls, call_headway, library.serve).service_us;
    std::printf("%-32s %6.2f   %6.2f\n", library.name, caller, service);
    if (library.call == call_headway) {
      std::printf("  allocations per call %.2f\n", per_call);
    }
  }
  return 0;
}
