# SPDX-License-Identifier: MIT
"""Section 2: authentication."""

from tests.lib import expect
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import requirement


@requirement("AUTH-028")
def test_external_with_the_own_uid_is_accepted(bus):
    with Client(bus.address) as c:
        expect.equal(c.name[:3], ":1.")
    with Client(bus.address, uid=65534) as c:
        expect.equal(c.bus("GetConnectionUnixUser", "s", c.name), 65534)
