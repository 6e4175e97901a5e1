// marking_test.cc
//
// Marking by the consumer: up to a record, not before outputs are acknowledged, in hooks, and
// before the work.
#include <rookery/processing/testing/harness.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery {
namespace {

using namespace rookery::fakes;
using ::testing::ElementsAre;

std::string text(const Record& record) { return std::to_string(record.offset()); }

void wait_for_sends(Board& board, const ProducerScript& producer, std::size_t count) {
  board.wait_for(std::to_string(count) + " outputs", [&] { return producer.sent.size() >= count; });
}

std::vector<std::string> values(Board& board, const ProducerScript& producer) {
  std::vector<std::string> out;
  board.look([&] {
    for (const auto& sent : producer.sent) out.push_back(sent.value);
  });
  return out;
}

TopicOptions manual(Board& board, std::function<void(const Record&, ConsumerContext&)> consume) {
  return {.consumer = hooked(board, {}, std::move(consume)), .marking = Marking::kManual};
}

TEST(ManualMarking, MarksUpToTheRecord) {
  Board board;
  ServerHarness harness(board, manual(board, [&](const Record& record, ConsumerContext& context) {
                          if (record.offset() == 2 || record.offset() == 4) {
                            EXPECT_TRUE(context.mark(record));
                          }
                          board.note("consumed " + text(record));
                        }));
  harness.assign()->push(7);
  board.wait_for_notes("consumed ", 7);
  harness.group().wait_for_commit(kPartition, 5);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_EQ(harness.group().committed_at(kPartition), 5);
}

TEST(ManualMarking, TakesEffectWhenOutputsUnderWayAreAcknowledged) {
  Board board;
  ServerHarness harness(board, manual(board, [&](const Record& record, ConsumerContext& context) {
                          if (record.offset() != 1)
                            context.outputs().send({.topic = "out", .value = text(record)});
                          EXPECT_TRUE(context.mark(record));
                          board.note("consumed " + text(record));
                        }));
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(3);
  board.wait_for_notes("consumed ", 3);
  // Each mark came after a record whose outputs were under way, and is not to mark that one.
  const auto other = harness.assign({"orders", 1});
  other->push_gap(1);
  harness.group().wait_for_commit({"orders", 1}, 1);
  EXPECT_LE(harness.group().committed_at(kPartition), 0);
  acknowledge(board, producer, 0);
  harness.group().wait_for_commit(kPartition, 2);
  acknowledge(board, producer, 1);
  harness.group().wait_for_commit(kPartition, 3);
}

TEST(ManualMarking, AFailedOutputOfAMarkedRecordRewinds) {
  Board board;
  ServerHarness harness(board, manual(board, [&](const Record& record, ConsumerContext& context) {
                          context.outputs().send({.topic = "out", .value = text(record)});
                          context.mark(record);
                        }));
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(3);
  wait_for_sends(board, producer, 3);
  acknowledge(board, producer, 2);
  fail_send(board, producer, 1);
  wait_for_sends(board, producer, 5);
  acknowledge_all(board, producer);
  harness.group().wait_for_commit(kPartition, 3);
  EXPECT_THAT(values(board, producer), ElementsAre("0", "1", "2", "1", "2"));
}

TEST(ManualMarking, AtMostOnceTellsOfAFailedOutputAndGoesOn) {
  Board board;
  ServerHarness harness(board, manual(board, [&](const Record& record, ConsumerContext& context) {
                          context.mark(record);  // before the work
                          context.outputs().send({.topic = "out", .value = text(record)});
                        }));
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(1);
  wait_for_sends(board, producer, 1);
  harness.group().wait_for_commit(kPartition, 1);
  fail_send(board, producer, 0);
  board.wait_for_notes("error.occurred output SendFailed orders-0@0");
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_EQ(values(board, producer).size(), 1U);
}

// The hook may mark what was consumed; what it sent is waited for all the same.
TEST(ManualMarking, InTheRevokedHookWaitsForOutputs) {
  Board board;
  Record last;
  ServerHarness harness(
      board, {.consumer = hooked(board,
                                 {.revoked =
                                      [&](ConsumerContext& context) {
                                        EXPECT_TRUE(context.is_revoked());
                                        EXPECT_TRUE(context.mark(last));
                                        board.note("revoked");
                                      }},
                                 [&](const Record& record, ConsumerContext& context) {
                                   context.outputs().send({.topic = "out", .value = text(record)});
                                   last = record;
                                 }),
              .marking = Marking::kManual});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  const auto stream = harness.assign();
  stream->push(2);
  wait_for_sends(board, producer, 2);
  const RevocationId revocation = harness.group().revoke({stream});
  board.wait_for_notes("revoked");
  acknowledge(board, producer, 1);
  FakeGroup& group = harness.group();
  board.look([&] { EXPECT_FALSE(group.is_handed_back(revocation)); });
  acknowledge(board, producer, 0);
  harness.group().wait_for_hand_back(revocation);
  EXPECT_EQ(harness.group().committed_at(kPartition), 2);
}

}  // namespace
}  // namespace rookery
