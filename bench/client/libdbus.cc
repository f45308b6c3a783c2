// SPDX-License-Identifier: MIT
// libdbus's ends.
#include <dbus/dbus.h>

#include <string_view>
#include <utility>

#include "ends.h"

namespace bench {
namespace {

using Message =
    std::unique_ptr<DBusMessage, decltype([](DBusMessage* m) { dbus_message_unref(m); })>;

const std::vector<std::uint8_t> bytes(sample::bytes, 1);

DBusConnection* open(const std::string& address) {
  DBusConnection* const bus = dbus_connection_open_private(address.c_str(), nullptr);
  check(bus != nullptr && dbus_bus_register(bus, nullptr), "dbus_bus_register");
  dbus_connection_set_exit_on_disconnect(bus, FALSE);
  return bus;
}

void add_struct(DBusMessageIter* to, std::int32_t number, double value, const char* unit) {
  DBusMessageIter inside;
  dbus_message_iter_open_container(to, DBUS_TYPE_STRUCT, nullptr, &inside);
  dbus_message_iter_append_basic(&inside, DBUS_TYPE_INT32, &number);
  dbus_message_iter_append_basic(&inside, DBUS_TYPE_DOUBLE, &value);
  dbus_message_iter_append_basic(&inside, DBUS_TYPE_STRING, &unit);
  dbus_message_iter_close_container(to, &inside);
}

void read_struct(DBusMessageIter* from, std::int32_t& number, double& value, const char*& unit) {
  DBusMessageIter inside;
  dbus_message_iter_recurse(from, &inside);
  dbus_message_iter_get_basic(&inside, &number);
  dbus_message_iter_next(&inside);
  dbus_message_iter_get_basic(&inside, &value);
  dbus_message_iter_next(&inside);
  dbus_message_iter_get_basic(&inside, &unit);
}

void add_entry(DBusMessageIter* to, const char* key, int type, const void* value) {
  DBusMessageIter entry;
  DBusMessageIter inside;
  const char signature[] = {static_cast<char>(type), '\0'};
  dbus_message_iter_open_container(to, DBUS_TYPE_DICT_ENTRY, nullptr, &entry);
  dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &key);
  dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, signature, &inside);
  dbus_message_iter_append_basic(&inside, type, value);
  dbus_message_iter_close_container(&entry, &inside);
  dbus_message_iter_close_container(to, &entry);
}

void add_dict(DBusMessageIter* to) {
  const char* const text = sample::text;
  const std::uint32_t number = 7;
  const dbus_bool_t yes = TRUE;
  const double value = sample::value;
  DBusMessageIter entries;
  dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "{sv}", &entries);
  for (const char* key : sample::texts) add_entry(&entries, key, DBUS_TYPE_STRING, &text);
  for (const char* key : sample::numbers) add_entry(&entries, key, DBUS_TYPE_UINT32, &number);
  for (const char* key : sample::booleans) add_entry(&entries, key, DBUS_TYPE_BOOLEAN, &yes);
  add_entry(&entries, sample::float64, DBUS_TYPE_DOUBLE, &value);
  dbus_message_iter_close_container(to, &entries);
}

class Blocking final : public Caller {
 public:
  Blocking(const std::string& address, std::string service, Shape shape)
      : bus_(open(address)), service_(std::move(service)), shape_(shape) {}
  ~Blocking() override {
    dbus_connection_close(bus_);
    dbus_connection_unref(bus_);
  }

  void call(unsigned count) override {
    for (unsigned i = 0; i < count; ++i) one();
  }

 private:
  Message calling(const char* member) const {
    return Message(dbus_message_new_method_call(service_.c_str(), path, interface, member));
  }
  Message answer(const Message& what) {
    Message reply(dbus_connection_send_with_reply_and_block(bus_, what.get(), 25'000, nullptr));
    check(reply != nullptr, "dbus_connection_send_with_reply_and_block");
    return reply;
  }
  static void check_number(const Message& reply, std::uint32_t wanted) {
    dbus_uint32_t number = 0;
    check(
        dbus_message_get_args(reply.get(), nullptr, DBUS_TYPE_UINT32, &number, DBUS_TYPE_INVALID) &&
            number == wanted,
        "libdbus's reply");
  }
  void one() {
    const char* const text = sample::text;
    switch (shape_) {
      case Shape::empty:
        answer(calling("Empty"));
        return;
      case Shape::text: {
        const Message what = calling("Text");
        dbus_message_append_args(what.get(), DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID);
        const char* got = nullptr;
        const Message reply = answer(what);
        return check(dbus_message_get_args(reply.get(), nullptr, DBUS_TYPE_STRING, &got,
                                           DBUS_TYPE_INVALID) &&
                         std::string_view(got) == sample::text,
                     "libdbus's reply");
      }
      case Shape::pair: {
        const Message what = calling("Pair");
        DBusMessageIter to;
        dbus_message_iter_init_append(what.get(), &to);
        dbus_message_iter_append_basic(&to, DBUS_TYPE_STRING, &text);
        add_struct(&to, sample::number, sample::value, sample::unit);
        std::int32_t number = 0;
        double value = 0;
        const char* unit = nullptr;
        const Message reply = answer(what);
        DBusMessageIter from;
        dbus_message_iter_init(reply.get(), &from);
        read_struct(&from, number, value, unit);
        return check(std::string_view(unit) == sample::unit, "libdbus's reply");
      }
      case Shape::dict: {
        const Message what = calling("Dict");
        DBusMessageIter to;
        dbus_message_iter_init_append(what.get(), &to);
        add_dict(&to);
        return check_number(answer(what), sample::entries);
      }
      case Shape::bytes: {
        const Message what = calling("Bytes");
        const std::uint8_t* const data = bytes.data();
        dbus_message_append_args(what.get(), DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &data,
                                 static_cast<int>(bytes.size()), DBUS_TYPE_INVALID);
        return check_number(answer(what), sample::bytes);
      }
    }
  }

  DBusConnection* bus_;
  std::string service_;
  Shape shape_;
};

std::uint32_t look_at(DBusMessageIter* from) {
  std::uint32_t count = 0;
  DBusMessageIter entries;
  dbus_message_iter_recurse(from, &entries);
  for (; dbus_message_iter_get_arg_type(&entries) == DBUS_TYPE_DICT_ENTRY;
       dbus_message_iter_next(&entries)) {
    DBusMessageIter entry;
    DBusMessageIter inside;
    const char* key = nullptr;
    DBusBasicValue value;
    dbus_message_iter_recurse(&entries, &entry);
    dbus_message_iter_get_basic(&entry, &key);
    dbus_message_iter_next(&entry);
    dbus_message_iter_recurse(&entry, &inside);
    dbus_message_iter_get_basic(&inside, &value);
    ++count;
  }
  return count;
}

Message reply_to(DBusMessage* call) {
  Message reply(dbus_message_new_method_return(call));
  const std::string_view what = dbus_message_get_member(call);
  DBusMessageIter from;
  dbus_message_iter_init(call, &from);
  if (what == "Text") {
    const char* text = nullptr;
    dbus_message_iter_get_basic(&from, &text);
    dbus_message_append_args(reply.get(), DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID);
  } else if (what == "Pair") {
    std::int32_t number = 0;
    double value = 0;
    const char* unit = nullptr;
    dbus_message_iter_next(&from);
    read_struct(&from, number, value, unit);
    DBusMessageIter to;
    dbus_message_iter_init_append(reply.get(), &to);
    add_struct(&to, number, value, unit);
  } else if (what == "Dict" || what == "Bytes") {
    const auto count = what == "Dict" ? look_at(&from) : static_cast<std::uint32_t>([&] {
      DBusMessageIter inside;
      const std::uint8_t* data = nullptr;
      int size = 0;
      dbus_message_iter_recurse(&from, &inside);
      dbus_message_iter_get_fixed_array(&inside, &data, &size);
      return size;
    }());
    dbus_message_append_args(reply.get(), DBUS_TYPE_UINT32, &count, DBUS_TYPE_INVALID);
  }
  return reply;
}

void serve(const std::string& address, const std::function<void(const char*)>& ready) {
  DBusConnection* const bus = open(address);
  ready(dbus_bus_get_unique_name(bus));
  while (dbus_connection_read_write(bus, -1)) {
    while (DBusMessage* const call = dbus_connection_pop_message(bus)) {
      if (dbus_message_get_type(call) == DBUS_MESSAGE_TYPE_METHOD_CALL) {
        dbus_connection_send(bus, reply_to(call).get(), nullptr);
      }
      dbus_message_unref(call);
    }
    dbus_connection_flush(bus);
  }
}

const Registered registered = both_ends<Blocking>("libdbus", serve);

}  // namespace
}  // namespace bench
