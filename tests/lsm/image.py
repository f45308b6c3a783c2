# SPDX-License-Identifier: MIT
"""A tree of files as the kernel unpacks it at its start: a cpio archive of the form "newc"."""

import gzip
import os
import re
import stat
import subprocess

MAGIC = b"070701"
LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x")


class Image:
    def __init__(self):
        self._entries = {"/": (stat.S_IFDIR | 0o755, 0, b"")}

    def text(self, path, text, mode=0o644):
        self._put(path, stat.S_IFREG | mode, text.encode())

    def file(self, source, path=None):
        """The file that `source` leads to, at `path` or where it is."""
        with open(source, "rb") as f:
            status = os.fstat(f.fileno())
            self._put(path or source, status.st_mode, f.read(), int(status.st_mtime))

    def tree(self, source, path=None, without=()):
        """A directory, except what is called as in `without`."""
        for directory, names, files in os.walk(source):
            names[:] = [name for name in names if name not in without]
            for name in files:
                inside = os.path.relpath(os.path.join(directory, name), source)
                self.file(os.path.join(directory, name), os.path.join(path or source, inside))
                if name.endswith(".so"):
                    self._libraries(os.path.join(directory, name))

    def program(self, source, path=None):
        """An executable with the libraries that it needs."""
        self.file(source, path)
        self._libraries(source)

    def _libraries(self, path):
        needed = subprocess.run(["ldd", str(path)], check=True, capture_output=True, text=True)
        for library in LIBRARY.findall(needed.stdout):
            if library not in self._entries:
                self.file(library)

    def _put(self, path, mode, data, mtime=0):
        path = str(path)
        parent = os.path.dirname(path)
        if parent not in self._entries:
            self._put(parent, stat.S_IFDIR | 0o755, b"")
        self._entries[path] = (mode, mtime, data)

    def write(self, target):
        with gzip.open(target, "wb", compresslevel=1) as out:
            for number, (path, entry) in enumerate(sorted(self._entries.items()), 1):
                _write_entry(out, number, path, *entry)
            _write_entry(out, 0, "TRAILER!!!", 0, 0, b"")
        return target


def _write_entry(out, number, path, mode, mtime, data):
    name = path.lstrip("/").encode() or b"."
    # ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
    fields = (number, mode, 0, 0, 1, mtime, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = MAGIC + b"".join(b"%08x" % field for field in fields) + name + b"\0"
    out.write(head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4))
