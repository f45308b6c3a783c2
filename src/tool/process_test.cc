// SPDX-License-Identifier: MIT
#include "tool/process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace headway::tool {
namespace {

ProcessResult<std::string> first_line_of(std::string_view text) {
  Pipe pipe = *make_pipe();
  EXPECT_EQ(::write(pipe.writer.get(), text.data(), text.size()),
            static_cast<ssize_t>(text.size()));
  pipe.writer.reset();
  return read_line(pipe.reader);
}

TEST(ReadLine, EndsBeforeTheFirstNewline) {
  EXPECT_EQ(first_line_of("unix:path=/x\nmore\n"), "unix:path=/x");
  EXPECT_EQ(first_line_of("\n"), "");
}

TEST(ReadLine, IsNothingWithoutANewline) {
  EXPECT_EQ(first_line_of("").error(), "EOF");
  EXPECT_EQ(first_line_of("unix:path").error(), "EOF");
}

TEST(ReadLine, LeavesTheRestForOthers) {
  Pipe pipe = *make_pipe();
  ASSERT_EQ(::write(pipe.writer.get(), "a\nb\n", 4), 4);

  EXPECT_EQ(read_line(pipe.reader), "a");
  EXPECT_EQ(read_line(pipe.reader), "b");
}

TEST(Become, SaysWhyItCouldNot) { EXPECT_EQ(become({"/nonexistent"}), ENOENT); }

}  // namespace
}  // namespace headway::tool
