// SPDX-License-Identifier: MIT
#include "wire/address.h"

#include <gtest/gtest.h>

#include <string>

namespace headway::wire {
namespace {

using Pairs = std::vector<AddressEntry::Pair>;

AddressEntry entry(std::string_view text) {
  const auto parsed = parse_address(text);
  EXPECT_TRUE(parsed.has_value()) << text << ": " << parsed.error().text;
  return parsed ? parsed->front() : AddressEntry{};
}
std::string refusal(std::string_view text) {
  const auto parsed = parse_address(text);
  return parsed ? "accepted" : parsed.error().text;
}
std::string listen_refusal(std::string_view text) {
  const auto address = listen_address(entry(text));
  return address ? "accepted" : address.error().text;
}
std::string connect_refusal(std::string_view text) {
  const auto address = connect_address(entry(text));
  return address ? "accepted" : address.error().text;
}

TEST(Address, EntriesAndPairsKeepTheirOrder) {  // ADDR-001, ADDR-002, ADDR-007
  const auto parsed = parse_address("unix:path=/a,guid=0f;tcp:host=b,port=1;autolaunch:");

  ASSERT_TRUE(parsed.has_value());
  ASSERT_EQ(parsed->size(), 3u);
  EXPECT_EQ((*parsed)[0], (AddressEntry{"unix", Pairs{{"path", "/a"}, {"guid", "0f"}}}));
  EXPECT_EQ((*parsed)[1], (AddressEntry{"tcp", Pairs{{"host", "b"}, {"port", "1"}}}));
  EXPECT_EQ((*parsed)[2], (AddressEntry{"autolaunch", {}}));
  EXPECT_EQ(to_string(*parsed), "unix:path=/a,guid=0f;tcp:host=b,port=1;autolaunch:");
}

TEST(Address, OneTrailingSeparatorIsTolerated) {  // ADDR-001
  EXPECT_EQ(to_string(entry("unix:path=/a,;")), "unix:path=/a");
  EXPECT_EQ(refusal("unix:path=/a;"), "accepted");
  EXPECT_EQ(refusal("unix:path=/a;;"),
            "entry 2 of the address (from byte 13): it is empty: remove the ';' or write "
            "transport:key=value");
}

TEST(Address, SaysWhatIsWrongAndWhere) {  // ADDR-001 .. ADDR-003
  EXPECT_EQ(refusal(""), "the address is empty: write transport:key=value");
  EXPECT_EQ(refusal("/run/bus"),
            "entry 1 of the address (from byte 0): \"/run/bus\" has no ':': write "
            "transport:key=value");
  EXPECT_EQ(refusal(":path=/a"),
            "entry 1 of the address (from byte 0): \":path=/a\" has no transport before its ':'");
  EXPECT_EQ(refusal("tcp:;unix:path"),
            "entry 2 of the address (from byte 5): \"path\" has no '=': write key=value");
  EXPECT_EQ(refusal("unix:=/a"),
            "entry 1 of the address (from byte 0): \"=/a\" has no key before its '='");
  EXPECT_EQ(refusal("unix:path="),
            "entry 1 of the address (from byte 0): key \"path\" has no value: write path=... or "
            "leave it out");
  EXPECT_EQ(refusal("unix:path=/a,path=/b"),
            "entry 1 of the address (from byte 0): key \"path\" is given twice: keep one");
  EXPECT_NE(refusal(";unix:path=/a"), "accepted");
  EXPECT_NE(refusal("unix:path=/a,,"), "accepted");
  EXPECT_NE(refusal("unix:,path=/a"), "accepted");
}

TEST(Address, ValuesAreEscaped) {  // ADDR-004, ADDR-005
  EXPECT_EQ(*entry("unix:path=/a%20b%2Cc%3b\\*-_.").find("path"), "/a b,c;\\*-_.");
  EXPECT_EQ(escape_address_value("/a b,c;\\*-_.=\xff"), "/a%20b%2cc%3b\\*-_.%3d%ff");
  EXPECT_EQ(refusal("unix:path=/a b"),
            "entry 1 of the address (from byte 0): key \"path\": \"/a b\" holds the byte ' ': "
            "write %20 for it");
  for (const auto* bad : {"%", "%4", "%4g", "a=b", "\xc3\xa4", "~"}) {
    EXPECT_FALSE(unescape_address_value(bad).has_value()) << bad;
  }
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  const auto back = unescape_address_value(escape_address_value(every_byte));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, every_byte);
}

TEST(Address, ErrorsShowLongAndUnprintableTextShort) {
  const std::string text = refusal("unix\x1b" + std::string(1000, 'x'));
  EXPECT_LT(text.size(), 200u);
  EXPECT_FALSE(text.contains('\x1b'));
}

TEST(Address, UnixListensInFiveWays) {  // ADDR-009, ADDR-012, ADDR-013
  EXPECT_EQ(listen_address(entry("unix:path=/a")), ListenAddress(UnixPath{"/a"}));
  EXPECT_EQ(listen_address(entry("unix:abstract=/a")), ListenAddress(UnixAbstract{"/a"}));
  EXPECT_EQ(listen_address(entry("unix:dir=/a")), ListenAddress(UnixDir{"/a"}));
  EXPECT_EQ(listen_address(entry("unix:tmpdir=/a")), ListenAddress(UnixDir{"/a"}));
  EXPECT_EQ(listen_address(entry("unix:runtime=yes,x=y")), ListenAddress(UnixRuntime{}));
  EXPECT_EQ(listen_refusal("unix:runtime=no"),
            "address \"unix:runtime=no\": runtime can only be \"yes\"");
  EXPECT_EQ(listen_refusal("unix:x=y"),
            "address \"unix:x=y\": it needs one of path, abstract, dir, tmpdir, runtime");
  EXPECT_EQ(listen_refusal("unix:path=/a,tmpdir=/b"),
            "address \"unix:path=/a,tmpdir=/b\": path and tmpdir exclude each other: keep one");
}

TEST(Address, UnixConnectsToPathOrAbstract) {  // ADDR-009
  EXPECT_EQ(connect_address(entry("unix:path=/a")), ConnectAddress(UnixPath{"/a"}));
  EXPECT_EQ(connect_address(entry("unix:abstract=a")), ConnectAddress(UnixAbstract{"a"}));
  EXPECT_NE(connect_refusal("unix:tmpdir=/a"), "accepted");
  EXPECT_NE(connect_refusal("unix:path=/a,abstract=a"), "accepted");
}

TEST(Address, SocketNamesAreBounded) {  // ADDR-010, ADDR-012
  const auto sized = [](std::string_view key, std::size_t bytes) {
    return "unix:" + std::string(key) + "=" + std::string(bytes, 'a');
  };
  EXPECT_EQ(listen_refusal(sized("path", 99)), "accepted");
  EXPECT_NE(listen_refusal(sized("path", 100)), "accepted");
  EXPECT_NE(listen_refusal(sized("abstract", 100)), "accepted");
  EXPECT_EQ(listen_refusal(sized("dir", 83)), "accepted");
  EXPECT_NE(listen_refusal(sized("tmpdir", 84)), "accepted");
  EXPECT_EQ(connect_refusal(sized("path", 107)), "accepted");
  EXPECT_TRUE(
      connect_refusal(sized("path", 108))
          .ends_with("path has 108 bytes, a socket's name can have 107: use a shorter one"));
}

TEST(Address, NoValueEndsEarly) {
  EXPECT_EQ(listen_refusal("unix:path=/a%00b"),
            "address \"unix:path=/a%00b\": path holds a NUL byte (%00)");
  EXPECT_NE(connect_refusal("unix:abstract=a%00"), "accepted");
}

TEST(Address, GuidIsThirtyTwoHexDigits) {  // ADDR-006
  EXPECT_EQ(connect_refusal("unix:path=/a,guid=0123456789abcdef0123456789ABCDEF"), "accepted");
  EXPECT_EQ(connect_refusal("autolaunch:guid=0f"),
            "address \"autolaunch:guid=0f\": guid must be 32 hex digits");
}

TEST(Address, TcpListensOnWhatItPublishesUnlessItSaysOtherwise) {  // ADDR-015, ADDR-017
  EXPECT_EQ(listen_address(entry("tcp:")), ListenAddress(TcpListen{"localhost", "localhost"}));
  EXPECT_EQ(listen_address(entry("tcp:host=h,port=65535,family=ipv4")),
            ListenAddress(TcpListen{"h", "h", 65535, AddressFamily::ipv4}));
  EXPECT_EQ(listen_address(entry("nonce-tcp:host=h,bind=*,port=0,family=ipv6")),
            ListenAddress(TcpListen{"h", "*", 0, AddressFamily::ipv6, /*with_nonce=*/true}));
  EXPECT_EQ(listen_refusal("tcp:port=65536"),
            "address \"tcp:port=65536\": port \"65536\" is not a number from 0 to 65535");
  EXPECT_NE(listen_refusal("tcp:port=-1"), "accepted");
  EXPECT_NE(listen_refusal("tcp:port=1x"), "accepted");
  EXPECT_EQ(listen_refusal("tcp:family=ipx"),
            "address \"tcp:family=ipx\": family \"ipx\" is neither ipv4 nor ipv6");
}

TEST(Address, TcpConnectsToAPort) {  // ADDR-015, ADDR-017
  EXPECT_EQ(connect_address(entry("tcp:port=5")),
            ConnectAddress(TcpConnect{"localhost", 5, AddressFamily::any, ""}));
  EXPECT_EQ(connect_address(entry("nonce-tcp:host=%3a%3a1,port=5,family=ipv6,noncefile=/n")),
            ConnectAddress(TcpConnect{"::1", 5, AddressFamily::ipv6, "/n"}));
  EXPECT_EQ(connect_refusal("tcp:host=h"), "address \"tcp:host=h\": it needs a port");
  EXPECT_NE(connect_refusal("tcp:port=0"), "accepted");
  EXPECT_NE(connect_refusal("tcp:port=1,family=x"), "accepted");
  EXPECT_EQ(connect_refusal("nonce-tcp:port=5"),
            "address \"nonce-tcp:port=5\": it needs a noncefile");
}

TEST(Address, ExecTakesArgumentsUpToTheFirstGap) {  // ADDR-014
  EXPECT_EQ(connect_address(entry("unixexec:path=ssh")), ConnectAddress(UnixExec{"ssh", {"ssh"}}));
  EXPECT_EQ(connect_address(entry("unixexec:argv2=b,path=ssh,argv0=x,argv1=a%20a,argv4=d")),
            ConnectAddress(UnixExec{"ssh", {"x", "a a", "b"}}));
  EXPECT_EQ(connect_refusal("unixexec:argv1=a"),
            "address \"unixexec:argv1=a\": it needs the path of a program");
}

TEST(Address, ExecArgumentsAreBounded) {  // ADDR-021
  std::string text = "unixexec:path=p";
  for (int i = 1; i < 256; ++i) text += ",argv" + std::to_string(i) + "=x";
  EXPECT_EQ(connect_refusal(text), "accepted");
  EXPECT_NE(connect_refusal(text + ",argv256=x"), "accepted");
}

TEST(Address, SomeTransportsWorkInOneDirection) {  // ADDR-018, ADDR-019
  EXPECT_EQ(listen_address(entry("systemd:")), ListenAddress(SystemdListen{}));
  EXPECT_EQ(connect_address(entry("autolaunch:scope=x")), ConnectAddress(Autolaunch{}));
  EXPECT_NE(connect_refusal("systemd:"), "accepted");
  EXPECT_NE(listen_refusal("autolaunch:"), "accepted");
  EXPECT_NE(listen_refusal("unixexec:path=a"), "accepted");
}

TEST(Address, UnknownTransportsFailAloneAndCleanly) {  // ADDR-008, ADDR-019, ADDR-020
  EXPECT_EQ(listen_refusal("vsock:cid=1"),
            "address \"vsock:cid=1\": unknown transport: a server listens on unix, tcp, nonce-tcp "
            "or systemd");
  EXPECT_NE(connect_refusal("launchd:env=X"), "accepted");
  EXPECT_EQ(refusal("vsock:cid=1;unix:path=/a"), "accepted");
}

}  // namespace
}  // namespace headway::wire
