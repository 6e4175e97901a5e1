// unordered_test.cc
//
// What walks in the order of hashes or addresses is found; what looks up is not.

#include "lint/source/unordered.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rookery::lint {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> objections(const std::string& path, const std::string& code,
                                    const std::map<std::string, std::string>& others = {}) {
  Tree tree([&](const std::string& other) -> std::optional<std::string> {
    const auto found = others.find(other);
    return found == others.end() ? std::nullopt : std::optional(found->second);
  });
  std::vector<std::string> result;
  for (const Finding& finding : check_unordered(parse_source(path, code), tree)) {
    EXPECT_EQ(finding.rule, "unordered-iteration");
    result.push_back(finding.name + ":" + std::to_string(finding.line));
  }
  return result;
}

std::vector<std::string> objections(const std::string& code) {
  return objections("mockbroker/cluster/a.cc", code);
}

TEST(UnorderedIteration, FiresOnLoops) {
  EXPECT_THAT(objections("std::unordered_map<int, std::vector<int>> cache_;\n"
                         "void f() {\n  for (const auto& [a, b] : cache_) g(a);\n}\n"),
              ElementsAre("cache_:3"));
  EXPECT_THAT(objections("void f(const std::unordered_set<int>& ids) {\n"
                         "  for (int i = 0; const int id : ids) g(id);\n}"),
              ElementsAre("ids:2"));
  EXPECT_THAT(objections("struct A { std::unordered_set<int> ids; };\n"
                         "void f(A a) { for (const int id : a.ids) g(id); }"),
              ElementsAre("ids:2"));
}

TEST(UnorderedIteration, FiresOnWhatIsWalkedThroughAViewOrACall) {
  EXPECT_THAT(objections("const std::unordered_map<int, int>& lags() const;\n"
                         "void f() { for (auto& a : world.lags()) g(a); }"),
              ElementsAre("lags:2"));
  EXPECT_THAT(objections("std::unordered_map<int, int> a_;\n"
                         "void f() { for (auto& b : std::views::keys(a_)) g(b); }"),
              ElementsAre("a_:2"));
}

TEST(UnorderedIteration, FiresOnIterators) {
  EXPECT_THAT(objections("std::unordered_map<int, int> a_;\nauto b = a_.begin();"),
              ElementsAre("a_:2"));
  EXPECT_THAT(objections("std::unordered_map<int, int> a_;\nauto b = c->a_.cbegin();"),
              ElementsAre("a_:2"));
  EXPECT_THAT(objections("std::unordered_map<int, int> a_;\nauto b = std::begin(a_);"),
              ElementsAre("a_:2"));
}

TEST(UnorderedIteration, FiresOnKeysThatAreAddresses) {
  EXPECT_THAT(objections("std::map<const Node*, int> a_;\nvoid f() { for (auto b : a_) g(b); }"),
              ElementsAre("a_:2"));
  EXPECT_THAT(objections("std::set<std::shared_ptr<Node>> a_;\n"
                         "void f() { for (auto b : a_) g(b); }"),
              ElementsAre("a_:2"));
}

TEST(UnorderedIteration, SeesThroughAliasesAndIncludes) {
  EXPECT_THAT(objections("using Cache = std::unordered_map<int, int>;\nCache cache_;\n"
                         "void f() { for (auto a : cache_) g(a); }"),
              ElementsAre("cache_:3"));
  EXPECT_THAT(objections("framework/base/a.cc",
                         "#include <rookery/base/a.h>\nvoid A::f() { for (auto b : ids_) g(b); }",
                         {{"framework/base/a.h", "class A { std::unordered_set<int> ids_; };"}}),
              ElementsAre("ids_:2"));
}

TEST(UnorderedIteration, IsSilentOnLookups) {
  EXPECT_THAT(objections("std::unordered_map<int, std::vector<int>> a_;\n"
                         "void f() {\n  if (a_.find(3) != a_.end()) g(a_.at(3));\n"
                         "  for (int b : a_[3]) g(b);\n  for (int b : a_.at(3)) g(b);\n"
                         "  for (int b : a_.find(3)->second) g(b);\n"
                         "  for (std::size_t i = 0; i < a_.size(); ++i) g(i ? 1 : 2);\n}"),
              IsEmpty());
}

TEST(UnorderedIteration, IsSilentOnOrderedContainersAndElsewhere) {
  EXPECT_THAT(objections("std::map<std::string, Node*> a_;\nvoid f() { for (auto b : a_) g(b); }"),
              IsEmpty());
  EXPECT_THAT(objections("std::vector<Node*> a_;\nauto b = a_.begin();"), IsEmpty());
  EXPECT_THAT(objections("// std::unordered_set<int> a;\nvoid f() { for (auto b : a) g(b); }"),
              IsEmpty());
  EXPECT_THAT(objections("lint/a.cc",
                         "std::unordered_set<int> a;\n"
                         "void f() { for (auto b : a) g(b); }"),
              IsEmpty());
}

TEST(UnorderedIteration, AnyTextIsBorne) {
  EXPECT_THAT(objections("std::unordered_map<"), IsEmpty());
  EXPECT_THAT(objections("std::unordered_set<int> a; for ("), IsEmpty());
  (void)objections("std::unordered_set<int> a; begin( for (a : a");
  (void)objections("begin(std::unordered_set<int> a; for (::) begin(");
}

}  // namespace
}  // namespace rookery::lint
