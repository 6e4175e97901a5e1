// words_test.cc
//
// Cases, words, and what was meant.

#include "lint/topics/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace rookery::lint {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Words, AreCutAtSeparatorsAndCapitals) {
  EXPECT_THAT(words_in("OrderCreated_v2"), ElementsAre("order", "created", "v2"));
  EXPECT_THAT(words_in("order-created.v1"), ElementsAre("order", "created", "v1"));
  EXPECT_THAT(words_in("HTTPServer"), ElementsAre("httpserver"));
  EXPECT_THAT(words_in("größe Ærø"), ElementsAre("grosse", "aro"));
  EXPECT_THAT(words_in("注文\xff--"), IsEmpty());
}

TEST(Words, EachCaseAcceptsItsOwnAndNoOther) {
  struct Example {
    Case style;
    const char* right;
    const char* wrong;
  };
  for (const auto& [style, right, wrong] :
       std::initializer_list<Example>{{Case::kLower, "ordercreated2", "orderCreated"},
                                      {Case::kUpper, "ORDERCREATED", "ORDER_CREATED"},
                                      {Case::kKebab, "order-created", "order--created"},
                                      {Case::kSnake, "order_created", "order_created_"},
                                      {Case::kUpperSnake, "ORDER_CREATED", "ORDER_created"},
                                      {Case::kCamel, "orderCreated", "OrderCreated"},
                                      {Case::kPascal, "OrderCreated", "orderCreated"}}) {
    EXPECT_TRUE(is_in_case(right, style)) << right;
    EXPECT_FALSE(is_in_case(wrong, style)) << wrong;
    EXPECT_FALSE(is_in_case("", style));
    EXPECT_EQ(case_of(name_of(style)), style);
  }
  EXPECT_TRUE(is_in_case("Any_thing-at.all", Case::kAny));
  EXPECT_EQ(case_of("kebap"), std::nullopt);
}

RC_GTEST_PROP(Words, PutTogetherTheyAreInTheirCase, (std::string text)) {
  const auto words = words_in(text);
  RC_PRE(!words.empty());
  for (const std::string& name : case_names()) {
    const Case style = *case_of(name);
    RC_ASSERT(is_in_case(in_case(words, style), style));
  }
}

TEST(Words, AlternativesSayHowManyThereAre) {
  EXPECT_EQ(alternatives({"a"}), "a");
  EXPECT_EQ(alternatives({"a", "b", "c"}), "a, b or c");
  EXPECT_EQ(alternatives({"a", "b", "c"}, 1), "a or one of 2 more");
}

}  // namespace
}  // namespace rookery::lint
