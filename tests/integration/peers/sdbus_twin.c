/* SPDX-License-Identifier: MIT */
/* sdbus_twin serve | use: the twin of headway_twin.cc with sd-bus. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define NAME "org.example.Twin"
#define PATH "/org/example/Twin"
#define INTERFACE "org.example.Twin1"
#define REFUSED "org.example.Error.OutOfRange"

static void check(int status, const char* what) {
  if (status >= 0) return;
  fprintf(stderr, "%s: %s\n", what, strerror(-status));
  exit(1);
}

struct twin {
  double current;
  char* unit;
};

static int set_target(sd_bus_message* call, void* data, sd_bus_error* error) {
  struct twin* twin = data;
  sd_bus* bus = sd_bus_message_get_bus(call);
  double degrees = 0, was = twin->current;
  const char* unit;
  check(sd_bus_message_read(call, "(ds)", &degrees, &unit), "read");
  if (degrees > 35) return sd_bus_error_set(error, REFUSED, "above 35");
  twin->current = degrees;
  check(sd_bus_emit_properties_changed(bus, PATH, INTERFACE, "Current", NULL), "changed");
  if (degrees > 30) {
    check(sd_bus_emit_signal(bus, PATH, INTERFACE, "Overheated", "ds", degrees, "hall"), "signal");
  }
  return sd_bus_reply_method_return(call, "d", was);
}

/* Answers with what it was given. */
static int same(sd_bus_message* call, void* data, sd_bus_error* error) {
  (void)data, (void)error;
  sd_bus_message* reply = NULL;
  check(sd_bus_message_new_method_return(call, &reply), "reply");
  check(sd_bus_message_copy(reply, call, 1), "copy");
  check(sd_bus_send(NULL, reply, NULL), "send");
  sd_bus_message_unref(reply);
  return 1;
}

static int never(sd_bus_message* call, void* data, sd_bus_error* error) {
  (void)call, (void)data, (void)error;
  return 1;
}

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("SetTarget", "(ds)", "d", set_target, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Echo", "ybnqiuxtdsog", "ybnqiuxtdsog", same, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Nest", "a{sv}a(ia{sai})", "a{sv}a(ia{sai})", same, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Pass", "h", "h", same, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Big", "ay", "ay", same, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Never", "", "", never, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_PROPERTY("Current", "d", NULL, offsetof(struct twin, current),
                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_WRITABLE_PROPERTY("Unit", "s", NULL, NULL, offsetof(struct twin, unit),
                             SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_SIGNAL("Overheated", "ds", 0),
    SD_BUS_VTABLE_END};

static _Noreturn void serve(sd_bus* bus) {
  struct twin twin = {20, strdup("C")};
  check(sd_bus_add_object_vtable(bus, NULL, PATH, INTERFACE, vtable, &twin), "object");
  check(sd_bus_request_name(bus, NAME, 0), "name");
  puts("ready");
  fflush(stdout);
  for (;;) {
    const int done = sd_bus_process(bus, NULL);
    check(done, "process");
    if (done == 0) check(sd_bus_wait(bus, UINT64_MAX), "wait");
  }
}

static void say(const char* text, int is_so) { printf("%s%s\n", text, is_so ? "" : ": not so"); }

static int heard;
static int on_changes(sd_bus_message* what, void* data, sd_bus_error* error) {
  (void)data, (void)error;
  const char *interface, *name;
  double now = 0;
  check(sd_bus_message_read(what, "s", &interface), "read");
  check(sd_bus_message_enter_container(what, 'a', "{sv}"), "enter");
  while (sd_bus_message_enter_container(what, 'e', "sv") > 0) {
    check(sd_bus_message_read(what, "s", &name), "read");
    if (strcmp(name, "Current") == 0) {
      check(sd_bus_message_read(what, "v", "d", &now), "read");
      if (now == 31) heard |= 1;
    } else {
      check(sd_bus_message_skip(what, "v"), "skip");
    }
    check(sd_bus_message_exit_container(what), "exit");
  }
  return 0;
}
static int on_overheated(sd_bus_message* what, void* data, sd_bus_error* error) {
  (void)data, (void)error;
  double value = 0;
  const char* sensor = "";
  check(sd_bus_message_read(what, "ds", &value, &sensor), "read");
  if (value == 31 && strcmp(sensor, "hall") == 0) heard |= 2;
  return 0;
}

static void use_values(sd_bus* bus) {
  sd_bus_message* reply = NULL;
  check(sd_bus_call_method(bus, NAME, PATH, INTERFACE, "Echo", NULL, &reply, "ybnqiuxtdsog", 255, 1,
                           -2, 3, -4, 5u, (int64_t)-6, UINT64_C(1) << 63, 0.5, "Grüße", "/a/b",
                           "a{sv}"),
        "Echo");
  uint8_t y;
  int b, i;
  int16_t n;
  uint16_t q;
  uint32_t u;
  int64_t x;
  uint64_t t;
  double d;
  const char *s, *o, *g;
  check(sd_bus_message_read(reply, "ybnqiuxtdsog", &y, &b, &n, &q, &i, &u, &x, &t, &d, &s, &o, &g),
        "read");
  say("echo", y == 255 && b && n == -2 && q == 3 && i == -4 && u == 5 && x == -6 &&
                  t == UINT64_C(1) << 63 && d == 0.5 && strcmp(s, "Grüße") == 0 &&
                  strcmp(o, "/a/b") == 0 && strcmp(g, "a{sv}") == 0);
  sd_bus_message_unref(reply);

  check(sd_bus_call_method(bus, NAME, PATH, INTERFACE, "Nest", NULL, &reply, "a{sv}a(ia{sai})", 2,
                           "list", "as", 2, "a", "b", "number", "u", 7, 2, 0, 0, -1, 1, "k", 3, 1, 2,
                           3),
        "Nest");
  const char *key, *first, *second;
  int one, two, three, zero;
  check(sd_bus_message_read(reply, "a{sv}a(ia{sai})", 2, &key, "as", 2, &first, &second, &key, "u",
                            &u, 2, &zero, 0, &i, 1, &key, 3, &one, &two, &three),
        "read");
  say("nest", strcmp(second, "b") == 0 && u == 7 && zero == 0 && i == -1 && three == 3);
  sd_bus_message_unref(reply);

  int ends[2], file = -1;
  char c = 0;
  check(pipe2(ends, O_CLOEXEC), "pipe2");
  check(sd_bus_call_method(bus, NAME, PATH, INTERFACE, "Pass", NULL, &reply, "h", ends[1]), "Pass");
  check(sd_bus_message_read(reply, "h", &file), "read");
  say("pass", write(file, "x", 1) == 1 && read(ends[0], &c, 1) == 1 && c == 'x');
  sd_bus_message_unref(reply);

  static unsigned char bytes[4 << 20];
  memset(bytes, 42, sizeof bytes);
  sd_bus_message* call = NULL;
  check(sd_bus_message_new_method_call(bus, &call, NAME, PATH, INTERFACE, "Big"), "call");
  check(sd_bus_message_append_array(call, 'y', bytes, sizeof bytes), "append");
  check(sd_bus_call(bus, call, 0, NULL, &reply), "Big");
  const void* got;
  size_t size;
  check(sd_bus_message_read_array(reply, 'y', &got, &size), "read");
  say("big", size == sizeof bytes && memcmp(got, bytes, size) == 0);
  sd_bus_message_unref(reply);
  sd_bus_message_unref(call);
}

static void use(sd_bus* bus) {
  sd_bus_error error = SD_BUS_ERROR_NULL;
  sd_bus_message* reply = NULL;
  double was = 0, now = 0;
  char* unit = NULL;
  check(sd_bus_match_signal(bus, NULL, NAME, PATH, "org.freedesktop.DBus.Properties",
                            "PropertiesChanged", on_changes, NULL),
        "match");
  check(sd_bus_match_signal(bus, NULL, NAME, PATH, INTERFACE, "Overheated", on_overheated, NULL),
        "match");
  check(sd_bus_call_method(bus, NAME, PATH, INTERFACE, "SetTarget", NULL, &reply, "(ds)", 31.0, "C"),
        "SetTarget");
  check(sd_bus_message_read(reply, "d", &was), "read");
  say("was", was == 20);
  while (heard != 3) {
    const int done = sd_bus_process(bus, NULL);
    check(done, "process");
    if (done == 0) check(sd_bus_wait(bus, UINT64_MAX), "wait");
  }
  say("heard", 1);
  check(sd_bus_get_property_trivial(bus, NAME, PATH, INTERFACE, "Current", NULL, 'd', &now), "get");
  say("current", now == 31);
  check(-(sd_bus_call_method(bus, NAME, PATH, INTERFACE, "SetTarget", &error, NULL, "(ds)", 40.0,
                             "C") >= 0),
        "not refused");
  say("refused", sd_bus_error_has_name(&error, REFUSED));
  sd_bus_error_free(&error);
  check(sd_bus_set_property(bus, NAME, PATH, INTERFACE, "Unit", NULL, "s", "K"), "set");
  check(sd_bus_get_property_string(bus, NAME, PATH, INTERFACE, "Unit", NULL, &unit), "get");
  say("unit", strcmp(unit, "K") == 0);
  use_values(bus);
  sd_bus_message* call = NULL;
  check(sd_bus_message_new_method_call(bus, &call, NAME, PATH, INTERFACE, "Never"), "call");
  say("late", sd_bus_call(bus, call, 50000, NULL, NULL) == -ETIMEDOUT);
}

int main(int count, char** values) {
  sd_bus* bus = NULL;
  check(sd_bus_open_user(&bus), "bus");
  if (count > 1 && strcmp(values[1], "serve") == 0) serve(bus);
  use(bus);
  return 0;
}
