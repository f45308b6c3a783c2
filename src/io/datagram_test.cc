// SPDX-License-Identifier: MIT
#include "io/datagram.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <string>

namespace headway::io {
namespace {

class DatagramTest : public testing::Test {
 protected:
  DatagramTest() : directory_(::mkdtemp(directory_template_.data())) {}
  ~DatagramTest() override {
    ::unlink(path().c_str());
    ::rmdir(directory_.c_str());
  }

  [[nodiscard]] std::string path() const { return directory_ + "/socket"; }

  [[nodiscard]] static Fd listen(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    return fd;
  }

  static std::string receive(const Fd& fd) {
    std::array<char, 256> bytes{};
    const ssize_t size = ::recv(fd.get(), bytes.data(), bytes.size(), 0);
    return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

  Fd sender_ = std::move(*datagram_socket());

 private:
  std::string directory_template_ = testing::TempDir() + "datagramXXXXXX";
  std::string directory_;
};

TEST_F(DatagramTest, ReachesWhoeverListensAtThePathNow) {
  EXPECT_EQ(send_datagram(sender_, path(), "x", WhenFull::fail).error().number, ENOENT);
  Fd first = listen(path());
  EXPECT_TRUE(send_datagram(sender_, path(), "first", WhenFull::fail));
  EXPECT_EQ(receive(first), "first");

  first.reset();
  EXPECT_EQ(send_datagram(sender_, path(), "x", WhenFull::fail).error().number, ECONNREFUSED);
  ::unlink(path().c_str());
  const Fd second = listen(path());
  EXPECT_TRUE(send_datagram(sender_, path(), "second", WhenFull::fail));
  EXPECT_EQ(receive(second), "second");
}

TEST_F(DatagramTest, ReachesTheAbstractNamespace) {
  const std::string name = "@headway-datagram-test-" + std::to_string(::getpid());
  const Fd receiver = listen(name);
  EXPECT_TRUE(send_datagram(sender_, name, "x", WhenFull::wait));
  EXPECT_EQ(receive(receiver), "x");
}

TEST_F(DatagramTest, FailsInsteadOfWaitingForAFullReceiver) {
  const Fd receiver = listen(path());
  Result<void> result;
  for (int i = 0; i < 100'000 && result; ++i) {
    result = send_datagram(sender_, path(), "x", WhenFull::fail);
  }
  EXPECT_EQ(result.error().number, EAGAIN);
}

TEST_F(DatagramTest, RefusesWhatIsNoPath) {
  EXPECT_FALSE(send_datagram(sender_, "", "x", WhenFull::fail));
  EXPECT_FALSE(send_datagram(sender_, std::string(200, 'x'), "x", WhenFull::fail));
}

}  // namespace
}  // namespace headway::io
