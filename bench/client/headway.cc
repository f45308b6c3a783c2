// SPDX-License-Identifier: MIT
// headway's ends: typed, untyped, awaited, and many calls at a time.
#include "headway/headway.h"

#include <map>
#include <utility>

#include "ends.h"

namespace bench {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Dict = std::map<std::string, headway::variant>;

struct Reading {
  std::int32_t number;
  double value;
  std::string unit;
};

template <class Role>
struct Bench1 {
  static constexpr std::string_view name = interface;
  headway::method<Role, void()> empty;
  headway::method<Role, std::string(std::string)> text;
  headway::method<Role, Reading(std::string, Reading)> pair;
  headway::method<Role, std::uint32_t(Dict)> dict;
  headway::method<Role, std::uint32_t(Bytes)> bytes;
};

Dict sample_dict() {
  Dict all;
  for (const char* key : sample::texts)
    all.emplace(key, headway::variant(std::string(sample::text)));
  for (const char* key : sample::numbers) all.emplace(key, headway::variant(std::uint32_t{7}));
  for (const char* key : sample::booleans) all.emplace(key, headway::variant(true));
  all.emplace(sample::float64, headway::variant(sample::value));
  return all;
}

const std::string text = sample::text;
const Reading reading{sample::number, sample::value, sample::unit};
const Dict dict = sample_dict();
const Bytes bytes(sample::bytes, 1);

void check_reading(const Reading& got) { check(got.unit == sample::unit, "headway's reply"); }

class Blocking final : public Caller {
 public:
  Blocking(const std::string& address, const std::string& service, Shape shape)
      : proxy_(headway::connection::open(address).proxy<Bench1>(service, path)), shape_(shape) {}

  void call(unsigned count) override {
    for (unsigned i = 0; i < count; ++i) one();
  }

 private:
  void one() {
    switch (shape_) {
      case Shape::empty:
        return proxy_->empty().wait();
      case Shape::text:
        return check(proxy_->text(text).wait() == text, "headway's reply");
      case Shape::pair:
        return check_reading(proxy_->pair(text, reading).wait());
      case Shape::dict:
        return check(proxy_->dict(dict).wait() == sample::entries, "headway's reply");
      case Shape::bytes:
        return check(proxy_->bytes(bytes).wait() == sample::bytes, "headway's reply");
    }
  }

  headway::proxy<Bench1> proxy_;
  Shape shape_;
};

/// Messages as tools and bridges make them.
class Untyped final : public Caller {
 public:
  Untyped(const std::string& address, std::string service, Shape shape)
      : bus_(headway::connection::open(address)), service_(std::move(service)), shape_(shape) {}

  void call(unsigned count) override {
    for (unsigned i = 0; i < count; ++i) one();
  }

 private:
  headway::message_builder calling(const char* member) const {
    return headway::message_builder::method_call(service_, path, interface, member);
  }
  headway::message answer(headway::message_builder& what) const {
    return bus_.call(what.build()).wait();
  }
  static void add(headway::message_builder& to) {
    to.open_array("{sv}");
    for (const char* key : sample::texts) {
      to.open_dict_entry().string(key).open_variant("s").string(sample::text).close().close();
    }
    for (const char* key : sample::numbers) {
      to.open_dict_entry().string(key).open_variant("u").uint32(7).close().close();
    }
    for (const char* key : sample::booleans) {
      to.open_dict_entry().string(key).open_variant("b").boolean(true).close().close();
    }
    to.open_dict_entry().string(sample::float64).open_variant("d").float64(sample::value);
    to.close().close().close();
  }
  void one() const {
    switch (shape_) {
      case Shape::empty: {
        auto what = calling("Empty");
        static_cast<void>(answer(what));
        return;
      }
      case Shape::text: {
        auto what = calling("Text");
        what.string(sample::text);
        return check(answer(what).body().string() == sample::text, "headway's reply");
      }
      case Shape::pair: {
        auto what = calling("Pair");
        what.string(sample::text);
        what.open_struct("ids").int32(sample::number).float64(sample::value).string(sample::unit);
        const headway::message got = answer(what.close());
        auto values = got.body();
        values.enter();
        check(values.int32() == sample::number && values.float64() == sample::value &&
                  values.string() == sample::unit,
              "headway's reply");
        return;
      }
      case Shape::dict: {
        auto what = calling("Dict");
        add(what);
        return check(answer(what).body().uint32() == sample::entries, "headway's reply");
      }
      case Shape::bytes: {
        auto what = calling("Bytes");
        what.bytes(bytes);
        return check(answer(what).body().uint32() == sample::bytes, "headway's reply");
      }
    }
  }

  headway::connection bus_;
  std::string service_;
  Shape shape_;
};

/// Coroutines on a loop: each awaits one call after the other.
class Awaiting final : public Caller {
 public:
  Awaiting(const std::string& address, const std::string& service, Shape shape, unsigned at_a_time)
      : bus_(headway::connection::open(address)),
        proxy_(bus_.proxy<Bench1>(service, path)),
        shape_(shape),
        at_a_time_(at_a_time) {
    bus_.attach(loop_);
  }

  void call(unsigned count) override {
    left_ = count;
    running_ = at_a_time_;
    for (unsigned i = 0; i < at_a_time_; ++i) loop_.spawn(work());
    if (running_ > 0) loop_.run();
  }

 private:
  headway::task<void> work() {
    while (left_ > 0) {
      --left_;
      switch (shape_) {
        case Shape::empty:
          co_await proxy_->empty();
          break;
        case Shape::text: {
          const auto got = co_await proxy_->text(text);
          check(got == text, "headway's reply");
          break;
        }
        case Shape::pair: {
          const auto got = co_await proxy_->pair(text, reading);
          check_reading(got);
          break;
        }
        case Shape::dict: {
          const auto got = co_await proxy_->dict(dict);
          check(got == sample::entries, "headway's reply");
          break;
        }
        case Shape::bytes: {
          const auto got = co_await proxy_->bytes(bytes);
          check(got == sample::bytes, "headway's reply");
          break;
        }
      }
    }
    if (--running_ == 0) loop_.stop();
  }

  headway::event_loop loop_;
  headway::connection bus_;
  headway::proxy<Bench1> proxy_;
  Shape shape_;
  unsigned at_a_time_;
  unsigned left_ = 0;
  unsigned running_ = 0;
};

std::uint32_t look_at(const Dict& values) {
  for (const char* key : sample::texts) {
    check(values.at(key).get<std::string>() == sample::text, "a text");
  }
  for (const char* key : sample::numbers)
    check(values.at(key).get<std::uint32_t>() == 7, "a number");
  for (const char* key : sample::booleans) check(values.at(key).get<bool>(), "a boolean");
  check(values.at(sample::float64).get<double>() == sample::value, "a double");
  return static_cast<std::uint32_t>(values.size());
}

void serve(const std::string& address, const std::function<void(const char*)>& ready) {
  headway::event_loop loop;
  const auto bus = headway::connection::open(address);
  bus.attach(loop);
  auto object = bus.serve<Bench1>(path);
  object->empty = [] {};
  object->text = [](std::string what) { return what; };
  object->pair = [](const std::string&, Reading what) { return what; };
  object->dict = [](const Dict& what) { return look_at(what); };
  object->bytes = [](const Bytes& what) { return static_cast<std::uint32_t>(what.size()); };
  ready(bus.unique_name().c_str());
  loop.run();
}

void serve_by_coroutines(const std::string& address,
                         const std::function<void(const char*)>& ready) {
  headway::event_loop loop;
  const auto bus = headway::connection::open(address);
  bus.attach(loop);
  auto object = bus.serve<Bench1>(path);
  object->empty = []() -> headway::task<void> { co_return; };
  object->text = [](std::string what) -> headway::task<std::string> { co_return what; };
  object->pair = [](std::string, Reading what) -> headway::task<Reading> { co_return what; };
  object->dict = [](Dict what) -> headway::task<std::uint32_t> { co_return look_at(what); };
  object->bytes = [](Bytes what) -> headway::task<std::uint32_t> {
    co_return static_cast<std::uint32_t>(what.size());
  };
  ready(bus.unique_name().c_str());
  loop.run();
}

template <class End, auto... More>
std::unique_ptr<Caller> make(const std::string& address, const std::string& service, Shape shape) {
  return std::make_unique<End>(address, service, shape, More...);
}

const Registered all[] = {
    Registered({"headway", make<Blocking>, serve}),
    Registered({"headway-untyped", make<Untyped>, nullptr}),
    Registered({"headway-coroutine", make<Awaiting, 1u>, serve_by_coroutines}),
    Registered({"headway-64", make<Awaiting, 64u>, nullptr}),
};

}  // namespace
}  // namespace bench
