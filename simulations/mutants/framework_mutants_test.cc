// framework_mutants_test.cc
//
// What would lose an output or commit too far is found; dead letters are dlq_mutants_test's.
#include <gtest/gtest.h>
#include <rookery/runtime/mutant.h>

#include <cstddef>

#include "simulations/mutants/expect_found.h"
#include "simulations/properties/filter_life.h"

namespace rookery::sim {
namespace {

TEST(FrameworkMutants, OutputsMarkedBeforeAcknowledged) {
  expect_found("outputs.marked_before_acknowledged");
}
TEST(FrameworkMutants, LedgerCommitsPastGap) { expect_found("ledger.commits_past_gap"); }
TEST(FrameworkMutants, PartitionKeepsWhatWasTruncated) {
  expect_found("partition.keeps_what_was_truncated");
}
TEST(FrameworkMutants, CommitForgetsTruncatedEpoch) {
  expect_found("commit.forgets_truncated_epoch");
}

TEST(FrameworkMutants, FiltersPauseForEver) {
  expect_found("filters.pause_for_ever", filter_life());
}
TEST(FrameworkMutants, FiltersCommitPastHeld) {
  expect_found("filters.commits_past_held", filter_life());
}
TEST(FrameworkMutants, FiltersRewindUnmarksDropped) {
  expect_found("filters.rewind_unmarks_dropped", filter_life());
}
TEST(FrameworkMutants, WaitingMarkedOnReturn) {
  expect_found("waiting.marked_on_return", waiting_life());
}

TEST(FrameworkMutants, AreAllHunted) {
  std::size_t count = 0;
  for (const MutantEntry& mutant : all_mutants()) count += mutant.mark.starts_with('F') ? 1 : 0;
  EXPECT_EQ(count, 13U);
}

}  // namespace
}  // namespace rookery::sim
