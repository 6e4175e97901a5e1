// snippets_test.cc
//
// The rule snippet fires and stays silent.

#include "lint/source/snippets.h"

#include <gtest/gtest.h>

#include <map>

namespace rookery::lint {
namespace {

Findings check(std::string_view document) {
  const std::map<std::string, std::string> files = {
      {"examples/a/a.h", "// a.h\n\nint one();\nvoid f() {\n  one();\n  two();\n}\n"},
      {"examples/a/forgotten.h", "int one();\n"},
      {"examples/a/BUILD", "cc_library(hdrs = [\"a.h\"])\n"},
  };
  return check_snippets("README.md", document, [&](const std::string& path) {
    const auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  });
}

std::string message_of(std::string_view document) {
  const Findings findings = check(document);
  EXPECT_EQ(findings.size(), 1U);
  if (findings.empty()) return "";
  EXPECT_EQ(findings[0].rule, "snippet");
  return findings[0].message;
}

TEST(Snippets, AcceptsABlockThatStandsInItsSource) {
  EXPECT_TRUE(check("<!-- snippet: examples/a/a.h -->\n```cpp\nint one();\n```\n").empty());
  EXPECT_TRUE(check("<!-- snippet: examples/a/a.h -->\n\n```cpp\none();\ntwo();\n```\n").empty());
}

TEST(Snippets, LeavesOtherLanguagesAlone) {
  EXPECT_TRUE(check("```sh\n./rookery test\n```\n\n```\nplain\n```\n").empty());
}

TEST(Snippets, WantsASource) {
  EXPECT_NE(message_of("```cpp\nint one();\n```\n").find("needs"), std::string::npos);
  // A comment is for the block below it, not for a later one.
  EXPECT_NE(
      message_of("<!-- snippet: examples/a/a.h -->\ntext\n```cpp\nint one();\n```\n").find("needs"),
      std::string::npos);
}

TEST(Snippets, WantsTheSameWords) {
  EXPECT_NE(message_of("<!-- snippet: examples/a/a.h -->\n```cpp\nint three();\n```\n")
                .find("word for word"),
            std::string::npos);
  // Part of a line is not enough, and lines between may not be left out.
  EXPECT_EQ(check("<!-- snippet: examples/a/a.h -->\n```cpp\nint one(\n```\n").size(), 1U);
  EXPECT_EQ(check("<!-- snippet: examples/a/a.h -->\n```cpp\nvoid f() {\n  two();\n```\n").size(),
            1U);
}

TEST(Snippets, WantsASourceThatExistsAndIsCompiled) {
  EXPECT_NE(
      message_of("<!-- snippet: examples/a/b.h -->\n```cpp\nint one();\n```\n").find("there is no"),
      std::string::npos);
  EXPECT_NE(message_of("<!-- snippet: examples/a/forgotten.h -->\n```cpp\nint one();\n```\n")
                .find("no BUILD"),
            std::string::npos);
}

TEST(Snippets, NamesTheLineOfTheBlock) {
  const Findings findings = check("# Title\n\n```cpp\nint one();\n```\n");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].file, "README.md");
  EXPECT_EQ(findings[0].line, 3);
}

}  // namespace
}  // namespace rookery::lint
