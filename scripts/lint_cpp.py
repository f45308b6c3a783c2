# SPDX-License-Identifier: MIT
"""Rules about C++ code: how long a function may be, and no exceptions in src/."""

import re

from lint_source import Finding

FUNCTION_LINES_MAX = 70
EXCEPTIONS = re.compile(r"\b(?:throw|try|catch)\b")
WITH_EXCEPTIONS = ("src/authority/", "src/client/", "src/machined/", "src/testing/", "src/tool/")

SCOPE = re.compile(
    r"(?:(?:inline|static|constexpr|const|export|typedef|friend)\s+)*"
    r"(?:namespace|class|struct|union|enum|extern)\b")
INITIALIZER_LIST = re.compile(r"\)\s*(?:(?:noexcept|const)\b[^:]*)?:(?!:)")
ACCESS = re.compile(r"^\s*(?:(?:public|private|protected)\s*:(?!:)\s*)+")


def check(sources):
    for source in sources:
        if not source.is_cpp:
            continue
        for first, last, name in functions(source.code):
            if last - first >= FUNCTION_LINES_MAX:
                yield Finding(source.path, first, f"{name} has {last - first + 1} lines; the bound "
                                                  f"is {FUNCTION_LINES_MAX}")
        if source.path.startswith("src/") and not source.is_test:
            if not source.path.startswith(WITH_EXCEPTIONS):
                for match in EXCEPTIONS.finditer(source.code):
                    yield Finding(source.path, source.line_of(match.start()),
                                  f"{match.group()}: there are no exceptions here")


def functions(code):
    """Yields (first line, last line, name) of each function definition in code without comments.

    A function is a brace at namespace or class level after a parameter list; lambdas and local
    classes count as a part of the function they stand in.
    """
    start = None  # of the declaration now being read
    position = 0
    depth = 0  # of parentheses and brackets
    while position < len(code):
        letter = code[position]
        if start is None and not letter.isspace() and letter not in "};":
            start = position
        if letter in "([":
            depth += 1
        elif letter in ")]":
            depth = max(0, depth - 1)
        elif letter == ";" and depth == 0 or letter == "}":
            start = None
        elif letter == "{":
            head = code[start:position]
            kind = "value" if depth else kind_of(head)
            if kind == "scope":
                start = None
            else:
                end = closing_brace(code, position)
                if kind == "function":
                    first = code.count("\n", 0, start + access_length(head))
                    yield first + 1, code.count("\n", 0, end) + 1, name_of(head)
                    start = None
                position = end
        position += 1


def access_length(head):
    match = ACCESS.match(head)
    return match.end() if match else 0


def kind_of(head):
    """What a brace after this text opens: a scope, a function's body, or a value."""
    text = without_templates(ACCESS.sub("", head)).strip()
    text = re.sub(r"\[\[.*?\]\]|\balignas\s*\([^)]*\)", " ", text).strip()
    if not text or SCOPE.match(text):
        return "scope"
    if INITIALIZER_LIST.search(text):
        # Members are initialized as in `a_{x}`; the body follows a closing brace or parenthesis.
        return "function" if text[-1] in ")}" else "value"
    if "(" not in text:
        return "value"
    if re.search(r"(?<!operator)(?<![=<>!])=(?!=)", re.sub(r"\([^()]*\)", "", text)):
        return "value"
    return "function"


def without_templates(text):
    """The text without a leading template<...>."""
    while match := re.match(r"\s*template\s*<", text):
        depth = 1
        position = match.end()
        while position < len(text) and depth:
            depth += {"<": 1, ">": -1}.get(text[position], 0)
            position += 1
        text = text[position:]
    return text


def name_of(head):
    match = re.search(r"([\w:~]+|operator\s*\S+?)\s*\(", without_templates(head))
    return match.group(1) if match else "a function"


def closing_brace(code, position):
    depth = 0
    for end in range(position, len(code)):
        depth += {"{": 1, "}": -1}.get(code[end], 0)
        if depth == 0:
            return end
    return len(code) - 1
