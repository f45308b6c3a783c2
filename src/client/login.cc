// SPDX-License-Identifier: MIT
#include "client/login.h"

#include <utility>

#include "client/keyring.h"

namespace headway::client {
namespace {

class ClientLogin final : public Login {
 public:
  explicit ClientLogin(wire::AuthClient::Options options) : auth_(std::move(options)) {}

  void start(std::string& output) override { auth_.start(output); }

  std::size_t receive(Bytes input, std::string& output) override {
    std::size_t taken = auth_.receive(input, output);
    while (auth_.state() == wire::AuthClient::State::wants_cookie) {
      auth_.provide_cookie(find_cookie(auth_.cookie_request()), output);
      taken += auth_.receive(input.subspan(taken), output);
    }
    return taken;
  }

  [[nodiscard]] State state() const override {
    if (auth_.state() == wire::AuthClient::State::begun) return State::begun;
    return auth_.state() == wire::AuthClient::State::failed ? State::failed : State::talking;
  }
  [[nodiscard]] bool fds_agreed() const override { return auth_.fds_agreed(); }
  [[nodiscard]] const std::string& guid() const override { return auth_.guid(); }
  [[nodiscard]] std::string what_happened() const override { return auth_.what_happened(); }
  [[nodiscard]] bool was_rejected() const override {
    return auth_.failure() == wire::AuthClient::Failure::rejected;
  }

 private:
  wire::AuthClient auth_;
};

class ServerLogin final : public Login {
 public:
  explicit ServerLogin(wire::AuthServer::Options options)
      : guid_(options.guid), auth_(std::move(options)) {}

  void start(std::string&) override {}

  std::size_t receive(Bytes input, std::string& output) override {
    std::size_t taken = auth_.receive(input, output);
    while (auth_.state() == wire::AuthServer::State::wants_cookie) {
      auth_.provide_cookie(std::nullopt, output);
      taken += auth_.receive(input.subspan(taken), output);
    }
    return taken;
  }

  [[nodiscard]] State state() const override {
    if (auth_.state() == wire::AuthServer::State::begun) return State::begun;
    return auth_.state() == wire::AuthServer::State::refused ? State::failed : State::talking;
  }
  [[nodiscard]] bool fds_agreed() const override { return auth_.identity().fds_agreed; }
  [[nodiscard]] const std::string& guid() const override { return guid_; }
  [[nodiscard]] std::string what_happened() const override {
    return "the client " + std::string(wire::to_string(auth_.refusal()));
  }
  [[nodiscard]] bool was_rejected() const override { return false; }

 private:
  std::string guid_;
  wire::AuthServer auth_;
};

}  // namespace

std::unique_ptr<Login> login_as_client(wire::AuthClient::Options options) {
  return std::make_unique<ClientLogin>(std::move(options));
}

std::unique_ptr<Login> login_as_server(wire::AuthServer::Options options) {
  return std::make_unique<ServerLogin>(std::move(options));
}

}  // namespace headway::client
