// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace headway::launch {

/// The variables that started programs get: those that the bus was started with and what
/// UpdateActivationEnvironment added (ENV-001). Bounded, so that what is added cannot keep every
/// program from being started: the kernel refuses to execute with too much.
class ActivationEnvironment {
 public:
  static constexpr std::size_t variables_max = 4096;
  static constexpr std::size_t variable_bytes_max = 128 * 1024 - 1;  // as the kernel has it
  static constexpr std::size_t bytes_max = 1024 * 1024;

  /// The bus that a program is started for.
  struct Bus {
    std::string address;
    std::string type;  // of the configuration; may be empty
  };

  ActivationEnvironment() = default;
  /// Takes over "NAME=value" entries, a null pointer behind the last, as `environ` has them. The
  /// first of two values counts; an entry without a name is left out.
  explicit ActivationEnvironment(const char* const* entries);

  /// False: there is no such name, or the variable is too large or one too many; then nothing is
  /// changed.
  [[nodiscard]] bool set(std::string_view name, std::string_view value);

  /// "NAME=value" for each variable of a program (ACT-021, ACT-022), by name: with the address of
  /// the bus, without what was meant for the bus itself.
  [[nodiscard]] std::vector<std::string> of_program(const Bus& bus) const;

 private:
  std::map<std::string, std::string, std::less<>> variables_;
  std::size_t bytes_ = 0;  // of all of them
};

}  // namespace headway::launch
