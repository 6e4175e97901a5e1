// connection_commits_test.cc
//
// When the control thread commits, and when it has nothing to say.
#include <rookery/processing/testing/harness.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::ElementsAre;

TEST(Commits, ComeAtTheIntervalAndAtTheEnd) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([&](const Record& r) {
                                  board.note("c " + std::to_string(r.offset()));
                                })},
                        {.commit_interval = 1h});
  harness.assign()->push(4);
  board.wait_for_notes("c ", 4);
  EXPECT_EQ(harness.group().asked_offsets(kPartition).size(), 0U);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_THAT(harness.group().asked_offsets(kPartition), ElementsAre(4));
}

TEST(Commits, WhatIsCommittedIsNotCommittedAgain) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&) {})},
                        {.commit_interval = 1ms});
  const auto stream = harness.assign(kPartition, 5);
  stream->push(2);
  harness.group().wait_for_commit(kPartition, 7);
  const auto other = harness.assign({"orders", 1});
  for (int i = 1; i <= 3; ++i) {
    other->push_gap(1);
    harness.group().wait_for_commit({"orders", 1}, i);
  }
  const std::vector<Offset> asked = harness.group().asked_offsets(kPartition);
  EXPECT_EQ(std::count(asked.begin(), asked.end(), 7), 1);
}

// KIP-320: the offset is the same, what lies before it is not.
TEST(Commits, TellOfALogThatWasCutAndHasGrownToTheSameOffset) {
  Board board;
  const auto run = [&](const Record& record, ConsumerContext& context) {
    if (record.value() == "c") {
      EXPECT_TRUE(context.offsets().mark_and_commit(record, 1min));
    } else {
      context.mark(record);
    }
    board.note("c " + record.value().str());
  };
  ServerHarness harness(board, {.consumer = consumer(run), .marking = Marking::kManual},
                        {.commit_interval = 1h});
  FakeGroup& group = harness.group();
  const auto stream = harness.assign();
  const auto push = [&](std::int32_t epoch, const std::vector<std::string>& values) {
    std::vector<FakeStream::Content> contents;
    for (const std::string& value : values) {
      contents.push_back({.value = value, .leader_epoch = epoch});
    }
    stream->push_together(std::move(contents));
  };
  push(4, {"a", "b", "c"});
  board.wait_for_notes("c c");
  EXPECT_EQ(group.committed_at(kPartition), 3);
  stream->truncate(1);
  push(5, {"other b", "other c"});
  board.wait_for_notes("c other c");
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  board.look([&] {
    EXPECT_EQ(group.commits.back().offset, 3);
    EXPECT_EQ(group.commits.back().leader_epoch, 5);
  });
}

TEST(Commits, ThatFailAreToldAndTriedAgain) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&) {})});
  harness.group().set_commits(FakeGroup::Commits::kFail);
  harness.assign()->push(1);
  board.wait_for_notes(
      "error.occurred commit COORDINATOR_NOT_AVAILABLE orders-0@1: COORDINATOR_NOT_AVAILABLE: "
      "moving",
      2);
  harness.group().set_commits(FakeGroup::Commits::kSucceed);
  harness.group().wait_for_commit(kPartition, 1);
}

TEST(Commits, AreEventsToo) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&) {})});
  harness.monitor.subscribe([&](const Event& event) {
    if (event.kind == EventKind::kCommitted) board.note("committed " + event.message);
  });
  harness.assign()->push(3);
  board.wait_for_notes("committed orders-0 at 3");
}

TEST(Assignment, OfWhatWasCommittedBeforeBeginsThereAndCommitsNothing) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&) {})},
                        {.commit_interval = 1ms});
  harness.start();
  const auto stream = harness.group().assign(kPartition, 9, Offset{9});
  stream->push_end();
  const auto other = harness.assign({"orders", 1});
  other->push_gap(1);
  harness.group().wait_for_commit({"orders", 1}, 1);
  EXPECT_THAT(harness.group().asked_offsets(kPartition), ElementsAre());
}

}  // namespace
}  // namespace rookery
