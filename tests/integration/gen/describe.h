// SPDX-License-Identifier: MIT
#pragma once

#include <headway/headway.h>

#include <iostream>
#include <string>

/// Offers the interface, asks the object what it is, and makes a proxy of it.
template <template <class> class Interface>
headway::introspection::interface described() {
  const auto [client, service] = headway::connection::pair();
  const auto object = service.template serve<Interface>("/object");
  const auto proxy = client.template proxy<Interface>("", "/object");
  headway::event_loop loop;
  client.attach(loop);
  service.attach(loop);
  headway::introspection::node node;
  const auto ask = [](headway::connection peer,
                      headway::introspection::node& into) -> headway::task<> {
    auto answer = co_await headway::introspection::of(peer, "", "/object");
    into = std::move(answer);
  };
  loop.run(ask(client, node));
  return node.interfaces.front();
}

/// Prints what objects with these interfaces say.
template <template <class> class... Interface>
int describe() {
  headway::introspection::node all;
  (all.interfaces.push_back(described<Interface>()), ...);
  std::cout << headway::introspection::to_xml(all);
  return 0;
}
