// source_file_test.cc
//
// What the scanner takes for code, for comment and for literal.

#include "lint/source/source_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery::lint {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> code_of(std::string_view text) { return parse_source("a.cc", text).code; }

TEST(SourceFile, BlanksComments) {
  EXPECT_THAT(code_of("int a;  // rand()\n/* rand()\n rand() */ int b;\n"),
              ElementsAre("int a;           ", "         ", "           int b;"));
}

TEST(SourceFile, BlanksWhatLiteralsHold) {
  EXPECT_THAT(code_of("f(\"a // \\\" b\"); g('\\'');"), ElementsAre("f(\"         \"); g('  ');"));
}

TEST(SourceFile, BlanksRawStringsOverSeveralLines) {
  EXPECT_THAT(code_of("a = R\"x(one \" )\"\ntwo)x\" + b;"),
              ElementsAre("a = R\"          ", "       + b;"));
}

TEST(SourceFile, TakesADigitSeparatorForNoLiteral) {
  EXPECT_THAT(code_of("int a = 1'000'000; // x"), ElementsAre("int a = 1'000'000;     "));
  EXPECT_THAT(code_of("f(u8'a', 0xff'ff);"), ElementsAre("f(u8' ', 0xff'ff);"));
}

TEST(SourceFile, SeesAgainAfterAnUnfinishedLiteral) {
  EXPECT_THAT(code_of("f(\"oops\nint b;"), ElementsAre("f(\"    ", "int b;"));
}

TEST(SourceFile, FindsIncludesButNotThoseInComments) {
  const SourceFile file = parse_source(
      "a.cc", "#include <vector>\n// #include <thread>\n#  include \"lint/a.h\"  // why\n");
  ASSERT_EQ(file.includes.size(), 2U);
  EXPECT_EQ(file.includes[0].target, "vector");
  EXPECT_EQ(file.includes[0].line, 1);
  EXPECT_EQ(file.includes[1].target, "lint/a.h");
  EXPECT_EQ(file.includes[1].line, 3);
}

TEST(SourceFile, KeepsCommentsApart) {
  EXPECT_THAT(parse_source("a.cc", "a(\"//\"); // b\n").comments, ElementsAre("         // b"));
}

TEST(SourceFile, KnowsWhatLiesInAFolder) {
  EXPECT_TRUE(lies_in("framework/base/a.h", "framework/base"));
  EXPECT_FALSE(lies_in("framework/basement/a.h", "framework/base"));
  EXPECT_EQ(folder("framework/base/a.h"), "framework/base");
  EXPECT_EQ(folder("a.h"), "");
  EXPECT_EQ(file_name("framework/base/a.h"), "a.h");
}

}  // namespace
}  // namespace rookery::lint
