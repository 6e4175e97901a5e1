// framework_mutants_test.cc
//
// What would lose an output, a dead letter or its key is found by a program that has all three.
#include <gtest/gtest.h>
#include <rookery/runtime/mutant.h>

#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>

#include "simulations/mutants/hunt.h"
#include "simulations/properties/billing_life.h"

namespace rookery::sim {
namespace {

constexpr std::uint64_t kSeedsMost = 2'000;

// A find is the mutant's doing: the same seed is well without it, and the same again with it.
void expect_found(std::string_view mutant) {
  const RunFunction run = billing_life();
  const Hunt hunt = hunt_mutant(mutant, run, {.seeds_most = kSeedsMost});
  ASSERT_EQ(hunt.finds, 1U) << mutant << " survives " << hunt.runs << " runs";
  std::cout << mutant << ": run " << hunt.runs << ", " << hunt.broken->promise << ": "
            << hunt.broken->text << "\n";
  const HuntOptions same_seed = {.first_seed = hunt.seed, .seeds_most = 1};
  EXPECT_EQ(hunt_mutant("", run, same_seed).finds, 0U);
  const Hunt again = hunt_mutant(mutant, run, same_seed);
  ASSERT_EQ(again.finds, 1U);
  EXPECT_EQ(again.broken->text, hunt.broken->text);
}

TEST(FrameworkMutants, OutputsMarkedBeforeAcknowledged) {
  expect_found("outputs.marked_before_acknowledged");
}
TEST(FrameworkMutants, DeadLettersKeyReplaced) { expect_found("dead_letters.key_replaced"); }
TEST(FrameworkMutants, DeadLettersDispatchedAfterRevocation) {
  expect_found("dead_letters.dispatched_after_revocation");
}
TEST(FrameworkMutants, DeadLettersMarkedBeforeAcknowledged) {
  expect_found("dead_letters.marked_before_acknowledged");
}
TEST(FrameworkMutants, LedgerCommitsPastGap) { expect_found("ledger.commits_past_gap"); }

TEST(FrameworkMutants, AreAllHunted) {
  std::size_t count = 0;
  for (const MutantEntry& mutant : all_mutants()) count += mutant.mark.starts_with('F') ? 1 : 0;
  EXPECT_EQ(count, 5U);
}

}  // namespace
}  // namespace rookery::sim
