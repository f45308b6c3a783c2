// SPDX-License-Identifier: MIT
// sdbus-c++'s ends.
#include <sdbus-c++/sdbus-c++.h>

#include <map>
#include <utility>

#include "ends.h"

namespace bench {
namespace {

using Reading = sdbus::Struct<std::int32_t, double, std::string>;
using Dict = std::map<std::string, sdbus::Variant>;
using Bytes = std::vector<std::uint8_t>;

Dict sample_dict() {
  Dict all;
  for (const char* key : sample::texts) all.emplace(key, std::string(sample::text));
  for (const char* key : sample::numbers) all.emplace(key, std::uint32_t{7});
  for (const char* key : sample::booleans) all.emplace(key, true);
  all.emplace(sample::float64, sample::value);
  return all;
}

class Blocking final : public Caller {
 public:
  Blocking(const std::string& address, const std::string& service, Shape shape)
      : bus_(sdbus::createSessionBusConnectionWithAddress(address)),
        proxy_(sdbus::createProxy(*bus_, service, path)),
        shape_(shape) {}

  void call(unsigned count) override {
    for (unsigned i = 0; i < count; ++i) one();
  }

 private:
  template <class Result, class... Values>
  Result answer(const char* member, const Values&... values) {
    Result result{};
    proxy_->callMethod(member).onInterface(interface).withArguments(values...).storeResultsTo(
        result);
    return result;
  }
  void one() {
    switch (shape_) {
      case Shape::empty:
        proxy_->callMethod("Empty").onInterface(interface);
        return;
      case Shape::text:
        return check(answer<std::string>("Text", text_) == text_, "sdbus-c++'s reply");
      case Shape::pair:
        return check(answer<Reading>("Pair", text_, reading_).get<2>() == sample::unit,
                     "sdbus-c++'s reply");
      case Shape::dict:
        return check(answer<std::uint32_t>("Dict", dict_) == sample::entries, "sdbus-c++'s reply");
      case Shape::bytes:
        return check(answer<std::uint32_t>("Bytes", bytes_) == sample::bytes, "sdbus-c++'s reply");
    }
  }

  std::unique_ptr<sdbus::IConnection> bus_;
  std::unique_ptr<sdbus::IProxy> proxy_;
  Shape shape_;
  const std::string text_ = sample::text;
  const Reading reading_{sample::number, sample::value, sample::unit};
  const Dict dict_ = sample_dict();
  const Bytes bytes_ = Bytes(sample::bytes, 1);
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
  const auto bus = sdbus::createSessionBusConnectionWithAddress(address);
  const auto object = sdbus::createObject(*bus, path);
  object->registerMethod("Empty").onInterface(interface).implementedAs([] {});
  object->registerMethod("Text").onInterface(interface).implementedAs(
      [](const std::string& what) { return what; });
  object->registerMethod("Pair").onInterface(interface).implementedAs(
      [](const std::string&, const Reading& what) { return what; });
  object->registerMethod("Dict").onInterface(interface).implementedAs(
      [](const Dict& what) { return look_at(what); });
  object->registerMethod("Bytes").onInterface(interface).implementedAs(
      [](const Bytes& what) { return static_cast<std::uint32_t>(what.size()); });
  object->finishRegistration();
  ready(bus->getUniqueName().c_str());
  bus->enterEventLoop();
}

const Registered registered = both_ends<Blocking>("sdbus-c++", serve);

}  // namespace
}  // namespace bench
