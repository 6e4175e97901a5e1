// functions_test.cc
//
// Where functions begin and end, in all the forms that C++ gives them.

#include "lint/source/functions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rookery::lint {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "name first-last" of each.
std::vector<std::string> functions(const std::string& text) {
  std::vector<std::string> result;
  for (const Function& function : find_functions(parse_source("a.cc", text))) {
    result.push_back(function.name + " " + std::to_string(function.line) + "-" +
                     std::to_string(function.last_line));
  }
  return result;
}

TEST(Functions, AreFoundInNamespacesAndClasses) {
  EXPECT_THAT(functions("namespace a::b {\nint f() {\n  return 1;\n}\n}\n"), ElementsAre("f 2-4"));
  EXPECT_THAT(functions("class A final : public B<int> {\n public:\n  A() {}\n\n"
                        "  int f() const override {\n    return 1;\n  }\n};"),
              ElementsAre("A 3-3", "f 5-7"));
  EXPECT_THAT(functions("inline namespace a {\nextern \"C\" {\nvoid f() {\n}\n}\n}"),
              ElementsAre("f 3-4"));
}

TEST(Functions, BeginWithTheirHead) {
  EXPECT_THAT(functions("int a;\n\ntemplate <class T, int N = 3>\nstd::map<int, T>\nA<T>::f(\n"
                        "    int a,\n    int b) {\n}\n"),
              ElementsAre("A<>::f 3-8"));
  EXPECT_THAT(functions("// said before\n[[nodiscard]] auto f(int a = g(3))\n    -> B::C {\n}"),
              ElementsAre("f 2-4"));
}

TEST(Functions, ConstructorsMayInitialiseByBraces) {
  EXPECT_THAT(
      functions("A::A(int a)\n    : b_{a},\n      c_(a), d_{1, 2} {\n  f();\n}\nint g() {}"),
      ElementsAre("A::A 1-5", "g 6-6"));
  EXPECT_THAT(functions("A::A() : B<int>{3} {}\nA::~A() noexcept(false) {\n}\n"),
              ElementsAre("A::A 1-1", "A::~A 2-3"));
}

TEST(Functions, OperatorsHaveNames) {
  EXPECT_THAT(
      functions("bool A::operator<(const A& o) const {\n}\nbool operator==(A a, A b) {}\n"
                "A& A::operator=(A&&) & noexcept {}\nint operator()(int a) {}\n"),
      ElementsAre("A::operator< 1-2", "operator== 3-3", "A::operator= 4-4", "operator() 5-5"));
}

TEST(Functions, TestsAreKnownBySuiteAndCase) {
  EXPECT_THAT(functions("TEST(Ledger, MarksTwice) {\n}\n"
                        "RC_GTEST_PROP(Ledger, Commits,\n              (int a, int b)) {\n}\n"),
              ElementsAre("Ledger.MarksTwice 1-2", "Ledger.Commits 3-5"));
}

TEST(Functions, WhatLiesInsideIsPartOfThem) {
  EXPECT_THAT(functions("void f() {\n  if (a) {\n  }\n  auto g = [&](int b) {\n  };\n"
                        "  struct X {\n    int h() { return 1; }\n  };\n}\n"),
              ElementsAre("f 1-9"));
}

TEST(Functions, LambdasOutsideOfFunctionsCount) {
  EXPECT_THAT(functions("const auto kRules = std::to_array<Rule>({\n"
                        "    {\"a\", [](const Node& n) {\n       return 1;\n     }},\n"
                        "    {\"b\", [] { return 2; }},\n});\n"
                        "auto f = [a = 3](int b) mutable -> std::vector<int> {\n};\n"),
              ElementsAre("lambda 2-4", "lambda 5-5", "lambda 7-8"));
}

TEST(Functions, WhatOnlyLooksLikeOneIsNone) {
  EXPECT_THAT(functions("int a{3};\nstd::vector<int> b = {1, 2};\nenum class E : int { kA };\n"
                        "struct S {\n  std::function<void(int)> f{};\n  int g(int a = int{3});\n"
                        "  S& operator=(S) = default;\n};\nA c(B{1, 2});\n"),
              IsEmpty());
}

TEST(Functions, BracesInLiteralsAndCommentsAreNone) {
  EXPECT_THAT(functions("void f() {\n  g(\"}\");  // }\n  h('}');\n}\nvoid i() {\n}"),
              ElementsAre("f 1-4", "i 5-6"));
}

TEST(Functions, OfConditionalCodeTheFirstBranchCounts) {
  EXPECT_THAT(functions("#define A(x) \\\n  if (x) {\n#if B\nvoid f(int a) {\n#else\n"
                        "void f(long a) {\n#endif\n}\nvoid g() {\n}\n"),
              ElementsAre("f 4-8", "g 9-10"));
}

TEST(Functions, AnyTextIsBorne) {
  EXPECT_THAT(functions("}}}}\nvoid f() {\n}\n{{{{"), ElementsAre("f 2-3"));
  EXPECT_THAT(functions(std::string(100'000, '{')), IsEmpty());
  EXPECT_THAT(functions("void f() { (((((" + std::string(1'000, '<')), IsEmpty());
}

}  // namespace
}  // namespace rookery::lint
