// SPDX-License-Identifier: MIT
// A keyring prints as text that parses to the same, before and after a purge; a challenge likewise.
#include "base/assert.h"
#include "base/bytes.h"
#include "fuzz_target.h"
#include "wire/cookie.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace headway;
  using namespace headway::wire;
  const auto text = as_text({data, size});
  const KeyringTime now{std::chrono::seconds(1'700'000'000)};

  auto cookies = parse_keyring(text);
  HEADWAY_ASSERT(parse_keyring(print_keyring(cookies)) == cookies);
  purge_keyring(cookies, now);
  HEADWAY_ASSERT(cookies.size() <= keyring_cookies_max);
  HEADWAY_ASSERT(parse_keyring(print_keyring(cookies)) == cookies);
  const KeyringCookie* fresh = find_fresh_cookie(cookies, now);
  HEADWAY_ASSERT(fresh == nullptr || find_cookie(cookies, fresh->id) == fresh);

  if (const auto challenge = parse_cookie_challenge(text)) {
    HEADWAY_ASSERT(is_cookie_context(challenge->context));
    HEADWAY_ASSERT(parse_cookie_challenge(to_string(*challenge)) == challenge);
  }
  return 0;
}
