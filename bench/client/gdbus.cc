// SPDX-License-Identifier: MIT
// GDBus's ends.
#include <gio/gio.h>

#include <string_view>
#include <utility>

#include "ends.h"

namespace bench {
namespace {

constexpr const char* description =
    "<node><interface name='org.headway.Bench1'>"
    "<method name='Empty'/>"
    "<method name='Text'><arg type='s' direction='in'/><arg type='s' direction='out'/></method>"
    "<method name='Pair'><arg type='s' direction='in'/><arg type='(ids)' direction='in'/>"
    "<arg type='(ids)' direction='out'/></method>"
    "<method name='Dict'><arg type='a{sv}' direction='in'/><arg type='u' direction='out'/></method>"
    "<method name='Bytes'><arg type='ay' direction='in'/><arg type='u' direction='out'/></method>"
    "</interface></node>";

const std::vector<std::uint8_t> bytes(sample::bytes, 1);

GDBusConnection* open(const std::string& address) {
  GDBusConnection* const bus = g_dbus_connection_new_for_address_sync(
      address.c_str(),
      static_cast<GDBusConnectionFlags>(G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION),
      nullptr, nullptr, nullptr);
  check(bus != nullptr, "g_dbus_connection_new_for_address_sync");
  return bus;
}

GVariant* sample_dict() {
  GVariantBuilder all;
  g_variant_builder_init(&all, G_VARIANT_TYPE("a{sv}"));
  for (const char* key : sample::texts) {
    g_variant_builder_add(&all, "{sv}", key, g_variant_new_string(sample::text));
  }
  for (const char* key : sample::numbers) {
    g_variant_builder_add(&all, "{sv}", key, g_variant_new_uint32(7));
  }
  for (const char* key : sample::booleans) {
    g_variant_builder_add(&all, "{sv}", key, g_variant_new_boolean(TRUE));
  }
  g_variant_builder_add(&all, "{sv}", sample::float64, g_variant_new_double(sample::value));
  return g_variant_builder_end(&all);
}

class Blocking final : public Caller {
 public:
  Blocking(const std::string& address, std::string service, Shape shape)
      : bus_(open(address)), service_(std::move(service)), shape_(shape) {}
  ~Blocking() override { g_object_unref(bus_); }

  void call(unsigned count) override {
    for (unsigned i = 0; i < count; ++i) one();
  }

 private:
  GVariant* answer(const char* member, GVariant* values, const char* type) {
    GVariant* const reply = g_dbus_connection_call_sync(
        bus_, service_.c_str(), path, interface, member, values, G_VARIANT_TYPE(type),
        G_DBUS_CALL_FLAGS_NONE, -1, nullptr, nullptr);
    check(reply != nullptr, "g_dbus_connection_call_sync");
    return reply;
  }
  static void check_number(GVariant* reply, std::uint32_t wanted) {
    guint32 number = 0;
    g_variant_get(reply, "(u)", &number);
    g_variant_unref(reply);
    check(number == wanted, "GDBus's reply");
  }
  void one() {
    switch (shape_) {
      case Shape::empty:
        return g_variant_unref(answer("Empty", nullptr, "()"));
      case Shape::text: {
        GVariant* const reply = answer("Text", g_variant_new("(s)", sample::text), "(s)");
        const char* got = nullptr;
        g_variant_get(reply, "(&s)", &got);
        check(std::string_view(got) == sample::text, "GDBus's reply");
        return g_variant_unref(reply);
      }
      case Shape::pair: {
        GVariant* const reply = answer(
            "Pair",
            g_variant_new("(s(ids))", sample::text, sample::number, sample::value, sample::unit),
            "((ids))");
        gint32 number = 0;
        double value = 0;
        const char* unit = nullptr;
        g_variant_get(reply, "((id&s))", &number, &value, &unit);
        check(std::string_view(unit) == sample::unit, "GDBus's reply");
        return g_variant_unref(reply);
      }
      case Shape::dict:
        return check_number(answer("Dict", g_variant_new("(@a{sv})", sample_dict()), "(u)"),
                            sample::entries);
      case Shape::bytes:
        return check_number(
            answer("Bytes",
                   g_variant_new("(@ay)", g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE,
                                                                    bytes.data(), bytes.size(), 1)),
                   "(u)"),
            sample::bytes);
    }
  }

  GDBusConnection* bus_;
  std::string service_;
  Shape shape_;
};

std::uint32_t look_at(GVariant* arguments) {
  GVariantIter* entries = nullptr;
  g_variant_get(arguments, "(a{sv})", &entries);
  const char* key = nullptr;
  GVariant* value = nullptr;
  std::uint32_t count = 0;
  while (g_variant_iter_loop(entries, "{&sv}", &key, &value)) {
    if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING)) {
      check(std::string_view(g_variant_get_string(value, nullptr)) == sample::text, "a text");
    }
    ++count;
  }
  g_variant_iter_free(entries);
  return count;
}

void answer(GDBusConnection*, const char*, const char*, const char*, const char* member,
            GVariant* arguments, GDBusMethodInvocation* call, void*) {
  const std::string_view what = member;
  GVariant* reply = nullptr;
  if (what == "Text") {
    const char* text = nullptr;
    g_variant_get(arguments, "(&s)", &text);
    reply = g_variant_new("(s)", text);
  } else if (what == "Pair") {
    const char* ignored = nullptr;
    gint32 number = 0;
    double value = 0;
    const char* unit = nullptr;
    g_variant_get(arguments, "(&s(id&s))", &ignored, &number, &value, &unit);
    reply = g_variant_new("((ids))", number, value, unit);
  } else if (what == "Dict") {
    reply = g_variant_new("(u)", look_at(arguments));
  } else if (what == "Bytes") {
    GVariant* const array = g_variant_get_child_value(arguments, 0);
    gsize size = 0;
    g_variant_get_fixed_array(array, &size, 1);
    g_variant_unref(array);
    reply = g_variant_new("(u)", static_cast<guint32>(size));
  }
  g_dbus_method_invocation_return_value(call, reply);
}

void serve(const std::string& address, const std::function<void(const char*)>& ready) {
  GDBusConnection* const bus = open(address);
  GDBusNodeInfo* const node = g_dbus_node_info_new_for_xml(description, nullptr);
  static const GDBusInterfaceVTable methods = {answer, nullptr, nullptr, {}};
  check(
      node != nullptr && g_dbus_connection_register_object(bus, path, node->interfaces[0], &methods,
                                                           nullptr, nullptr, nullptr) != 0,
      "g_dbus_connection_register_object");
  ready(g_dbus_connection_get_unique_name(bus));
  g_main_loop_run(g_main_loop_new(nullptr, FALSE));
}

const Registered registered = both_ends<Blocking>("GDBus", serve);

}  // namespace
}  // namespace bench
