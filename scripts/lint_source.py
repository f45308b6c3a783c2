# SPDX-License-Identifier: MIT
"""What the lint rules look at: the files of a tree, and C++ text without comments and literals."""

import dataclasses
import functools
import pathlib
import re
import subprocess

TOKENS = re.compile(
    r'R"(?P<mark>[^()\\\s]{0,16})\((?:.|\n)*?\)(?P=mark)"'  # a raw string
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'"  # not the quote in 1'000
    r"|//[^\n]*"
    r"|/\*(?:.|\n)*?\*/"
)
# Tests, and what helps only them.
TEST_ENDINGS = ("_test.cc", "_test.py", "_testing.h", "_testing.cc")
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


@dataclasses.dataclass(frozen=True)
class Source:
    path: str  # from the root of the tree, with slashes
    text: str

    @functools.cached_property
    def code(self):
        """The text with comments, literals and directives blank, its shape kept."""
        return DIRECTIVE.sub(blank, TOKENS.sub(blank, self.text))

    @property
    def is_cpp(self):
        return self.path.endswith((".cc", ".h"))

    @property
    def is_test(self):
        return self.path.startswith("tests/") or self.path.endswith(TEST_ENDINGS)

    def line_of(self, position):
        return self.text.count("\n", 0, position) + 1


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


def read_tree(root):
    """The text files that git knows or would add. Fuzz corpora are data, not text."""
    # In CI the checkout may belong to another user than the one who runs this.
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"], cwd=root, check=True, capture_output=True, text=True).stdout
    sources = []
    for path in sorted(set(filter(None, listed.split("\0")))):
        file = pathlib.Path(root, path)
        if path.startswith("tests/fuzz/corpus/") or not file.is_file() or file.is_symlink():
            continue
        try:
            sources.append(Source(path, file.read_bytes().decode()))
        except UnicodeDecodeError:
            continue
    return sources
