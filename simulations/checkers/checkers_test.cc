// checkers_test.cc
//
// Each promise on histories that keep it and on histories that break it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "simulations/checkers/scenario.h"

namespace rookery::sim {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr const char* kUnchanged = "records unchanged";
constexpr const char* kNoLoss = "no loss";
constexpr const char* kOrder = "order per partition";
constexpr const char* kDuplicates = "justified duplicates";
constexpr const char* kProgress = "commit never past undone work";
constexpr const char* kOwner = "commits only forwards, by the owner";
constexpr const char* kHandBack = "no work after hand-back";

TEST(Checkers, AreSilentOnAPlainHistory) {
  Scenario s;
  s.appended(0, 4).generation(1, {{s.a, {0}}, {s.b, {1}}});
  const auto one = s.consumer(s.a);
  s.works(one, 0, 4).commits(s.a, 5).finish(5);
  EXPECT_EQ(s.broken(), "") << s.text();
}

TEST(Checkers, AreSilentOnACrashAndItsDuplicates) {
  Scenario s;
  s.appended(0, 9).generation(1, {{s.a, {0}}, {s.b, {1}}});
  const auto one = s.consumer(s.a);
  s.works(one, 0, 3).commits(s.a, 2).works(one, 4, 6);
  s.starts(one, 7);
  s.happens(EventKind::kProcessCrashed, s.a).passes(seconds(10)).generation(2, {{s.b, {0, 1}}});
  const auto two = s.consumer(s.b);
  s.works(two, 2, 9).commits(s.b, 10).finish(10);
  EXPECT_EQ(s.broken(), "") << s.text();
  EXPECT_EQ(s.judge.model().duplicates(), 5U);
}

TEST(Checkers, AreSilentOnRetriesAndFailedOutputs) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0, 1}}});
  const auto one = s.consumer(s.a);
  RunId run = s.starts(one, 0);
  s.throws(one, 0, run);
  s.works(one, 0);
  run = s.starts(one, 1);
  const SendId lost = s.sends(one, run);
  s.returns(one, 1, run).works(one, 2).output_fails(run, lost);
  // Back to the record whose output failed, and on from there.
  run = s.starts(one, 1);
  const SendId sent = s.sends(one, run);
  s.returns(one, 1, run).acknowledged(run, sent, 0).works(one, 2, 3).commits(s.a, 4).finish(4);
  EXPECT_EQ(s.broken(), "") << s.text();
}

TEST(Checkers, AreSilentOnABatchThatThrowsAndRunsAgain) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0, 1}}});
  const auto one = s.consumer(s.a);
  const RunId first = s.starts(one, 0);
  const RunId second = s.starts(one, 1, first);
  const RunId third = s.starts(one, 2, first);
  s.marks(one, 0, first);
  s.throws(one, 0, first).throws(one, 1, second, first).throws(one, 2, third, first);
  s.works(one, 1, 3).commits(s.a, 4);
  EXPECT_EQ(s.broken(), "") << s.text();
}

TEST(UnchangedRecords, FindsAnotherPayload) {
  Scenario s;
  s.appended(0, 1).generation(1, {{s.a, {0}}});
  const auto one = s.consumer(s.a);
  Event start = s.run_event(EventKind::kConsumeStarted, one, 0, 1, 1);
  start.detail = 5;
  s.history.add(start);
  EXPECT_EQ(s.broken(), kUnchanged);
  EXPECT_THAT(s.text(), HasSubstr("orders.v1-0 @0"));
}

TEST(UnchangedRecords, FindsARecordTheClusterDoesNotHold) {
  Scenario s;
  s.appended(0, 1).generation(1, {{s.a, {0}}});
  s.starts(s.consumer(s.a), 2);
  EXPECT_EQ(s.broken(), kUnchanged);
}

TEST(UnchangedRecords, FindsAnAcknowledgedOutputThatIsNotThere) {
  Scenario s;
  s.appended(0, 0).generation(1, {{s.a, {0}}});
  const auto one = s.consumer(s.a);
  const RunId run = s.starts(one, 0);
  const SendId send = s.sends(one, run);
  s.acknowledged(run, send, 0, 78);
  EXPECT_EQ(s.broken(), kUnchanged);
}

TEST(Order, FindsAJumpForwards) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0}}});
  const auto one = s.consumer(s.a);
  s.works(one, 0).works(one, 2);
  EXPECT_EQ(s.broken(), kOrder);
  EXPECT_THAT(s.text(), HasSubstr("orders.v1-0 @2 starts right after orders.v1-0 @0"));
}

TEST(Order, KnowsGapsInOffsets) {
  Scenario s;
  s.appended(0, 1).appended(5, 6).generation(1, {{s.a, {0, 1}}});
  const auto one = s.consumer(s.a);
  s.works(one, 0, 1).works(one, 5, 6).commits(s.a, 7).finish(4);
  EXPECT_EQ(s.broken(), "") << s.text();
}

TEST(Order, FindsTwoAtOnce) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0}}});
  const auto one = s.consumer(s.a);
  s.starts(one, 0);
  s.starts(one, 1);
  EXPECT_EQ(s.broken(), kOrder);
}

TEST(Order, FindsARecordPassedOverAfterItThrew) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0}}});
  const auto one = s.consumer(s.a);
  const RunId run = s.starts(one, 0);
  s.throws(one, 0, run).works(one, 1);
  EXPECT_EQ(s.broken(), kOrder);
}

TEST(Order, FindsAnOwnerThatBeginsTooFarOn) {
  Scenario s;
  s.appended(0, 9).generation(1, {{s.a, {0}}, {s.b, {}}});
  s.works(s.consumer(s.a), 0, 3).commits(s.a, 4).generation(2, {{s.a, {}}, {s.b, {0}}});
  s.starts(s.consumer(s.b), 6);
  EXPECT_EQ(s.broken(), kOrder);
}

TEST(Duplicates, FindsARecordRunAgainWithoutCause) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0}}});
  const auto one = s.consumer(s.a);
  s.works(one, 0, 1).works(one, 1);
  EXPECT_EQ(s.broken(), kDuplicates);
}

TEST(Duplicates, FindsAnOwnerThatBeginsBelowTheCommit) {
  Scenario s;
  s.appended(0, 9).generation(1, {{s.a, {0}}, {s.b, {}}});
  s.works(s.consumer(s.a), 0, 3).commits(s.a, 4).generation(2, {{s.a, {}}, {s.b, {0}}});
  s.starts(s.consumer(s.b), 3);
  EXPECT_EQ(s.broken(), kDuplicates);
}

TEST(CommitProgress, FindsACommitOfARecordAtWork) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0}}});
  const auto one = s.consumer(s.a);
  s.works(one, 0);
  s.starts(one, 1);
  s.commits(s.a, 1);
  EXPECT_EQ(s.broken(), "") << s.text();
  s.commits(s.a, 2);
  EXPECT_EQ(s.broken(), kProgress);
  EXPECT_THAT(s.text(), HasSubstr("orders.v1-0 @1 is still running on server-a"));
}

TEST(CommitProgress, FindsACommitBeforeTheOutputIsAcknowledged) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0}}});
  const auto one = s.consumer(s.a);
  const RunId run = s.starts(one, 0);
  s.sends(one, run);
  s.returns(one, 0, run).commits(s.a, 1);
  EXPECT_EQ(s.broken(), kProgress);
  EXPECT_THAT(s.text(), HasSubstr("an output that is not acknowledged"));
}

TEST(CommitProgress, FindsACommitOfAThrownRecordAndOneNeverConsumed) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0}}});
  const auto one = s.consumer(s.a);
  const RunId run = s.starts(one, 0);
  s.throws(one, 0, run).commits(s.a, 1);
  EXPECT_EQ(s.broken(), kProgress);

  Scenario t;
  t.appended(0, 3).generation(1, {{t.a, {0}}}).commits(t.a, 1);
  EXPECT_EQ(t.broken(), kProgress);
}

TEST(CommitProgress, FindsACommitPastTheEnd) {
  Scenario s;
  s.appended(0, 1).generation(1, {{s.a, {0}}});
  s.works(s.consumer(s.a), 0, 1).commits(s.a, 3);
  EXPECT_EQ(s.broken(), kProgress);
}

TEST(CommitOwner, FindsACommitThatFalls) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0}}});
  s.works(s.consumer(s.a), 0, 3).commits(s.a, 3).commits(s.a, 2);
  EXPECT_EQ(s.broken(), kOwner);
}

// What was committed may have lain in what two losses took: the one that goes further back counts.
TEST(CommitOwner, LetsACommitFallToWhatWasLostAndNoFurther) {
  for (const Offset falls_to : {Offset{1}, Offset{2}}) {
    Scenario s;
    s.appended(0, 9).generation(1, {{s.a, {0}}});
    s.works(s.consumer(s.a), 0, 4).commits(s.a, 5);
    s.lost(5, EventKind::kLostLegally).appended(5, 8);
    s.works(s.consumer(s.a), 5, 8).commits(s.a, 9);
    s.lost(2, EventKind::kLostLegally).commits(s.a, falls_to);
    EXPECT_EQ(s.broken(), falls_to == 1 ? kOwner : "") << s.text();
  }
}

TEST(CommitOwner, FindsACommitByAnother) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0}}, {s.b, {1}}});
  s.works(s.consumer(s.a), 0, 3).generation(2, {{s.a, {1}}, {s.b, {0}}}).commits(s.a, 4);
  EXPECT_EQ(s.broken(), kOwner);
}

TEST(CommitOwner, LetsAMemberCommitWhatItIsGivingUp) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0}}, {s.b, {1}}});
  s.works(s.consumer(s.a), 0, 3).generation(2, {{s.a, {}}, {s.b, {1}}}).commits(s.a, 4);
  EXPECT_EQ(s.broken(), "") << s.text();
}

TEST(HandBack, FindsAStartByAMemberThatGaveThePartitionUp) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0}}, {s.b, {1}}});
  const auto one = s.consumer(s.a);
  s.works(one, 0).generation(2, {{s.a, {1}}, {s.b, {0}}}).works(one, 1);
  EXPECT_EQ(s.broken(), kHandBack);
}

TEST(HandBack, ExcusesAPausedOwnerForAWhile) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0}}, {s.b, {1}}});
  const auto one = s.consumer(s.a);
  s.works(one, 0).happens(EventKind::kProcessPaused, s.a).generation(2, {{s.b, {0, 1}}});
  s.passes(seconds(200)).happens(EventKind::kProcessResumed, s.a).works(one, 1);
  EXPECT_EQ(s.broken(), "") << s.text();
  s.passes(seconds(100)).works(one, 2);
  EXPECT_EQ(s.broken(), kHandBack);
}

TEST(HandBack, FindsAStartOfAPartitionNeverGiven) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0}}, {s.b, {1}}});
  s.works(s.consumer(s.b), 0);
  EXPECT_EQ(s.broken(), kHandBack);
}

TEST(HandBack, FindsAnEarlierOwnershipAtWorkAfterALaterOne) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0}}});
  const auto one = s.consumer(s.a);
  s.works(one, 0).generation(2, {{s.a, {0}}});
  const auto two = s.consumer(s.a);
  s.works(two, 0).works(one, 1);
  EXPECT_EQ(s.broken(), kHandBack);
}

TEST(Checkers, ExcuseWhatRetentionTook) {
  Scenario s;
  s.appended(0, 9).generation(1, {{s.a, {0, 1}}});
  const auto one = s.consumer(s.a);
  s.works(one, 0, 1).removed_below(5).works(one, 5, 9).commits(s.a, 10).finish(10);
  EXPECT_EQ(s.broken(), "") << s.text();

  Scenario t;
  t.appended(0, 9).generation(1, {{t.a, {0, 1}}});
  const auto other = t.consumer(t.a);
  t.works(other, 0, 1).removed_below(5).works(other, 6);
  EXPECT_EQ(t.broken(), kOrder);
}

TEST(Checkers, ExcuseWhatLiesBeforeAGroupThatBeginsAtTheEnd) {
  for (const bool is_latest : {true, false}) {
    Scenario s;
    if (is_latest) s.judge.set_latest(s.group);
    s.appended(0, 9).generation(1, {{s.a, {0, 1}}});
    s.works(s.consumer(s.a), 6, 9).commits(s.a, 10).finish(10);
    EXPECT_EQ(s.broken(), is_latest ? "" : kProgress) << s.text();
  }
  // Once it has begun, nothing more is.
  Scenario s;
  s.judge.set_latest(s.group);
  s.appended(0, 9).generation(1, {{s.a, {0, 1}}});
  s.works(s.consumer(s.a), 6, 8).finish(10);
  EXPECT_EQ(s.broken(), kNoLoss);
  // The end that it found may be committed at once; from there on all is owed.
  Scenario u;
  u.judge.set_latest(u.group);
  u.appended(0, 4).generation(1, {{u.a, {0, 1}}}).commits(u.a, 5).appended(5, 6);
  u.works(u.consumer(u.a), 5, 6).commits(u.a, 7).finish(7);
  EXPECT_EQ(u.broken(), "") << u.text();
  // And one to which nothing came is owed nothing.
  Scenario t;
  t.judge.set_latest(t.group);
  t.appended(0, 9).generation(1, {{t.a, {0, 1}}}).finish(10);
  EXPECT_EQ(t.broken(), "") << t.text();
}

TEST(Judge, TellsTheFirstBreachOnly) {
  Scenario s;
  int told = 0;
  s.judge.on_breach([&](const Breach&) { ++told; });
  s.appended(0, 3).generation(1, {{s.a, {0}}}).commits(s.a, 1).commits(s.a, 2).finish(9);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(s.broken(), kProgress);
  EXPECT_EQ(s.judge.breach()->partition, s.partitions[0]);
}

// ---- Dead letters

}  // namespace
}  // namespace rookery::sim
