// progress_mutants_test.cc
//
// What takes records for done that are not, or forgets those that are, is found.
#include <gtest/gtest.h>
#include <rookery/runtime/mutant.h>

#include <cstddef>
#include <string_view>

#include "simulations/mutants/expect_found.h"
#include "simulations/properties/progress_life.h"

namespace rookery::sim {
namespace {

void expect_found_by_progress(std::string_view mutant) {
  expect_found(mutant, progress_life_to_hunt(mutant));
}

TEST(ProgressMutants, CountsWhatIsTaken) {
  expect_found_by_progress("progress.counts_what_is_taken");
}
TEST(ProgressMutants, BelievesAnotherLife) {
  expect_found_by_progress("progress.believes_another_life");
}
TEST(ProgressMutants, RunsStandStill) { expect_found_by_progress("progress.runs_stand_still"); }
TEST(ProgressMutants, IsNotWritten) { expect_found_by_progress("progress.is_not_written"); }

TEST(ProgressMutants, AreAllHunted) {
  std::size_t count = 0;
  for (const MutantEntry& mutant : all_mutants()) count += mutant.mark.starts_with('P') ? 1 : 0;
  EXPECT_EQ(count, 4U);
}

}  // namespace
}  // namespace rookery::sim
