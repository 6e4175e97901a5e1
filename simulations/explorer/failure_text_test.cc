// failure_text_test.cc
//
// What a person reads: never more than 25 lines, the important ones first. Whole texts are in
// testdata/, held by golden_test.

#include "simulations/explorer/failure_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace rookery::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

RunOutcome outcome_with(std::size_t text_lines, std::size_t events, std::size_t faults) {
  RunOutcome outcome;
  outcome.size = {.members = 4, .records = 1000, .faults = 11, .preemptions = 18'233};
  outcome.broken = BrokenPromise{.promise = "no loss", .text = "orders-0 @7 was never consumed"};
  for (std::size_t i = 1; i < text_lines; ++i) {
    outcome.broken->text += "\nmore " + std::to_string(i);
  }
  for (std::size_t i = 1; i <= events; ++i) {
    outcome.broken->timeline.push_back("     1.000 s  kafka  event " + std::to_string(i));
  }
  for (std::size_t i = 1; i <= faults; ++i) {
    outcome.broken->faults.push_back("storm " + std::to_string(i));
  }
  return outcome;
}

std::string story_of(const RunOutcome& outcome,
                     const std::optional<testing::Shrinking>& shrunk = std::nullopt) {
  testing::Violation violation{.seed = 17,
                               .promise = outcome.broken->promise,
                               .text = failure_text(outcome, shrunk),
                               .replay = "r2:abc",
                               .commands = {"one --replay r2:abc", "two --replay r2:abc"}};
  return violation.story();
}

TEST(FailureText, ReadsFromWhatBrokeToHowToSeeItAgain) {
  const testing::Shrinking shrunk{
      .from = {.members = 4, .records = 1000, .faults = 11, .preemptions = 18'233},
      .to = {.members = 1, .records = 3, .faults = 0, .preemptions = 2},
      .runs = 100,
      .is_complete = true};
  EXPECT_EQ(story_of(outcome_with(2, 2, 1), shrunk),
            "seed 17 broke the promise \"no loss\"\n"
            "  orders-0 @7 was never consumed\n"
            "  more 1\n"
            "\n"
            "  1.000 s  kafka  event 1\n"
            "  1.000 s  kafka  event 2\n"
            "\n"
            "  faults        storm 1\n"
            "  fails with    1 member, 3 records, 0 faults, 2 pre-emptions"
            " (from 4, 1 000, 11, 18 233)\n"
            "  run it again  one --replay r2:abc\n"
            "  or            two --replay r2:abc\n");
}

TEST(FailureText, SaysWhenItCouldNotBeMadeSmaller) {
  const testing::Shrinking shrunk{.from = {.members = 4}, .to = {.members = 2}, .runs = 100};
  EXPECT_THAT(story_of(outcome_with(1, 0, 0), shrunk),
              HasSubstr("(from 4, 0, 0, 0); time was up\n"));
  EXPECT_THAT(
      story_of(outcome_with(1, 0, 0)),
      HasSubstr("fails with    4 members, 1 000 records, 11 faults, 18 233 pre-emptions\n"));
}

TEST(FailureText, HasAtMost25LinesWhateverThereIsToTell) {
  for (const std::size_t text_lines : {1, 5, 30}) {
    for (const std::size_t events : {0, 1, 10, 100}) {
      for (const std::size_t faults : {0, 1, 3, 20}) {
        const std::string story = story_of(outcome_with(text_lines, events, faults));
        EXPECT_LE(std::count(story.begin(), story.end(), '\n'), 25) << story;
        EXPECT_THAT(story, HasSubstr("orders-0 @7 was never consumed"));
        if (events == 0) continue;
        EXPECT_THAT(story, HasSubstr("event " + std::to_string(events) + "\n"));
      }
    }
  }
}

TEST(FailureText, CutsTheOldestEventsAndTheRestOfTheFaults) {
  const std::string story = story_of(outcome_with(1, 100, 20));
  EXPECT_THAT(story, Not(HasSubstr("event 50\n")));
  EXPECT_THAT(story, HasSubstr("event 90\n"));
  EXPECT_THAT(story, HasSubstr("storm 3, and 17 more\n"));
  EXPECT_THAT(story, Not(HasSubstr("storm 4")));
}

TEST(FailureText, LeavesStacksToTheTrace) {
  RunOutcome outcome = outcome_of(RunResult{
      .failure =
          Failure{"deadlock", "a cycle\n  cycle: a -> b -> a\n  stack of thread \"a\":\n    f()"}});
  const std::string story = story_of(outcome);
  EXPECT_THAT(story, HasSubstr("  cycle: a -> b -> a\n"));
  EXPECT_THAT(story, Not(HasSubstr("f()")));
  EXPECT_THAT(outcome.broken->details, HasSubstr("f()"));
}

TEST(FailureText, TellsTheCircleOfADeadlockAndWhoIsInIt) {
  RunOutcome outcome = outcome_with(1, 0, 0);
  outcome.broken->text =
      "threads wait for each other in a cycle\n"
      "  thread \"main\" of process \"world\" sleeps, until 3.0 s\n"
      "  thread \"closer\" of process \"members\" waits for the end of thread \"beats\"\n"
      "  thread \"beats\" of process \"members\" waits for mutex \"m\", held by thread \"closer\"\n"
      "  cycle: \"closer\" -> end of -> \"beats\" -> mutex \"m\" -> \"closer\"\n"
      "  at 2.0 s, step 7, on thread \"closer\" of process \"members\"";
  EXPECT_THAT(
      failure_text(outcome, std::nullopt),
      ::testing::StartsWith(
          "  threads wait for each other in a cycle\n"
          "  cycle: \"closer\" -> end of -> \"beats\" -> mutex \"m\" -> \"closer\"\n"
          "  thread \"closer\" of process \"members\" waits for the end of thread \"beats\"\n"
          "  thread \"beats\" of process \"members\" waits for mutex \"m\", held by thread "
          "\"closer\"\n"
          "  at 2.0 s, step 7, on thread \"closer\" of process \"members\"\n"));
}

TEST(FailureText, TellsAPromiseThatIsKnownInAFewLines) {
  const std::string text = short_failure_text(outcome_with(10, 10, 10), 3);
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 4);
  EXPECT_THAT(text, HasSubstr("as seed 3 tells of this promise"));
}

}  // namespace
}  // namespace rookery::sim
