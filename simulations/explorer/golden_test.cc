// golden_test.cc
//
// The whole text of some failures, as people read it, against files in testdata/ (golden.h).

#include "simulations/explorer/golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "simulations/explorer/canaries.h"

namespace rookery::sim {
namespace {

// So many seeds are enough for each.
constexpr std::uint64_t kSeeds = 200;

class GoldenText : public ::testing::TestWithParam<const char*> {};

std::string file_name(std::string name) {
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, GoldenText,
                         ::testing::Values("marks too early", "loses outputs",
                                           "passes a record over", "never succeeds",
                                           "locks in two orders"),
                         [](const ::testing::TestParamInfo<const char*>& tested) {
                           return file_name(tested.param);
                         });

TEST_P(GoldenText, IsAsItWas) {
  expect_golden_story(canary(GetParam()).run(), kSeeds,
                      "simulations/explorer/testdata/" + file_name(GetParam()) + ".txt");
}

}  // namespace
}  // namespace rookery::sim
