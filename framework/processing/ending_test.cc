// ending_test.cc
//
// The last moments: the commit that is tried again, the exit code that tells of one that failed,
// hooks that run however late, listeners that may take long, and outputs that nobody waits for.
#include <rookery/processing/testing/harness.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rookery/runtime/thread.h>

#include <stdexcept>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ConsumerFactory quick(Board& board) {
  return consumer([&board](const Record&) { board.note("consumed"); });
}

TEST(LastCommit, IsTriedAgainWhenItMaySucceedYet) {
  Board board;
  ServerHarness harness(board, {.consumer = quick(board)}, {.commit_interval = 1h});
  FakeGroup& group = harness.group();
  group.set_commits(FakeGroup::Commits::kFail);
  harness.assign()->push(1);
  board.wait_for_notes("consumed");
  harness.server().stop();
  board.wait_for("the commit to be asked for twice", [&] { return group.commits.size() >= 2; });
  group.set_commits(FakeGroup::Commits::kSucceed);
  EXPECT_EQ(harness.server().wait(), ExitCode::kClean);
  EXPECT_EQ(group.committed_at(kPartition), 1);
}

TEST(LastCommit, ThatFailsIsToldByTheExitCode) {
  Board board;
  ServerHarness harness(board, {.consumer = quick(board)}, {.commit_interval = 1h});
  harness.group().set_commits(FakeGroup::Commits::kRefuse);
  harness.assign()->push(1);
  board.wait_for_notes("consumed");
  EXPECT_EQ(harness.stop(), ExitCode::kForced);
  EXPECT_EQ(harness.group().commits.size(), 1U) << "what cannot succeed is not tried again";
  EXPECT_THAT(board.notes("error.occurred commit"), Contains(HasSubstr("the last commit failed")));
}

TEST(LastCommit, ThatFailsAtARevocationLetsThePartitionGo) {
  Board board;
  ServerHarness harness(board, {.consumer = quick(board)}, {.commit_interval = 1h});
  FakeGroup& group = harness.group();
  group.set_commits(FakeGroup::Commits::kRefuse);
  const auto stream = harness.assign();
  stream->push(1);
  board.wait_for_notes("consumed");
  group.wait_for_hand_back(group.revoke({stream}));
  EXPECT_EQ(harness.stop(), ExitCode::kClean) << "the next owner does it again";
}

TEST(Lost, TheHookRunsEvenWhenTheServerStopsAtOnce) {
  Board board;
  bool is_let_go = false;
  const auto consume = [&](const Record& record, ConsumerContext&) {
    if (record.partition() != 1) return;
    board.note("busy");
    board.wait_for("the stop", [&] { return is_let_go; });
  };
  ServerHarness harness(
      board,
      {.consumer = hooked(board,
                          {.revoked =
                               [&](ConsumerContext& context) {
                                 board.note("hook " + context.topic_partition().text());
                               }},
                          consume)},
      {}, {.concurrency = 1});
  const auto lost = harness.assign();
  lost->push(1);
  harness.group().wait_for_commit(kPartition, 1);
  harness.assign({"orders", 1})->push(1);
  board.wait_for_notes("busy");  // the only worker
  harness.group().wait_for_hand_back(harness.group().revoke({lost}, /*is_lost=*/true));
  harness.server().stop();
  board.change([&] { is_let_go = true; });
  EXPECT_EQ(harness.server().wait(), ExitCode::kClean);
  EXPECT_THAT(board.notes("hook "), ElementsAre("orders-0"));
}

TEST(Listeners, ThatTakeLongDelayNoPolling) {
  Board board;
  bool is_let_go = false;
  ServerHarness harness(board, {.consumer = quick(board)});
  harness.monitor.subscribe([&](const Event& event) {
    if (event.kind != EventKind::kPartitionsAssigned) return;
    board.wait_for("the end of the test", [&] { return is_let_go; });
  });
  const auto stream = harness.assign();
  stream->push(3);
  harness.group().wait_for_commit(kPartition, 3);
  harness.group().wait_for_hand_back(harness.group().revoke({stream}));
  board.change([&] { is_let_go = true; });
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

TEST(Listeners, HearEverythingInOrderBeforeTheServerHasEnded) {
  Board board;
  ServerHarness harness(board, {.consumer = quick(board)});
  harness.monitor.subscribe([&](const Event& event) {
    switch (event.kind) {
      case EventKind::kPartitionsAssigned:
      case EventKind::kPartitionsRevoked:
      case EventKind::kServerStopped:
        board.note(std::string("heard ") + name(event.kind));
        throw std::runtime_error("harms nobody");
      default:
        return;
    }
  });
  const auto stream = harness.assign();
  harness.group().wait_for_hand_back(harness.group().revoke({stream}));
  harness.assign({"orders", 1});
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_THAT(board.notes("heard "), ElementsAre("partitions.assigned", "partitions.revoked",
                                                 "partitions.assigned", "server.stopped"));
}

// An answer that was lost is asked for again after request.timeout.ms; the owners of the partition
// have changed meanwhile, so that no work waits for it.
TEST(LastOutputs, HaveWhatWorkLeftOfTheTime) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&, ConsumerContext& context) {
                                  context.outputs().send({.topic = "out"});
                                })},
                        {}, {.shutdown_timeout = 60s});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  const auto stream = harness.assign();
  stream->push(1);
  board.wait_for("an output", [&] { return producer.sent.size() == 1; });
  harness.group().wait_for_hand_back(harness.group().revoke({stream}, /*is_lost=*/true));
  const TimePoint start = now();
  harness.server().stop();
  Thread answer("answer", [&] {
    board.wait_for("the producer to close", [&] { return producer.closes == 1; });
    acknowledge_all(board, producer);
  });
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  answer.join();
  EXPECT_GE(producer.close_deadline, start + 60s);
}

}  // namespace
}  // namespace rookery
