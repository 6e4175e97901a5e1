// pattern_test.cc
//
// Names laid over patterns, also where separators stand in parts.

#include "lint/topics/pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery::lint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Pattern pattern_of(std::string_view text) {
  std::string error;
  auto pattern = Pattern::parse(text, error);
  EXPECT_TRUE(pattern) << error;
  return pattern.value_or(Pattern());
}

TEST(Pattern, PartsAreNamedAndFilled) {
  const Pattern pattern = pattern_of("{domain}.{name}.v{version}");
  const auto fit = pattern.fit("billing.orders.v12");
  ASSERT_TRUE(fit);
  EXPECT_THAT(fit->values, ElementsAre("billing", "orders", "12"));
  EXPECT_EQ(fit->wrong, 0U);
  EXPECT_EQ(pattern.fill({"billing", "orders", "12"}), "billing.orders.v12");
  EXPECT_FALSE(pattern.fit("billing.orders"));
  EXPECT_FALSE(pattern.fit("billing.orders.v"));
  EXPECT_FALSE(pattern.fit(""));
}

TEST(Pattern, TheWayThatBreaksLeastIsTaken) {
  Pattern pattern = pattern_of("{team}_{name}");
  pattern.parts()[0].words = {"big_data", "web"};
  pattern.parts()[1].style = Case::kSnake;
  EXPECT_THAT(pattern.fit("big_data_order_items")->values, ElementsAre("big_data", "order_items"));
  EXPECT_THAT(pattern.fit("web_order_items")->values, ElementsAre("web", "order_items"));
  const auto fit = pattern.fit("wep_order_items");
  EXPECT_EQ(fit->wrong, 1U);
  EXPECT_THAT(fit->values, ElementsAre("wep", "order_items"));
}

TEST(Pattern, ManySeparatorsTakeNoTimeToSpeakOf) {
  std::string name;
  for (int i = 0; i < 124; ++i) name += "A.";
  Pattern pattern = pattern_of("{a}.{b}.{c}.{d}.{e}.{f}");
  for (Part& part : pattern.parts()) part.style = Case::kKebab;
  const auto fit = pattern.fit(name + "A");
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->wrong, 6U);
}

TEST(Pattern, ItsVersionCanBeTakenOff) {
  std::string version;
  const auto shorter = pattern_of("{name}.v{version}").without_version(version);
  ASSERT_TRUE(shorter);
  EXPECT_EQ(version, ".v1");
  EXPECT_TRUE(shorter->fit("orders"));
  EXPECT_FALSE(pattern_of("{name}").without_version(version));
  EXPECT_FALSE(pattern_of("v{version}").without_version(version));
}

TEST(Pattern, MistakesAreTold) {
  const auto error_of = [](std::string_view text) {
    std::string error;
    EXPECT_FALSE(Pattern::parse(text, error)) << text;
    return error;
  };
  EXPECT_THAT(error_of("{a}{b}"), HasSubstr("something between them: {a}{b}"));
  EXPECT_THAT(error_of("{a}.{a}"), HasSubstr("{a} stands twice"));
  EXPECT_THAT(error_of("{a"), HasSubstr("{name}"));
  EXPECT_THAT(error_of("{}"), HasSubstr("{name}"));
  EXPECT_THAT(error_of("{A}"), HasSubstr("small letters"));
  EXPECT_THAT(error_of("orders"), HasSubstr("at least one {part}"));
  EXPECT_THAT(error_of(""), HasSubstr("at least one {part}"));
  EXPECT_THAT(error_of("{a}/{b}"), HasSubstr("letters, digits"));
}

}  // namespace
}  // namespace rookery::lint
