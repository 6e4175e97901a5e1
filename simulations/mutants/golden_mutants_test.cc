// golden_mutants_test.cc
//
// What a person reads of five known bugs, against files in testdata/. Renewed by
// bazel run //simulations/mutants:golden_mutants_test -- --renew

#include <gtest/gtest.h>
#include <rookery/runtime/mutant.h>

#include <string>

#include "simulations/explorer/golden.h"
#include "simulations/properties/billing_life.h"
#include "simulations/properties/group_life.h"

namespace rookery::sim {
namespace {

constexpr std::uint64_t kSeeds = 10'000;

void expect_golden(const std::string& mutant, const RunFunction& run) {
  ASSERT_TRUE(switch_mutant_on(mutant)) << mutant;
  expect_golden_story(run, kSeeds, "simulations/mutants/testdata/" + mutant + ".txt");
  switch_mutant_on("");
}

TEST(GoldenMutants, AJoinUnderTheLock) { expect_golden("heartbeat.join_under_lock", group_life); }
TEST(GoldenMutants, ACloseThatWaitsUnderTheLock) {
  expect_golden("close.waits_for_listener_under_lock", group_life);
}
TEST(GoldenMutants, ALateJoinThatIsFollowed) {
  expect_golden("rejoin.late_join_is_followed", group_life);
}
TEST(GoldenMutants, AMarkBeforeTheAcknowledgement) {
  expect_golden("outputs.marked_before_acknowledged", billing_life());
}
TEST(GoldenMutants, AKeyReplaced) { expect_golden("dead_letters.key_replaced", billing_life()); }

}  // namespace
}  // namespace rookery::sim
