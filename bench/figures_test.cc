// figures_test.cc
//
// Medians, what counts as met, and both forms of output.
#include "bench/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace rookery::bench {
namespace {

using ::testing::HasSubstr;

TEST(Median, IsTheMiddleOrTheMeanOfTwo) {
  EXPECT_DOUBLE_EQ(median({3, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(median({4, 1, 3, 2}), 2.5);
  EXPECT_DOUBLE_EQ(median({7}), 7);
}

TEST(Figure, IsMetOnTheRightSideOfItsTarget) {
  Figure figure{.better = Better::kHigher, .value = 9, .target = 10};
  EXPECT_FALSE(figure.is_met());
  figure.value = 10;
  EXPECT_TRUE(figure.is_met());
  figure.better = Better::kLower;
  EXPECT_TRUE(figure.is_met());
  figure.value = 10.5;
  EXPECT_FALSE(figure.is_met());
}

TEST(Figures, GoIntoGooglesDocument) {
  const Figures figures = {
      {"a.rate", {.unit = "records/s", .value = 5e6, .target = 4.5e6, .raw = 5e6}},
      {"b.latency", {.unit = "us", .better = Better::kLower, .value = 12.5, .target = 100}}};
  const auto document =
      nlohmann::json::parse(with_figures(R"({"context": {}, "benchmarks": []})", figures));
  EXPECT_TRUE(document.contains("context"));
  EXPECT_TRUE(document.contains("benchmarks"));
  EXPECT_EQ(document["figures"]["a.rate"], (nlohmann::json{{"value", 5e6},
                                                           {"unit", "records/s"},
                                                           {"better", "higher"},
                                                           {"target", 4.5e6},
                                                           {"raw", 5e6}}));
  EXPECT_EQ(document["figures"]["b.latency"], (nlohmann::json{{"value", 12.5},
                                                              {"unit", "us"},
                                                              {"better", "lower"},
                                                              {"target", 100.0},
                                                              {"raw", nullptr}}));
}

TEST(Figures, ReadWellAsATable) {
  const std::string text = table(
      {{"a.rate", {.unit = "records/s", .value = 5.21e6, .target = 5e6, .raw = 1.3e6}},
       {"b.latency", {.unit = "us", .better = Better::kLower, .value = 112.4, .target = 100}}});
  EXPECT_THAT(text, HasSubstr("5.21 M records/s"));
  EXPECT_THAT(text, HasSubstr(">= 5.00 M records/s"));
  EXPECT_THAT(text, HasSubstr("    4.01  yes\n"));
  EXPECT_THAT(text, HasSubstr("112 us"));
  EXPECT_THAT(text, HasSubstr("       -  no\n"));
}

}  // namespace
}  // namespace rookery::bench
