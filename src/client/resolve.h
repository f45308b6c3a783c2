// SPDX-License-Identifier: MIT
#pragma once

#include <netdb.h>

#include <expected>
#include <memory>
#include <string>

#include "base/time.h"
#include "client/waiter.h"
#include "headway/task.h"
#include "wire/address.h"

namespace headway::client {

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, FreeAddresses>;

/// Where a tcp host is, asking the name service. That can take long and cannot be interrupted; with
/// a loop it happens in a thread, which is left to itself if nobody waits for it any more.
[[nodiscard]] task<std::expected<AddressList, std::string>> resolve(Waiter waiter,
                                                                    wire::TcpConnect where,
                                                                    Time deadline);

}  // namespace headway::client
