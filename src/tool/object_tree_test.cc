// SPDX-License-Identifier: MIT
#include "tool/object_tree.h"

#include <gtest/gtest.h>

namespace headway::tool {
namespace {

TEST(ObjectTree, IsDrawnWithBranches) {
  const std::vector<ObjectEntry> objects{
      {"/", {}, ""},           {"/a", {"a.I"}, ""}, {"/a/b", {"a.I", "a.J"}, ""},
      {"/a/c", {}, "refused"}, {"/aa", {}, ""},     {"/aa/d", {"a.K"}, ""}};

  EXPECT_EQ(text_of_tree(objects, Output(false, false)),
            "/\n"
            "├─ /a  a.I\n"
            "│  ├─ /a/b  a.I  a.J\n"
            "│  └─ /a/c  (refused)\n"
            "└─ /aa\n"
            "   └─ /aa/d  a.K\n");
}

TEST(ObjectTree, OfNothingIsEmpty) { EXPECT_EQ(text_of_tree({}, Output(false, false)), ""); }

}  // namespace
}  // namespace headway::tool
