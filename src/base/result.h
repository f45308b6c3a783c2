// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <utility>

/// Evaluates to the value of a std::expected, or returns its error from the enclosing function.
#define TRY(expression)                                                               \
  __extension__({                                                                     \
    auto&& try_result = (expression);                                                 \
    if (!try_result) [[unlikely]]                                                     \
      return std::unexpected(std::forward<decltype(try_result)>(try_result).error()); \
    *std::forward<decltype(try_result)>(try_result);                                  \
  })

/// The same for a std::expected<void, E>.
#define TRY_VOID(expression)                                      \
  do {                                                            \
    if (auto try_result = (expression); !try_result) [[unlikely]] \
      return std::unexpected(std::move(try_result).error());      \
  } while (false)
