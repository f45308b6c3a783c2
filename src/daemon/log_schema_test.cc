// SPDX-License-Identifier: MIT
#include "daemon/log_schema.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "wire/hex.h"

namespace headway::daemon {
namespace {

std::string content(const std::string& path) {
  std::ifstream file(HEADWAY_SOURCE_DIR "/" + path);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// "-- ID" and "Subject: TITLE" of each entry of a journal catalog.
std::map<std::string, std::string> catalog_subjects(const std::string& catalog) {
  std::map<std::string, std::string> subjects;
  std::istringstream lines(catalog);
  std::string line;
  std::string id;
  while (std::getline(lines, line)) {
    if (line.starts_with("-- ")) id = line.substr(3);
    if (line.starts_with("Subject: ")) subjects[id] = line.substr(9);
  }
  return subjects;
}

/// Words in backquotes that begin rows of a table.
std::set<std::string> first_cells(const std::string& text) {
  std::set<std::string> cells;
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    if (line.starts_with("| `")) cells.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return cells;
}

/// As syslog's own configuration files write it.
std::string severity(const LogKindFacts& facts) {
  const std::map<Priority, std::string> priorities{{Priority::critical, "crit"},
                                                   {Priority::warning, "warning"},
                                                   {Priority::notice, "notice"},
                                                   {Priority::info, "info"}};
  return (facts.facility == Facility::auth ? "auth." : "daemon.") + priorities.at(facts.priority);
}

TEST(LogSchema, IdsAndFieldsAreDistinctAndWellFormed) {
  std::set<std::string_view> ids;
  for (const LogKindFacts& facts : log_kinds()) {
    EXPECT_TRUE(facts.id.size() == 32 && wire::is_hex(facts.id)) << facts.id;
    EXPECT_TRUE(ids.insert(facts.id).second) << facts.id;
  }
  std::set<std::string_view> names;
  for (const LogFieldFacts& facts : log_fields()) {
    EXPECT_TRUE(names.insert(facts.name).second) << facts.name;
    EXPECT_LE(facts.name.size(), 64u);
    for (const char c : facts.name) EXPECT_TRUE(c == '_' || (c >= 'A' && c <= 'Z')) << facts.name;
    EXPECT_TRUE(facts.name.starts_with("DBUS_") || facts.name.starts_with("HEADWAY_"))
        << facts.name;
  }
}

TEST(LogSchema, TheCatalogExplainsEveryKindAndNoOther) {
  std::map<std::string, std::string> wanted;
  for (const LogKindFacts& facts : log_kinds()) wanted.emplace(facts.id, facts.title);
  EXPECT_EQ(catalog_subjects(content("packaging/headway.catalog")), wanted);
}

TEST(LogSchema, TheCatalogNamesNoFieldThatDoesNotExist) {
  std::set<std::string> known;
  for (const LogFieldFacts& facts : log_fields()) known.emplace(facts.name);
  const std::string catalog = content("packaging/headway.catalog");
  for (std::size_t at = catalog.find('@'); at != std::string::npos; at = catalog.find('@', at)) {
    const std::size_t end = catalog.find('@', at + 1);
    ASSERT_NE(end, std::string::npos);
    const std::string name = catalog.substr(at + 1, end - at - 1);
    EXPECT_TRUE(known.contains(name)) << name;
    at = end + 1;
  }
}

TEST(LogSchema, TheDocumentationListsEveryIdAndFieldAndNoOther) {
  const std::string documentation = content("docs/log.md");
  std::set<std::string> wanted;
  for (const LogFieldFacts& facts : log_fields()) wanted.emplace(facts.name);
  for (const LogKindFacts& facts : log_kinds()) {
    wanted.emplace(facts.id);
    const std::string row = fmt::format("| `{}` | {} |", facts.id, severity(facts));
    EXPECT_NE(documentation.find(row), std::string::npos) << row;
  }
  EXPECT_EQ(first_cells(documentation), wanted);
}

}  // namespace
}  // namespace headway::daemon
