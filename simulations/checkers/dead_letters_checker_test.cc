// dead_letters_checker_test.cc
//
// What may be given up, and what its dead letter must be, on histories that keep the promise and on
// histories that break it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulations/checkers/scenario.h"

namespace rookery::sim {
namespace {

// Partition 0 is server-a's; its consumer has failed with record 1.
struct GivenUp : Scenario {
  GivenUp() {
    appended(0, 4).generation(1, {{a, {0}}, {b, {1}}});
    one = consumer(a);
    works(one, 0);
    throws(one, 1, starts(one, 1));
  }
  Consumer one{};
};

TEST(DeadLetters, AFailedRecordMayBeGivenUpAndPassedOver) {
  GivenUp s;
  s.dead_letter(EventKind::kDeadLetterSent, s.a, 1).works(s.one, 2);
  s.dead_letter(EventKind::kDeadLettered, s.a, 1).commits(s.a, 3);
  EXPECT_EQ(s.broken(), "") << s.text();
}

TEST(DeadLetters, ALateOwnerGivesUpItsOwnRunOfTheRecord) {
  GivenUp s;
  // The partition moves on, and the new owner has run the record before the old one, which has not
  // heard of it, goes on.
  s.happens(EventKind::kProcessPaused, s.a).generation(2, {{s.b, {0, 1}}});
  const auto two = s.consumer(s.b);
  s.works(two, 0);
  s.starts(two, 1);
  s.happens(EventKind::kProcessResumed, s.a);
  s.dead_letter(EventKind::kDeadLetterSent, s.a, 1).works(s.one, 2);
  EXPECT_EQ(s.broken(), "") << s.text();
}

TEST(DeadLetters, OneThatIsNotAcknowledgedIsNotCommitted) {
  GivenUp s;
  s.dead_letter(EventKind::kDeadLetterSent, s.a, 1).works(s.one, 2).commits(s.a, 3);
  EXPECT_EQ(s.broken(), "commit never past undone work");
}

TEST(DeadLetters, AHealthyRecordIsNotGivenUp) {
  GivenUp s;
  s.dead_letter(EventKind::kDeadLetterSent, s.a, 0);
  EXPECT_EQ(s.broken(), "dead letters of failed records only");
}

TEST(DeadLetters, ItsContentIsNotChanged) {
  GivenUp s;
  s.dead_letter(EventKind::kDeadLetterSent, s.a, 1, /*hash_changed_by=*/1);
  EXPECT_EQ(s.broken(), "dead letters of failed records only");
}

TEST(DeadLetters, OnlyTheOwnerGivesUp) {
  GivenUp s;
  s.generation(2, {{s.a, {}}, {s.b, {0, 1}}});
  s.dead_letter(EventKind::kDeadLetterSent, s.a, 1);
  EXPECT_EQ(s.broken(), "dead letters of failed records only");
}

TEST(DeadLetters, AFailedOneIsSentAgainWithThoseBehindIt) {
  GivenUp s;
  s.dead_letter(EventKind::kDeadLetterSent, s.a, 1).works(s.one, 2, 3);
  s.dead_letter(EventKind::kDeadLetterFailed, s.a, 1);
  s.dead_letter(EventKind::kDeadLetterSent, s.a, 1).works(s.one, 2, 4);
  EXPECT_EQ(s.broken(), "") << s.text();
}

// The rest of its batch has run without it in between.
TEST(DeadLetters, AFailedOneOfABatchIsSentAgainWithThoseBehindIt) {
  for (const bool has_failed : {true, false}) {
    Scenario s;
    s.appended(0, 4).generation(1, {{s.a, {0}}, {s.b, {1}}});
    const auto one = s.consumer(s.a);
    const RunId first = s.starts(one, 0);
    const RunId second = s.starts(one, 1, first);
    const RunId third = s.starts(one, 2, first);
    s.throws(one, 0, first, first).throws(one, 1, second, first).throws(one, 2, third, first);
    s.dead_letter(EventKind::kDeadLetterSent, s.a, 1).works(one, 0).works(one, 2);
    if (has_failed) s.dead_letter(EventKind::kDeadLetterFailed, s.a, 1);
    s.dead_letter(EventKind::kDeadLetterSent, s.a, 1).works(one, 2);
    EXPECT_EQ(s.broken(), has_failed ? "" : "justified duplicates") << s.text();
  }
}

TEST(DeadLetters, NothingRunsAgainWithoutSuchAFailure) {
  GivenUp s;
  s.dead_letter(EventKind::kDeadLetterSent, s.a, 1).works(s.one, 2, 3);
  s.dead_letter(EventKind::kDeadLetterSent, s.a, 1).works(s.one, 2);
  EXPECT_EQ(s.broken(), "justified duplicates");
}

TEST(DeadLetters, ASkippedRecordIsDone) {
  GivenUp s;
  s.dead_letter(EventKind::kSkipped, s.a, 1).commits(s.a, 2);
  EXPECT_EQ(s.broken(), "") << s.text();
}

}  // namespace
}  // namespace rookery::sim
