// connection_test.cc
//
// The beginning and the end of ownership: revocations within the grace and beyond it, partitions
// lost, hooks; and errors of the consumer.
#include <rookery/processing/testing/harness.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rookery/runtime/thread.h>

#include <stdexcept>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Holds each record until the test lets it go.
struct Gate {
  explicit Gate(Board& board_in) : board(board_in) {}
  void pass(const Record& record) {
    board.note("began " + std::to_string(record.offset()));
    board.wait_for("leave for " + std::to_string(record.offset()),
                   [&] { return open_below > record.offset(); });
    board.note("ended " + std::to_string(record.offset()));
  }
  void open(Offset below) {
    board.change([&] { open_below = below; });
  }
  Board& board;
  Offset open_below = 0;
};

// ---- Assignment

// Members of one group that subscribe to different topics, and an assignor that does not mind.
TEST(Assignment, OfATopicWithoutARouteIsToldAndLeftAlone) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&) {})});
  FakeGroup& group = harness.group();
  const TopicPartition strange{"strangers", 2};
  harness.start();
  const auto streams = group.assign(std::vector<TopicPartition>{kPartition, strange});
  for (const auto& stream : streams) stream->push(3);
  group.wait_for_commit(kPartition, 3);
  group.wait_for_hand_back(group.revoke(streams));
  group.wait_for_hand_back(group.revoke(group.assign(std::vector<TopicPartition>{strange})));
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_EQ(group.committed_at(strange), -1);
  board.look([&] { EXPECT_EQ(streams[1]->takes, 0U); });
  EXPECT_THAT(board.notes("error.occurred "),
              ElementsAre(HasSubstr("assignment UNKNOWN_TOPIC_OR_PARTITION strangers-2"),
                          HasSubstr("assignment UNKNOWN_TOPIC_OR_PARTITION strangers-2")));
  EXPECT_THAT(board.notes("partitions."),
              ElementsAre("assigned: orders-[0] from [earliest]", "revoked: orders-[0]"));
}

TEST(Assignment, ThatIsLostOfATopicWithoutARouteIsHandedBack) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&) {})});
  harness.start();
  const auto streams = harness.group().assign(std::vector<TopicPartition>{{"strangers", 2}});
  harness.group().wait_for_hand_back(harness.group().revoke(streams, /*is_lost=*/true));
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_THAT(board.notes("partitions."), IsEmpty());
}

// ---- Revocation

TEST(Revocation, RunningWorkFinishesAndIsCommittedBeforeTheHandBack) {
  Board board;
  Gate gate(board);
  ServerHarness harness(board, {.consumer = consumer([&](const Record& r) { gate.pass(r); })});
  FakeGroup& group = harness.group();
  const auto stream = harness.assign();
  stream->push(5);
  board.wait_for_notes("began 0");
  const RevocationId revocation = group.revoke({stream});
  // The control thread knows, and goes on polling.
  board.wait_for("polling", [&] { return group.has_handled_all(); });
  board.look([&] { EXPECT_FALSE(group.is_handed_back(revocation)); });
  group.set_commits(FakeGroup::Commits::kHold);
  gate.open(5);
  board.wait_for("the commit",
                 [&] { return !group.commits.empty() && group.commits.back().offset == 1; });
  board.look(
      [&] { EXPECT_FALSE(group.is_handed_back(revocation)) << "before the commit's answer"; });
  group.answer_commits();
  group.wait_for_hand_back(revocation);
  EXPECT_EQ(group.committed_at(kPartition), 1);
  EXPECT_THAT(board.notes("began "), ElementsAre("0")) << "no new record after the revocation";
  board.wait_for_notes("partitions.revoked: orders-[0]");
  board.look([&] { EXPECT_EQ(stream->batches_held(), 0U); });
}

TEST(Revocation, BeyondTheGraceItIsHandedBackAndNothingCountsAnyMore) {
  Board board;
  Gate gate(board);
  ServerHarness harness(
      board,
      {.consumer = hooked(board, {},
                          [&](const Record& record, ConsumerContext& context) {
                            gate.pass(record);
                            board.note(context.is_revoked() ? "is revoked" : "is ours");
                            board.note(context.mark(record) ? "marked" : "mark refused");
                            try {
                              context.outputs().send({.topic = "out"});
                              board.note("sent");
                            } catch (const SendFailed& failed) {
                              board.note("send refused " + std::string(name(failed.error().code)));
                            }
                          }),
       .marking = Marking::kManual},
      {.revocation_grace = 5ms});
  const auto stream = harness.assign();
  stream->push(2);
  board.wait_for_notes("began 0");
  harness.group().wait_for_hand_back(harness.group().revoke({stream}));
  gate.open(2);
  board.wait_for_notes("gone");
  EXPECT_THAT(board.notes("is "), ElementsAre("revoked"));
  EXPECT_EQ(board.notes("mark refused").size(), 1U);
  EXPECT_EQ(board.notes("send refused REVOKED").size(), 1U);
  EXPECT_THAT(board.notes("began "), ElementsAre("0"));
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_LE(harness.group().committed_at(kPartition), 0);
}

TEST(Revocation, MarksWithinTheGraceCount) {
  Board board;
  Gate gate(board);
  ServerHarness harness(board,
                        {.consumer = hooked(board, {},
                                            [&](const Record& record, ConsumerContext& context) {
                                              gate.pass(record);
                                              EXPECT_TRUE(context.mark(record));
                                            }),
                         .marking = Marking::kManual});
  const auto stream = harness.assign();
  stream->push(1);
  board.wait_for_notes("began 0");
  const RevocationId revocation = harness.group().revoke({stream});
  gate.open(1);
  harness.group().wait_for_hand_back(revocation);
  EXPECT_EQ(harness.group().committed_at(kPartition), 1);
}

TEST(Revocation, OutputsUnderWayAreWaitedFor) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&, ConsumerContext& context) {
                                  context.outputs().send({.topic = "out"});
                                })});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  const auto stream = harness.assign();
  stream->push(2);
  board.wait_for("2 outputs", [&] { return producer.sent.size() == 2; });
  const RevocationId revocation = harness.group().revoke({stream});
  acknowledge(board, producer, 0);
  fail_send(board, producer, 1);
  harness.group().wait_for_hand_back(revocation);
  EXPECT_EQ(harness.group().committed_at(kPartition), 1);
  EXPECT_THAT(board.notes("error.occurred output "),
              ElementsAre(HasSubstr("SendFailed orders-0@1")));
}

TEST(Revocation, ARetryThatWaitsEndsAtOnce) {
  Board board;
  ServerHarness harness(
      board, {.consumer = consumer([](const Record&) { throw std::runtime_error("never"); }),
              .retry_backoff = RetryBackoff{.first = 1h, .max = 1h}});
  const auto stream = harness.assign();
  stream->push(1);
  board.wait_for_notes("retry.scheduled");
  harness.group().wait_for_hand_back(harness.group().revoke({stream}));
  EXPECT_LE(harness.group().committed_at(kPartition), 0);
}

TEST(Revocation, OtherPartitionsGoOn) {
  Board board;
  Gate gate(board);
  ServerHarness harness(board, {.consumer = consumer([&](const Record& record) {
                                  if (record.partition() == 0) gate.pass(record);
                                })});
  harness.start();
  const auto streams = harness.group().assign({kPartition, {"orders", 1}});
  streams[0]->push(1);
  board.wait_for_notes("began 0");
  const RevocationId revocation = harness.group().revoke({streams[0]});
  streams[1]->push(3);
  harness.group().wait_for_commit({"orders", 1}, 3);
  gate.open(1);
  harness.group().wait_for_hand_back(revocation);
  // And the partition may come back, as a new assignment.
  const auto again = harness.assign(kPartition, 1);
  gate.open(3);
  again->push(2);
  harness.group().wait_for_commit(kPartition, 3);
}

TEST(Revocation, ACommitThatIsNotAnsweredHoldsNothingUpForEver) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&) {})});
  FakeGroup& group = harness.group();
  group.set_commits(FakeGroup::Commits::kHold);
  const auto stream = harness.assign();
  stream->push(1);
  board.wait_for("a commit asked for", [&] { return !group.commits.empty(); });
  group.wait_for_hand_back(group.revoke({stream}));
  board.wait_for_notes("error.occurred commit TIMED_OUT");
}

TEST(Lost, IsHandedBackAtOnceWithoutACommit) {
  Board board;
  Gate gate(board);
  ServerHarness harness(
      board,
      {.consumer = hooked(board, {.revoked = [&](ConsumerContext&) { board.note("hook revoked"); }},
                          [&](const Record& record, ConsumerContext& context) {
                            gate.pass(record);
                            board.note(context.mark(record) ? "marked" : "mark refused");
                          })},
      {.commit_interval = 1h});
  const auto stream = harness.assign();
  stream->push(1);
  board.wait_for_notes("began 0");
  harness.group().wait_for_hand_back(harness.group().revoke({stream}, /*is_lost=*/true));
  board.wait_for_notes("partitions.lost: orders-[0]");
  EXPECT_EQ(board.notes("hook ").size(), 0U) << "while consume runs";
  gate.open(1);
  board.wait_for_notes("gone");
  EXPECT_EQ(board.notes("hook revoked").size(), 1U);
  EXPECT_EQ(board.notes("mark refused").size(), 1U);
  EXPECT_THAT(harness.group().asked_offsets(kPartition), ElementsAre());
}

// ---- Hooks

TEST(Hooks, RunOnceEachOnWorkers) {
  Board board;
  const auto told = [&board](const char* hook) {
    board.note(std::string("hook ") + hook + " on " +
               std::string(current_thread_name().substr(0, 7)));
  };
  ServerHarness harness(
      board, {.consumer = hooked(board,
                                 {.initialized = [&] { told("initialized"); },
                                  .revoked = [&](ConsumerContext&) { told("revoked"); },
                                  .shutdown = [&](ConsumerContext&) { told("shutdown"); }},
                                 [](const Record&, ConsumerContext&) {})});
  harness.start();
  const auto streams = harness.group().assign({kPartition, {"orders", 1}});
  streams[0]->push(2);
  harness.group().wait_for_commit(kPartition, 2);
  harness.group().wait_for_hand_back(harness.group().revoke({streams[0]}));
  EXPECT_THAT(board.notes("hook "), ElementsAre("initialized on worker-", "revoked on worker-"));
  streams[1]->push(1);
  harness.group().wait_for_commit({"orders", 1}, 1);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_THAT(board.notes("hook "), ElementsAre("initialized on worker-", "revoked on worker-",
                                                "initialized on worker-", "shutdown on worker-"));
  EXPECT_EQ(board.notes("gone").size(), 2U);
}

TEST(Hooks, ThatThrowAreEventsAndHarmNothing) {
  Board board;
  const auto fail_hook = [](ConsumerContext&) { throw std::runtime_error("in the hook"); };
  ServerHarness harness(board,
                        {.consumer = hooked(board, {.revoked = fail_hook, .shutdown = fail_hook},
                                            [](const Record&, ConsumerContext&) {})});
  harness.start();
  const auto streams = harness.group().assign({kPartition, {"orders", 1}});
  for (const auto& stream : streams) stream->push(1);
  harness.group().wait_for_commit(kPartition, 1);
  harness.group().wait_for_commit({"orders", 1}, 1);
  harness.group().wait_for_hand_back(harness.group().revoke({streams[0]}));
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_THAT(board.notes("error.occurred "),
              ElementsAre("revoked std::runtime_error orders-0: in the hook",
                          "shutdown std::runtime_error orders-1: in the hook"));
}

// ---- Errors

TEST(ConsumerErrors, AreEvents) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&) {})});
  harness.start();
  harness.group().push_event(
      ConsumerError{.error = {.code = ErrorCode::kTransport, .message = "broker 2 is away"}});
  board.wait_for_notes("error.occurred connection TRANSPORT: TRANSPORT: broker 2 is away");
  harness.assign()->push(1);
  harness.group().wait_for_commit(kPartition, 1);
}

TEST(ConsumerErrors, ThatAreOverAreEventsToo) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&) {})});
  harness.start();
  harness.group().push_event(ConnectionRestored{"a:1 answers again, after 12s"});
  board.wait_for_notes("connection.restored: a:1 answers again, after 12s");
  harness.transport.producer.on_restored("producer: a:1 answers again, after 13s");
  board.wait_for_notes("connection.restored: producer: a:1 answers again, after 13s");
}

TEST(Assignments, AreToldWithTheOffsetsWhereTheyStart) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&) {})});
  harness.start();
  harness.group().assign({"orders", 10}, 17, 17);
  board.wait_for_notes("partitions.assigned: orders-[10] from [17]");
  harness.group().assign({{"orders", 2}, {"orders", 1}});
  board.wait_for_notes("partitions.assigned: orders-[1,2] from [earliest,earliest]");
}

}  // namespace
}  // namespace rookery
