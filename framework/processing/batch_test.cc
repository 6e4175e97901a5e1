// batch_test.cc
//
// Batches: marked together, run again together, sized as the settings say; blame and outputs go to
// the record that is iterated.
#include <rookery/processing/testing/harness.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// "0-4" for records 0 to 4.
std::string text(const Batch& batch) {
  return std::to_string(batch[0].offset()) + "-" + std::to_string(batch[batch.size() - 1].offset());
}

// Writes each batch down.
TopicOptions recording(Board& board) {
  return {.consumer = consumer(
              [&board](Batch& batch, ConsumerContext&) { board.note("batch " + text(batch)); })};
}

TEST(BatchForm, MarksAllWhenItReturns) {
  Board board;
  ServerHarness harness(board, recording(board));
  const auto stream = harness.assign();
  stream->push(5);
  harness.group().wait_for_commit(kPartition, 5);
  EXPECT_EQ(harness.server().records_consumed(), 5U);
}

TEST(BatchForm, AThrowRunsAllAgainAndBlamesTheCurrentRecord) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([&](Batch& batch, ConsumerContext& context) {
                                  board.note("batch " + text(batch) + " attempt " +
                                             std::to_string(context.attempt()));
                                  for (const Record& record : batch) {
                                    if (record.offset() == 2 && context.attempt() < 3)
                                      throw std::runtime_error("bad");
                                  }
                                }),
                                .min_records = 4});
  harness.assign()->push(4);
  harness.group().wait_for_commit(kPartition, 4);
  EXPECT_THAT(board.notes("batch "),
              ElementsAre("0-3 attempt 1", "0-3 attempt 2", "0-3 attempt 3"));
  EXPECT_THAT(board.notes("error.occurred "),
              ElementsAre(HasSubstr("consume std::runtime_error orders-0@2"),
                          HasSubstr("consume std::runtime_error orders-0@2")));
}

TEST(BatchForm, RecordFailedNamesItsRecord) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([&](Batch& batch, ConsumerContext& context) {
                                  if (context.attempt() == 1)
                                    throw RecordFailed(batch[1], "the second is bad");
                                }),
                                .min_records = 3});
  harness.assign()->push(3);
  harness.group().wait_for_commit(kPartition, 3);
  EXPECT_THAT(board.notes("error.occurred "),
              ElementsAre("consume rookery::RecordFailed orders-0@1: the second is bad"));
}

TEST(BatchForm, ARecordOfAnotherBatchCannotBeBlamed) {
  Board board;
  Record first;
  ServerHarness harness(board, {.consumer = consumer([&](Batch& batch, ConsumerContext& context) {
                                  board.note("attempt " + std::to_string(context.attempt()));
                                  if (batch[0].offset() == 0) {
                                    first = batch[0];
                                  } else if (context.attempt() < 3) {
                                    throw RecordFailed(first, "not of this batch");
                                  }
                                }),
                                .max_records = 1});
  harness.assign()->push(2);
  harness.group().wait_for_commit(kPartition, 2);
  EXPECT_THAT(board.notes("attempt "), ElementsAre("1", "1", "2", "3"));
}

// And what is left runs after the backoff, not after max_wait.
TEST(BatchForm, WhatWasMarkedIsNotRunAgain) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([&](Batch& batch, ConsumerContext& context) {
                                  board.note("batch " + text(batch));
                                  if (context.attempt() > 1) return;
                                  context.mark(batch[1]);
                                  throw std::runtime_error("after marking two");
                                }),
                                .min_records = 4,
                                .max_wait = 14s});
  harness.assign()->push(4);
  const TimePoint start = now();
  harness.group().wait_for_commit(kPartition, 4);
  EXPECT_LT(now() - start, 10s);
  EXPECT_THAT(board.notes("batch "), ElementsAre("0-3", "2-3"));
}

TEST(BatchForm, OutputsBelongToTheIteratedRecord) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([&](Batch& batch, ConsumerContext& context) {
                                  for (const Record& record : batch) {
                                    context.outputs().send(
                                        {.topic = "out", .value = std::to_string(record.offset())});
                                  }
                                }),
                                .min_records = 3});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(3);
  board.wait_for("3 outputs", [&] { return producer.sent.size() == 3; });
  acknowledge(board, producer, 0);
  harness.group().wait_for_commit(kPartition, 1);
  acknowledge(board, producer, 1);
  harness.group().wait_for_commit(kPartition, 2);
  fail_send(board, producer, 2);
  board.wait_for("record 2 again", [&] { return producer.sent.size() == 4; });
  EXPECT_EQ(producer.sent[3].value, "2");
  acknowledge_all(board, producer);
  harness.group().wait_for_commit(kPartition, 3);
}

TEST(BatchForm, OutputsBeforeTheIterationHoldTheWholeBatch) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([&](Batch& batch, ConsumerContext& context) {
                                  context.outputs().send({.topic = "out"});
                                  board.note("batch " + text(batch));
                                }),
                                .min_records = 3});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(3);
  board.wait_for_notes("batch 0-2");
  const auto other = harness.assign({"orders", 1});
  other->push_gap(1);
  harness.group().wait_for_commit({"orders", 1}, 1);
  EXPECT_LE(harness.group().committed_at(kPartition), 0);
  acknowledge(board, producer, 0);
  harness.group().wait_for_commit(kPartition, 3);
}

TEST(BatchForm, MarkedInTheMiddleWithOutputsUnderWay) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([&](Batch& batch, ConsumerContext& context) {
                                  for (const Record& record : batch) {
                                    if (record.offset() == 1)
                                      context.outputs().send({.topic = "out"});
                                    if (record.offset() == 2) context.mark(record);
                                  }
                                  board.note("batch " + text(batch));
                                }),
                                .min_records = 4});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(4);
  board.wait_for_notes("batch 0-3");
  harness.group().wait_for_commit(kPartition, 1);
  const auto other = harness.assign({"orders", 1});
  other->push_gap(1);
  harness.group().wait_for_commit({"orders", 1}, 1);
  EXPECT_EQ(harness.group().committed_at(kPartition), 1) << "record 1's output is under way";
  acknowledge(board, producer, 0);
  harness.group().wait_for_commit(kPartition, 4);
}

// ---- Sizes

TEST(BatchSize, IsAtMostMaxRecords) {
  Board board;
  TopicOptions options = recording(board);
  options.max_records = 4;
  ServerHarness harness(board, std::move(options));
  harness.start();
  auto stream = harness.group().assign(kPartition);
  stream->push(10);
  harness.group().wait_for_commit(kPartition, 10);
  board.look([&] { EXPECT_LE(stream->largest_take, 4U); });
  for (const std::string& batch : board.notes("batch ")) {
    const std::size_t dash = batch.find('-');
    EXPECT_LT(std::stoi(batch.substr(dash + 1)) - std::stoi(batch.substr(0, dash)), 4) << batch;
  }
}

TEST(BatchSize, EndsWithTheRecordThatReachesMaxBytes) {
  Board board;
  TopicOptions options = recording(board);
  options.max_bytes = 250;
  ServerHarness harness(board, std::move(options));
  harness.start();
  auto stream = harness.group().assign(kPartition);
  stream->push(6, std::string(100, 'x'));
  harness.group().wait_for_commit(kPartition, 6);
  board.look([&] { EXPECT_EQ(stream->largest_take, 3U); });
}

TEST(BatchSize, MinRecordsAreWaitedForAcrossTakes) {
  Board board;
  TopicOptions options = recording(board);
  options.min_records = 5;
  options.max_wait = 14s;
  ServerHarness harness(board, std::move(options));
  const auto stream = harness.assign();
  stream->push(2);
  board.wait_for("a take", [&] { return stream->waiting() == 0 && stream->takes > 1; });
  stream->push(2);
  board.wait_for("another", [&] { return stream->waiting() == 0; });
  stream->push(1);
  harness.group().wait_for_commit(kPartition, 5);
  EXPECT_THAT(board.notes("batch "), ElementsAre("0-4"));
}

TEST(BatchSize, MaxWaitEndsTheWaitForMinRecords) {
  Board board;
  TopicOptions options = recording(board);
  options.min_records = 5;
  options.max_wait = 10ms;
  ServerHarness harness(board, std::move(options));
  harness.assign()->push(2);
  harness.group().wait_for_commit(kPartition, 2);
  EXPECT_THAT(board.notes("batch "), ElementsAre("0-1"));
}

TEST(BatchSize, MaxBytesEndsTheWaitForMinRecords) {
  Board board;
  TopicOptions options = recording(board);
  options.min_records = 50;
  options.max_wait = 14s;
  options.max_bytes = 250;
  ServerHarness harness(board, std::move(options));
  harness.assign()->push(3, std::string(100, 'x'));
  harness.group().wait_for_commit(kPartition, 3);
  EXPECT_THAT(board.notes("batch "), ElementsAre("0-2"));
}

TEST(BatchSize, TheRecordFormTakesBatchesToo) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([&](const Record& record) {
                                  board.note("record " + std::to_string(record.offset()));
                                }),
                                .max_records = 3,
                                .min_records = 3,
                                .max_wait = 14s});
  const auto stream = harness.assign();
  stream->push(2);
  board.wait_for("a take", [&] { return stream->waiting() == 0; });
  EXPECT_EQ(board.notes("record ").size(), 0U);
  const TimePoint start = now();
  stream->push(1);
  harness.group().wait_for_commit(kPartition, 3);
  EXPECT_LT(now() - start, 10s);
  EXPECT_EQ(board.notes("record ").size(), 3U);
}

}  // namespace
}  // namespace rookery
