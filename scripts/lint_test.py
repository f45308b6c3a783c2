# SPDX-License-Identifier: MIT
"""Each rule of lint sees the violation it is for, and nothing in what is right."""

import os
import subprocess
import tempfile
import unittest

import lint_commits
import lint_cpp
import lint_docs
import lint_headers
import lint_includes
import lint_text
from lint_source import Source, read_tree

CPP = "// SPDX-License-Identifier: MIT\n"
HEADER = CPP + "#pragma once\n"
SCRIPT = "#!/usr/bin/python3\n# SPDX-License-Identifier: MIT\n"


def messages(check, *files):
    """What a rule says of files given as (path, text), and of which path."""
    sources = [Source(path, text) for path, text in files]
    return [f"{finding.path}:{finding.line} {finding.message}" for finding in check(sources)]


class Rule(unittest.TestCase):
    check = None

    def finds(self, words, path, text, *others):
        found = messages(type(self).check, (path, text), *others)
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def accepts(self, path, text, *others):
        self.assertEqual(messages(type(self).check, (path, text), *others), [])


class Text(Rule):
    check = lint_text.check

    def test_what_is_right_is_accepted(self):
        self.accepts("src/base/x.h", HEADER + "int x;  // TODO(no such libc yet): use it\n")
        self.accepts("scripts/x.py", SCRIPT + "pass\n")
        self.accepts("tests/lib/__init__.py", "")
        self.accepts("README.md", "x" * 300 + "\n")

    def test_a_file_without_licence_is_found(self):
        self.finds("SPDX", "src/base/x.cc", "int x;\n")
        self.finds("SPDX", "scripts/x.py", "#!/usr/bin/python3\npass\n")
        self.finds("SPDX", "dev", "#!/usr/bin/env bash\ntrue\n")
        self.finds("SPDX", "src/CMakeLists.txt", "add_subdirectory(base)\n")

    def test_a_header_without_pragma_once_is_found(self):
        self.finds("#pragma once", "src/base/x.h", CPP + "int x;\n")

    def test_white_space_at_the_end_is_found(self):
        self.finds(":2 white space", "README.md", "a\nb \n")
        self.finds("white space", "README.md", "a\r\n")

    def test_a_missing_last_newline_is_found(self):
        self.finds("no newline", "README.md", "a")

    def test_a_wide_line_is_found(self):
        self.finds("101 columns", "src/base/x.cc", CPP + "x" * 101 + "\n")
        self.accepts("src/base/x.cc", CPP + "x" * 100 + "\n")

    def test_a_long_file_is_found(self):
        self.finds("801 lines", "src/base/x.cc", CPP + "\n" * 800)
        self.finds("1001 lines", "src/base/x_test.cc", CPP + "\n" * 1000)
        self.finds("801 lines", "scripts/x.py", SCRIPT + "\n" * 799)
        self.accepts("tests/sim/x.cc", CPP + "\n" * 999)

    def test_a_path_of_one_machine_is_found(self):
        for top in ("work", "root"):
            self.finds("one machine", "docs/x.md", f"see /{top}/somewhere\n")
        self.accepts("docs/x.md", "see out/work/x and /workshop\n")

    def test_a_task_without_reason_is_found(self):
        for word in ("TO" "DO", "TO" "DO:", "TO" "DO(): x", "FIX" "ME"):
            self.finds("say what is to be done", "src/base/x.cc", CPP + f"// {word} do it\n")

    def test_a_conflict_is_found(self):
        self.finds("conflict", "README.md", "<<<<<<" "< HEAD\n")


class Documentation(Rule):
    check = lint_docs.check

    def test_a_snippet_is_a_piece_of_a_program(self):
        program = ("examples/x.cc", CPP + "int main() {\n  call();\n  return 0;\n}\n")
        self.accepts("docs/x.md", "text\n\n```cpp\n  call();\n  return 0;\n```\n", program)
        self.accepts("docs/x.md", "```\nno C++\n```\n", program)
        for other in ("call();\nreturn 1;\n", "call()\n", "return 0;\ncall();\n"):
            self.finds("in no file", "docs/x.md", f"```cpp\n{other}```\n", program)

    def test_a_guide_is_a_program(self):
        guides = ("tests/docs/CMakeLists.txt", "headway_guide(x headway::headway)\n")
        self.accepts("docs/x.md", "```cpp\ncall();\n```\n", guides)
        self.finds("in no file", "docs/y.md", "```cpp\ncall();\n```\n", guides)


class Includes(Rule):
    check = lint_includes.check

    def test_every_dependency_against_the_direction_is_found(self):
        modules = lint_includes.MODULES
        for module, allowed in modules.items():
            for other in modules:
                text = CPP + f'#include "{other}/y.h"\n'
                there = (f"src/{other}/y.h", HEADER)
                if other == module or other in allowed:
                    self.accepts(f"src/{module}/x.cc", text, there)
                else:
                    self.finds(f"{module} may not depend on {other}",
                               f"src/{module}/x.cc", text, there)

    def test_the_table_has_no_cycle(self):
        order = []
        for module, allowed in lint_includes.MODULES.items():
            self.assertLessEqual(set(allowed), set(order), module)
            order.append(module)

    def test_the_simulation_sees_the_core_only(self):
        for other in lint_includes.MODULES:
            text = CPP + f'#include "{other}/y.h"\n'
            there = (f"src/{other}/y.h", HEADER)
            if other in ("base", "wire", "broker"):
                self.accepts("tests/sim/world.cc", text, there)
            else:
                self.finds("tests/sim may not", "tests/sim/world.cc", text, there)

    def test_a_header_that_is_not_ours_is_found(self):
        self.finds("not a header of ours", "src/base/x.cc", CPP + '#include "y.h"\n',
                   ("src/base/y.h", HEADER))
        self.accepts("tests/sim/x.cc", CPP + '#include "y.h"\n', ("tests/sim/y.h", HEADER))

    def test_a_library_outside_its_place_is_found(self):
        for header, place, elsewhere in (
                ("expat.h", "src/base/xml.cc", "src/config/x.cc"),
                ("seccomp.h", "src/sandbox/x.cc", "src/io/x.cc"),
                ("linux/landlock.h", "src/sandbox/x.cc", "src/daemon/x.cc"),
                ("systemd/sd-daemon.h", "src/daemon/x.cc", "src/config/x.cc"),
                ("sys/epoll.h", "src/io/loop.cc", "src/daemon/x.cc"),
                ("gtest/gtest.h", "src/io/x_test.cc", "src/io/x.cc"),
                ("rapidcheck.h", "src/io/x_test.cc", "src/io/x.cc"),
                ("dbus/dbus.h", "tests/integration/x.cc", "src/io/x.cc")):
            self.finds(f"<{header}> is only for", elsewhere, CPP + f"#include <{header}>\n")
            self.accepts(place, CPP + f"#include <{header}>\n")

    def test_a_pure_module_that_touches_the_world_is_found(self):
        for module in ("wire", "broker"):
            for header in ("unistd.h", "sys/socket.h", "random", "ctime", "thread"):
                self.finds("makes no system call", f"src/{module}/x.cc",
                           CPP + f"#include <{header}>\n")
                self.accepts("src/io/x.cc", CPP + f"#include <{header}>\n")
            for call in ("std::chrono::steady_clock::now()", "time(nullptr)", "rand()",
                         "std::random_device{}()"):
                self.finds("makes no system call", f"src/{module}/x.cc", CPP + f"x = {call};\n")
        self.accepts("src/broker/dice_testing.h", HEADER + "#include <random>\n")
        self.accepts("src/broker/x.cc",
                     CPP + "#include <chrono>\n// rand(), time()\nexpire_time(1);\n")

    def test_a_link_against_the_direction_is_found(self):
        self.finds("wire may not link broker", "src/wire/CMakeLists.txt",
                   "headway_module(wire USES headway_base headway_broker)\n")
        self.finds("tests/sim may not link io", "tests/sim/CMakeLists.txt",
                   "target_link_libraries(sim PRIVATE headway_flags headway_broker headway_io)\n")
        self.accepts("src/config/CMakeLists.txt", "# not headway_io\nheadway_module(config\n"
                     "  USES headway_broker)\n")

    def test_an_unknown_module_is_found(self):
        self.finds("not in the table", "src/new/CMakeLists.txt", "headway_module(new)\n")


def function_of(lines):
    return "int f(int x) {\n" + "  g();\n" * (lines - 2) + "}\n"


class Functions(Rule):
    check = lint_cpp.check

    def test_a_long_function_is_found_in_every_form(self):
        body = "\n" + "  g();\n" * 70 + "}\n"
        for head in ("int f(int x) {", "A::A(int x)\n    : a_{x}, b_(x) {", "auto f() -> int {",
                     "template <class T = int>\nvoid f(T x = {}) {", "bool operator==(A a) const {",
                     "TEST(Bus, Works) {", "static void f() noexcept {",
                     "struct A { public: void f() const override {"):
            text = f"{CPP}namespace a {{\n{head}{body}}}\n"
            self.finds("the bound is 70", "src/base/x.cc", text)

    def test_the_length_counts_from_the_signature_to_the_brace(self):
        self.finds(":2 f has 71 lines", "src/base/x.cc", CPP + function_of(71))
        self.accepts("src/base/x.cc", CPP + function_of(70))

    def test_what_is_long_but_no_function_is_accepted(self):
        rows = "  {1, f(2)},\n" * 90
        self.accepts("src/base/x.cc", f"{CPP}constexpr Row rows[] = {{\n{rows}}};\n")
        self.accepts("src/base/x.cc", f"{CPP}const std::map<int, int> rows{{\n{rows}}};\n")
        self.accepts("src/base/x.cc", f"{CPP}namespace {{\n{function_of(40)}{function_of(40)}}}\n")
        self.accepts("src/base/x.cc", f"{CPP}enum class E : int {{\n{'  a,' * 90}}};\n")
        self.accepts("src/base/x.cc",
                     f"{CPP}class A {{\n A() : x_{{1}} {{}}\n{function_of(60)}}};\n")

    def test_braces_in_text_are_not_braces(self):
        text = 'auto a = "{"; // {\nchar b = \'{\'; auto c = R"x({)x"; int d = 1\'000; /* { */\n'
        self.accepts("src/base/x.cc", CPP + function_of(40) + text + function_of(40))

    def test_an_exception_is_found(self):
        for code in ("throw 1;", "try {", "} catch (...) {"):
            self.finds("no exceptions", "src/io/x.cc", CPP + f"void f() {{ {code} }}\n")
        self.accepts("src/io/x.cc", CPP + 'TRY(f());  // try\nauto x = "throw";\n')
        self.accepts("src/io/x_test.cc", CPP + "void f() { throw 1; }\n")


class Commits(unittest.TestCase):
    def test_good_subjects_are_accepted(self):
        for subject in ("broker/replies: Expire calls in order of deadline", "wire: Fix a leak",
                        "house: Set up what the standard lacks", "wire, io: Need less"):
            self.assertEqual(list(lint_commits.problems(subject + "\n\nWhy.")), [])

    def test_bad_subjects_are_found(self):
        for words, message in (("characters", "wire: Add" + " d" * 40), ("not like", "Add a thing"),
                               ("not like", "wire: add a thing"),
                               ("not like", "wire: Add a thing."),
                               ("not like", "wire: Fix"), ("say what", "wire: Fix things"),
                               ("an order", "wire: Added a thing"),
                               ("an order", "wire: Adding a thing"),
                               ("empty line", "wire: Add a thing\nWhy.")):
            found = list(lint_commits.problems(message))
            self.assertEqual(len(found), 1, (message, found))
            self.assertIn(words, found[0])


class Tree(unittest.TestCase):
    """The checks that need files: in a repository of their own."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = temporary.name
        self.git("init", "--quiet")

    def git(self, *arguments):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments],
                       cwd=self.root, check=True, capture_output=True)

    def write(self, path, text):
        file = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "w", encoding="utf-8") as opened:
            opened.write(text)

    def test_files_not_yet_added_are_read_and_ignored_ones_are_not(self):
        self.write(".gitignore", "/out/\n")
        self.write("src/base/x.cc", CPP)
        self.write("out/x.cc", "")
        self.write("tests/fuzz/corpus/wire/seed", "")
        self.assertEqual([s.path for s in read_tree(self.root)], [".gitignore", "src/base/x.cc"])

    def test_a_header_that_needs_another_first_is_found(self):
        self.write("src/base/alone.h", HEADER + "#include <string>\nstd::string f();\n")
        self.write("src/base/leaning.h", HEADER + "std::string g();\n")
        found = list(lint_headers.check(read_tree(self.root), self.root))
        self.assertEqual([finding.path for finding in found], ["src/base/leaning.h"])

    def test_a_bad_message_in_the_history_is_found(self):
        self.git("commit", "--quiet", "--allow-empty", "-m", "wire: Add a thing")
        self.git("commit", "--quiet", "--allow-empty", "-m", "oops")
        self.assertEqual(len(list(lint_commits.check(self.root))), 1)
