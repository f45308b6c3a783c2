// SPDX-License-Identifier: MIT
#include "tool/open_bus.h"

namespace headway::tool {
namespace {

template <class... T>
result<connection> open(T&&... arguments) {
  try {
    return connection::open(std::forward<T>(arguments)...);
  } catch (const error& e) {
    return std::unexpected(e);
  }
}

}  // namespace

result<connection> open_bus(bus which) { return open(which); }
result<connection> open_bus(std::string_view address, const connection_options& options) {
  return open(address, options);
}
result<connection> open_peer(std::string_view address) {
  return open(address, connection_options{.hello = false});
}

}  // namespace headway::tool
