// no_loss_test.cc
//
// What is owed and what is not, on histories that keep the promise and on histories that break it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulations/checkers/scenario.h"

namespace rookery::sim {
namespace {

using ::testing::HasSubstr;

constexpr const char* kNoLoss = "no loss";

TEST(NoLoss, FindsARecordNobodyConsumed) {
  Scenario s;
  s.appended(0, 2).generation(1, {{s.a, {0, 1}}});
  const auto one = s.consumer(s.a);
  s.works(one, 0, 1).finish(3);
  EXPECT_EQ(s.broken(), kNoLoss);
  EXPECT_THAT(s.text(), HasSubstr("orders.v1-0 @2 was never consumed"));
}

TEST(NoLoss, FindsARecordThatWasMarkedBeforeItsWork) {
  Scenario s;
  s.appended(0, 1).generation(1, {{s.a, {0, 1}}, {s.b, {}}});
  const auto one = s.consumer(s.a);
  const RunId run = s.starts(one, 0);
  s.marks(one, 0, run).commits(s.a, 1).happens(EventKind::kProcessCrashed, s.a);
  s.generation(2, {{s.b, {0, 1}}});
  s.works(s.consumer(s.b), 1).commits(s.b, 2).finish(2);
  EXPECT_EQ(s.broken(), kNoLoss);
  EXPECT_THAT(s.text(), HasSubstr("no run of orders.v1-0 @0 ever returned"));
}

// As the last thing it does, consume waits until its mark is committed.
TEST(NoLoss, TakesTheWordOfOneThatCrashedWhileItWaitedForItsCommit) {
  enum class Crash { kWhileItWaits, kBehindTheWait, kWithAnOpenOutput };
  for (const Crash crash :
       {Crash::kWhileItWaits, Crash::kBehindTheWait, Crash::kWithAnOpenOutput}) {
    Scenario s;
    s.appended(0, 1).generation(1, {{s.a, {0, 1}}, {s.b, {}}});
    const auto one = s.consumer(s.a);
    const RunId run = s.starts(one, 0);
    if (crash == Crash::kWithAnOpenOutput) s.sends(one, run);
    s.marks(one, 0, run).awaits_commit(one, 0, run);
    if (crash == Crash::kBehindTheWait) s.commits(s.a, 1).has_awaited_commit(one, 0, run);
    s.happens(EventKind::kProcessCrashed, s.a).generation(2, {{s.b, {0, 1}}});
    s.works(s.consumer(s.b), 1).commits(s.b, 2).finish(2);
    EXPECT_EQ(s.broken().empty(), crash == Crash::kWhileItWaits) << s.broken() << s.text();
  }
}

// Another lane seeks while the record is at work: its mark may have been committed before.
TEST(NoLoss, CountsWhatWasMarkedWhenASeekGoesBackPastIt) {
  for (const bool is_marked : {true, false}) {
    Scenario s;
    s.appended(0, 1).generation(1, {{s.a, {0, 1}}, {s.b, {}}});
    const auto one = s.consumer(s.a);
    const RunId run = s.starts(one, 0);
    if (is_marked) s.marks(one, 0, run).commits(s.a, 1);
    s.history.add(s.run_event(EventKind::kSought, s.lane_beside(one), 0, 0, 0));
    s.returns(one, 0, run).generation(2, {{s.b, {0, 1}}});
    s.works(s.consumer(s.b), 1).finish(2);
    EXPECT_EQ(s.text().find("orders.v1-0 @0") == std::string::npos, is_marked) << s.text();
  }
}

TEST(NoLoss, FindsAnOutputThatNeverArrived) {
  Scenario s;
  s.appended(0, 0).generation(1, {{s.a, {0, 1}}});
  const auto one = s.consumer(s.a);
  const RunId run = s.starts(one, 0);
  s.sends(one, run);
  s.returns(one, 0, run).finish(1);
  EXPECT_EQ(s.broken(), kNoLoss);
}

TEST(NoLoss, FindsLag) {
  Scenario s;
  s.appended(0, 1).generation(1, {{s.a, {0, 1}}});
  s.works(s.consumer(s.a), 0, 1).commits(s.a, 1).finish(2);
  EXPECT_EQ(s.broken(), kNoLoss);
  EXPECT_THAT(s.text(), HasSubstr("lag of orders.v1-0 is 1"));
}

TEST(NoLoss, FindsRecordsProducedTwiceOrNot) {
  for (const std::uint64_t produced : {std::uint64_t{1}, std::uint64_t{3}}) {
    Scenario s;
    s.appended(0, 1).generation(1, {{s.a, {0, 1}}});
    s.works(s.consumer(s.a), 0, 1).commits(s.a, 2).finish(produced);
    EXPECT_EQ(s.broken(), kNoLoss);
  }
}

TEST(NoLoss, FindsWhatACleanElectionLost) {
  Scenario s;
  s.appended(0, 2).produced(0).produced(1).lost(1);
  EXPECT_EQ(s.broken(), kNoLoss);
  EXPECT_THAT(s.text(), HasSubstr("orders.v1-0 @1 was acknowledged with acks=all"));
}

TEST(NoLoss, IsSilentOnWhatNobodyAcknowledged) {
  Scenario s;
  s.appended(0, 2).produced(0).lost(1).generation(1, {{s.a, {0, 1}}});
  s.appended(1, 1);  // sent again
  s.works(s.consumer(s.a), 0, 1).commits(s.a, 2).finish(2);
  EXPECT_EQ(s.broken(), "") << s.text();
}

TEST(NoLoss, IsSilentOnWeakAcknowledgements) {
  Scenario s;
  s.appended(0, 0).produced(0).generation(1, {{s.a, {0, 1}}});
  s.history.add(s.at({.kind = EventKind::kAppendedWeakly,
                      .partition = s.partitions[0],
                      .offset = 1,
                      .detail = Scenario::hash(1)}));
  s.produced(1).lost(1);
  s.works(s.consumer(s.a), 0).commits(s.a, 1).finish(2);
  EXPECT_EQ(s.broken(), "") << s.text();
}

TEST(NoLoss, ExcusesWhatAnUncleanElectionTook) {
  Scenario s;
  s.appended(0, 3).produced(0).produced(3).generation(1, {{s.a, {0, 1}}});
  const auto one = s.consumer(s.a);
  s.works(one, 0, 1);
  const RunId open = s.starts(one, 2);
  s.lost(1, EventKind::kLostLegally);
  s.returns(one, 2, open).commits(s.a, 3);  // of a log that is no more
  s.appended(1, 4);                         // other records: it goes back to them
  const auto two = s.consumer(s.a);
  s.works(two, 1, 4).commits(s.a, 5).finish(6);
  EXPECT_EQ(s.broken(), "") << s.text();
}

// Only what came back may lie behind a consumer that had followed others.
TEST(NoLoss, ExcusesWhatAnUncleanElectionBroughtBack) {
  for (const EventKind kind : {EventKind::kRestored, EventKind::kAppended}) {
    Scenario s;
    s.appended(0, 3).generation(1, {{s.a, {0, 1}}});
    s.works(s.consumer(s.a), 0, 3).commits(s.a, 4).lost(1, EventKind::kLostLegally);
    s.history.add(s.at(
        {.kind = kind, .partition = s.partitions[0], .offset = 1, .detail = Scenario::hash(1)}));
    s.appended(2, 2);
    const auto two = s.consumer(s.a);
    s.works(two, 2).commits(s.a, 3).finish(3);
    EXPECT_EQ(s.broken(), kind == EventKind::kRestored ? "" : kNoLoss) << s.text();
  }
}

// A log that has what another has refused leads again: it is there twice, but not thrice.
TEST(NoLoss, ExcusesWhatWasSentAgainBetweenTwoUncleanElections) {
  for (const std::uint64_t sent_again : {0, 1, 2}) {
    Scenario s;
    s.appended(0, 2).generation(1, {{s.a, {0, 1}}}).lost(1, EventKind::kLostLegally);
    for (const Offset offset : {1, 2}) {
      s.history.add(s.at({.kind = EventKind::kRestored,
                          .partition = s.partitions[0],
                          .offset = offset,
                          .detail = Scenario::hash(offset)}));
    }
    s.appended(3, 4);
    s.works(s.consumer(s.a), 0, 4).commits(s.a, 5).finish(3, sent_again);
    EXPECT_EQ(s.broken(), sent_again == 2 ? "" : kNoLoss) << s.text();
  }
}

TEST(NoLoss, OwesWhatCameAfterAnUncleanElection) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0, 1}}});
  s.works(s.consumer(s.a), 0, 3).commits(s.a, 4).lost(1, EventKind::kLostLegally);
  s.appended(1, 4).finish(5);
  EXPECT_EQ(s.broken(), kNoLoss);
  EXPECT_THAT(s.text(), HasSubstr("orders.v1-0 @1 was never consumed"));
}

}  // namespace
}  // namespace rookery::sim
