# SPDX-License-Identifier: MIT
"""The configuration of a private session bus, for whatever takes dbus-daemon's configuration."""

import pathlib
import xml.sax.saxutils

SESSION = pathlib.Path(__file__).resolve().with_name("session.conf")
DOCTYPE = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
"""


def configuration(socket_path, more=""):
    """A session bus that listens there; `more` is XML that comes after what all of them have."""
    listen, session = (xml.sax.saxutils.escape(str(path)) for path in (socket_path, SESSION))
    return (f"{DOCTYPE}<busconfig>\n  <listen>unix:path={listen}</listen>\n"
            f"  <include>{session}</include>\n  {more}\n</busconfig>\n")
