// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bench {

inline constexpr const char* path = "/org/headway/Bench";
inline constexpr const char* interface = "org.headway.Bench1";

/// What one call carries.
enum class Shape : std::uint8_t {
  empty,  // Empty() -> ()
  text,   // Text(s) -> s: what it was given
  pair,   // Pair(s, (ids)) -> (ids): the struct it was given
  dict,   // Dict(a{sv}) -> u: how many entries; the service looks at all of them
  bytes,  // Bytes(ay) -> u: how many
};

/// The values that all libraries send: a text of the usual length, a struct, ten entries as they
/// are in dictionaries of properties, four KiB.
namespace sample {
inline constexpr const char* text = "sixteen letters!";
inline constexpr std::int32_t number = 7;
inline constexpr double value = 21.5;
inline constexpr const char* unit = "Celsius";
inline constexpr const char* texts[] = {"Id", "Name", "Icon", "Path"};
inline constexpr const char* numbers[] = {"Size", "Width", "Height"};
inline constexpr const char* booleans[] = {"Active", "Visible"};
inline constexpr const char* float64 = "Scale";
inline constexpr std::uint32_t entries = 10;
inline constexpr std::size_t bytes = 4096;
}  // namespace sample

/// The calling end.
class Caller {
 public:
  Caller() = default;
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  virtual ~Caller() = default;
  /// Makes that many calls and looks at their replies.
  virtual void call(unsigned count) = 0;
};

/// A library, or one way to use it, at either end.
struct Library {
  std::string name;
  /// None: it only serves.
  std::function<std::unique_ptr<Caller>(const std::string& address, const std::string& service,
                                        Shape shape)>
      connect;
  /// Says its unique name once it can be called, and goes on until the process ends. None: it only
  /// calls.
  std::function<void(const std::string& address, const std::function<void(const char*)>& ready)>
      serve;
};

/// All that were linked: each registers itself.
std::vector<Library>& libraries();
struct Registered {
  explicit Registered(Library library) { libraries().push_back(std::move(library)); }
};

/// A library of which `Blocking` is the calling end.
template <class Blocking>
Registered both_ends(std::string name, decltype(Library::serve) serve) {
  return Registered({.name = std::move(name),
                     .connect = [](const std::string& address, const std::string& service,
                                   Shape shape) -> std::unique_ptr<Caller> {
                       return std::make_unique<Blocking>(address, service, shape);
                     },
                     .serve = std::move(serve)});
}

inline void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

}  // namespace bench
