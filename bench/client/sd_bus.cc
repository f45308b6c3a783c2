// SPDX-License-Identifier: MIT
// sd-bus's ends.
#include <systemd/sd-bus.h>

#include <string_view>
#include <utility>

#include "ends.h"

namespace bench {
namespace {

using Bus = std::unique_ptr<sd_bus, decltype([](sd_bus* bus) { sd_bus_flush_close_unref(bus); })>;
using Message =
    std::unique_ptr<sd_bus_message, decltype([](sd_bus_message* m) { sd_bus_message_unref(m); })>;

const std::vector<std::uint8_t> bytes(sample::bytes, 1);

Bus open(const std::string& address) {
  sd_bus* bus = nullptr;
  check(sd_bus_new(&bus) >= 0 && sd_bus_set_address(bus, address.c_str()) >= 0 &&
            sd_bus_set_bus_client(bus, 1) >= 0 && sd_bus_start(bus) >= 0,
        "sd_bus_start");
  return Bus(bus);
}

class Blocking final : public Caller {
 public:
  Blocking(const std::string& address, std::string service, Shape shape)
      : bus_(open(address)), service_(std::move(service)), shape_(shape) {}

  void call(unsigned count) override {
    for (unsigned i = 0; i < count; ++i) one();
  }

 private:
  template <class... Values>
  Message answer(const char* member, const char* types, Values... values) {
    sd_bus_message* reply = nullptr;
    check(sd_bus_call_method(bus_.get(), service_.c_str(), path, interface, member, nullptr, &reply,
                             types, values...) >= 0,
          "sd_bus_call_method");
    return Message(reply);
  }
  static void check_number(const Message& reply, std::uint32_t wanted) {
    std::uint32_t number = 0;
    check(sd_bus_message_read(reply.get(), "u", &number) >= 0 && number == wanted,
          "sd-bus's reply");
  }
  void one() {
    switch (shape_) {
      case Shape::empty:
        answer("Empty", nullptr);
        return;
      case Shape::text: {
        const char* got = nullptr;
        const Message reply = answer("Text", "s", sample::text);
        return check(sd_bus_message_read(reply.get(), "s", &got) >= 0 &&
                         std::string_view(got) == sample::text,
                     "sd-bus's reply");
      }
      case Shape::pair: {
        std::int32_t number = 0;
        double value = 0;
        const char* unit = nullptr;
        const Message reply =
            answer("Pair", "s(ids)", sample::text, sample::number, sample::value, sample::unit);
        return check(sd_bus_message_read(reply.get(), "(ids)", &number, &value, &unit) >= 0 &&
                         std::string_view(unit) == sample::unit,
                     "sd-bus's reply");
      }
      case Shape::dict: {
        const char* const t = sample::text;
        return check_number(
            answer("Dict", "a{sv}", 10, sample::texts[0], "s", t, sample::texts[1], "s", t,
                   sample::texts[2], "s", t, sample::texts[3], "s", t, sample::numbers[0], "u", 7u,
                   sample::numbers[1], "u", 7u, sample::numbers[2], "u", 7u, sample::booleans[0],
                   "b", 1, sample::booleans[1], "b", 1, sample::float64, "d", sample::value),
            sample::entries);
      }
      case Shape::bytes:
        return send_bytes();
    }
  }
  void send_bytes() {
    sd_bus_message* what = nullptr;
    sd_bus_message* reply = nullptr;
    check(sd_bus_message_new_method_call(bus_.get(), &what, service_.c_str(), path, interface,
                                         "Bytes") >= 0,
          "sd_bus_message_new_method_call");
    const Message sent(what);
    check(sd_bus_message_append_array(what, 'y', bytes.data(), bytes.size()) >= 0 &&
              sd_bus_call(bus_.get(), what, 0, nullptr, &reply) >= 0,
          "sd_bus_call");
    check_number(Message(reply), sample::bytes);
  }

  Bus bus_;
  std::string service_;
  Shape shape_;
};

int text(sd_bus_message* call, void*, sd_bus_error*) {
  const char* value = nullptr;
  sd_bus_message_read(call, "s", &value);
  return sd_bus_reply_method_return(call, "s", value);
}

int pair(sd_bus_message* call, void*, sd_bus_error*) {
  const char* ignored = nullptr;
  std::int32_t number = 0;
  double value = 0;
  const char* unit = nullptr;
  sd_bus_message_read(call, "s(ids)", &ignored, &number, &value, &unit);
  return sd_bus_reply_method_return(call, "(ids)", number, value, unit);
}

int dict(sd_bus_message* call, void*, sd_bus_error*) {
  std::uint32_t count = 0;
  sd_bus_message_enter_container(call, 'a', "{sv}");
  while (sd_bus_message_enter_container(call, 'e', "sv") > 0) {
    const char* key = nullptr;
    const char* type = nullptr;
    union {
      const char* text;
      std::uint32_t number;
      double value;
    } value{};
    sd_bus_message_read(call, "s", &key);
    sd_bus_message_peek_type(call, nullptr, &type);
    sd_bus_message_enter_container(call, 'v', type);
    sd_bus_message_read_basic(call, *type, &value);
    sd_bus_message_exit_container(call);
    sd_bus_message_exit_container(call);
    ++count;
  }
  return sd_bus_reply_method_return(call, "u", count);
}

int take_bytes(sd_bus_message* call, void*, sd_bus_error*) {
  const void* data = nullptr;
  std::size_t size = 0;
  sd_bus_message_read_array(call, 'y', &data, &size);
  return sd_bus_reply_method_return(call, "u", static_cast<std::uint32_t>(size));
}

void serve(const std::string& address, const std::function<void(const char*)>& ready) {
  static const sd_bus_vtable methods[] = {
      SD_BUS_VTABLE_START(0),
      SD_BUS_METHOD(
          "Empty", "", "",
          [](sd_bus_message* call, void*, sd_bus_error*) {
            return sd_bus_reply_method_return(call, nullptr);
          },
          SD_BUS_VTABLE_UNPRIVILEGED),
      SD_BUS_METHOD("Text", "s", "s", text, SD_BUS_VTABLE_UNPRIVILEGED),
      SD_BUS_METHOD("Pair", "s(ids)", "(ids)", pair, SD_BUS_VTABLE_UNPRIVILEGED),
      SD_BUS_METHOD("Dict", "a{sv}", "u", dict, SD_BUS_VTABLE_UNPRIVILEGED),
      SD_BUS_METHOD("Bytes", "ay", "u", take_bytes, SD_BUS_VTABLE_UNPRIVILEGED),
      SD_BUS_VTABLE_END};
  const Bus bus = open(address);
  const char* name = nullptr;
  check(sd_bus_add_object_vtable(bus.get(), nullptr, path, interface, methods, nullptr) >= 0 &&
            sd_bus_get_unique_name(bus.get(), &name) >= 0,
        "sd_bus_add_object_vtable");
  ready(name);
  for (;;) {
    if (sd_bus_process(bus.get(), nullptr) == 0) sd_bus_wait(bus.get(), UINT64_MAX);
  }
}

const Registered registered = both_ends<Blocking>("sd-bus", serve);

}  // namespace
}  // namespace bench
