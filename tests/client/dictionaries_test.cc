// SPDX-License-Identifier: MIT
// Structs as dictionaries, variants and text enumerations in interfaces, against a real bus.
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "pair_testing.h"

enum class Urgency : std::uint8_t { low, very_high };
template <>
struct headway::carried_as<Urgency>
    : headway::by_name<headway::spelling::kebab, Urgency::low, Urgency::very_high> {};

namespace {

using headway::variant;

struct Hints {
  std::optional<Urgency> urgency;
  std::string category;
  bool operator==(const Hints&) const = default;
};
struct Status {
  std::int32_t done = 0;
  std::optional<std::string> problem;
};
template <class Role>
struct Notifications1 {
  static constexpr std::string_view name = "org.example.Notifications1";
  headway::method<Role, headway::dict<Status>(std::string, headway::dict<Hints>)> notify;
  headway::method<Role, std::variant<std::int32_t, std::string>(variant)> convert;
  headway::property<Role, headway::dict<Hints>, headway::access::read_write> defaults;
  headway::signal<Role, headway::dict<Status>> moved;
};

class Dictionaries : public PairTest {
 protected:
  Dictionaries() {
    object->notify = [](const std::string& text, const Hints& hints) {
      Status status{.done = static_cast<std::int32_t>(text.size()), .problem = {}};
      if (!hints.urgency) status.problem = hints.category + " is not urgent";
      return status;
    };
    object->convert = [](const variant& value) -> std::variant<std::int32_t, std::string> {
      if (value.holds<std::string>()) return static_cast<int>(value.get<std::string>().size());
      return std::string("it was ") + std::string(value.signature());
    };
  }
  headway::call<headway::message> notify(const std::map<std::string, variant>& hints) {
    auto builder = headway::message_builder::method_call(service.unique_name(), "/o",
                                                         "org.example.Notifications1", "Notify");
    builder.string("text").open_array("{sv}");
    for (const auto& [key, value] : hints) {
      builder.open_dict_entry().string(key).open_variant("s").string(value.get<std::string>());
      builder.close().close();
    }
    return client.call(builder.close().build());
  }

  headway::served<Notifications1> object = service.serve<Notifications1>("/o");
  headway::proxy<Notifications1> proxy = client.proxy<Notifications1>(service.unique_name(), "/o");
};

TEST_F(Dictionaries, StructsAreArgumentsAndResults) {
  const Status calm = get(proxy->notify("four", Hints{.urgency = {}, .category = "mail"}));
  EXPECT_EQ(calm.done, 4);
  EXPECT_EQ(calm.problem, "mail is not urgent");
  const Status urgent =
      get(proxy->notify("", Hints{.urgency = Urgency::very_high, .category = "mail"}));
  EXPECT_EQ(urgent.problem, std::nullopt);
}

TEST_F(Dictionaries, ACallerLearnsWhatIsWrongWithItsDictionary) {
  const auto text_of = [&](const std::map<std::string, variant>& hints) {
    const auto reply = loop.run([](auto call) -> headway::task<headway::result<headway::message>> {
      auto answer = co_await std::move(call).as_result();
      co_return answer;
    }(notify(hints)));
    return reply ? "no error" : reply.error().text();
  };
  EXPECT_EQ(text_of({{"Category", "mail"}, {"Urgency", "very-high"}, {"More", "?"}}), "no error");
  EXPECT_EQ(text_of({{"Urgency", "low"}}), "a dictionary lacks \"Category\", of type \"s\"");
  EXPECT_EQ(text_of({{"Category", "mail"}, {"Urgency", "high"}}),
            R"("high" is none of "low", "very-high")");
}

TEST_F(Dictionaries, VariantsAreChosenOnBothSides) {
  EXPECT_EQ(std::get<std::int32_t>(get(proxy->convert("four"))), 4);
  EXPECT_EQ(std::get<std::string>(get(proxy->convert(std::map<std::string, variant>()))),
            "it was a{sv}");
}

TEST_F(Dictionaries, PropertiesAndSignalsCarryThem) {
  const Hints wanted{.urgency = Urgency::low, .category = "news"};
  get(proxy->defaults.set(wanted));
  EXPECT_EQ(get(proxy->defaults.get()), wanted);
  EXPECT_EQ(object->defaults.value(), wanted);
  std::int32_t seen = 0;
  const headway::slot slot = proxy->moved.on([&](const Status& status) { seen = status.done; });
  get(proxy->notify("", wanted));
  // One that lacks something is for nobody.
  service.send(headway::message_builder::signal("/o", "org.example.Notifications1", "Moved")
                   .open_array("{sv}")
                   .close()
                   .build());
  object->moved(Status{.done = 3, .problem = {}});
  get(proxy->notify("", wanted));
  EXPECT_EQ(seen, 3);
}

}  // namespace
