// record_stream_test.cc
//
// What a stream hands out, what it skips, when it hints, and what a seek or a revocation ends.
#include "mockbroker/client/record_stream.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rookery::mock {
namespace {

constexpr std::size_t kMany = 1'000'000;

std::shared_ptr<const RecordBlock> block(int count, const std::string& prefix = "v") {
  BlockBuilder builder;
  for (int i = 0; i < count; ++i) {
    const std::string value = prefix + std::to_string(i);
    builder.append(1000 + i, Bytes("k"), Bytes(value), {});
  }
  return builder.finish();
}

class StreamTest : public ::testing::Test {
 protected:
  void accept(Offset base, std::shared_ptr<const RecordBlock> from, Offset high_watermark) {
    stream->accept(stream->version(), {{.base_offset = base, .leader_epoch = 7, .block = from}},
                   high_watermark);
  }
  static std::vector<Offset> offsets(const Taken& taken) {
    std::vector<Offset> all;
    for (const Record& record : taken.batch) all.push_back(record.offset());
    return all;
  }

  std::shared_ptr<BatchPool> pool = std::make_shared<BatchPool>();
  std::shared_ptr<Inbox> io = std::make_shared<Inbox>();
  std::shared_ptr<RecordStream> stream = std::make_shared<RecordStream>(
      TopicPartition{"orders", 3}, AssignmentId{9}, RecordStream::Limits{.bytes = 1000}, pool, io);
};

TEST_F(StreamTest, GoesOnWhereALogWasTruncated) {
  stream->start(100);
  EXPECT_EQ(stream->fetch_plan()->epoch, -1);
  accept(100, block(3), 103);
  EXPECT_EQ(stream->fetch_plan()->epoch, 7);
  EXPECT_EQ(stream->take(1, kMany).next_offset, 101);
  const std::uint64_t version = stream->version();
  stream->truncate_if(version, 102);
  EXPECT_EQ(stream->fetch_plan()->offset, 101);  // what was not taken comes again
  EXPECT_EQ(stream->fetch_plan()->epoch, 7);
  stream->truncate_if(version, 90);  // of before
  EXPECT_EQ(stream->fetch_plan()->offset, 101);
  stream->truncate_if(stream->version(), 90);
  EXPECT_EQ(stream->fetch_plan()->offset, 90);
  EXPECT_EQ(stream->fetch_plan()->epoch, -1);
}

// Who had read what was lost may commit it: the next owner must find the truncation out.
TEST_F(StreamTest, KnowsTheEpochsOfWhatWasTruncated) {
  stream->start(100);
  stream->accept(stream->version(), {{100, 4, block(2)}, {102, 7, block(2)}}, 104);
  EXPECT_EQ(stream->take(4, kMany).next_offset, 104);
  stream->truncate_if(stream->version(), 102);
  EXPECT_EQ(stream->epoch_before(102), 4);
  EXPECT_EQ(stream->epoch_before(104), 7);
  EXPECT_EQ(stream->epoch_before(105), -1);
  stream->accept(stream->version(), {{102, 8, block(1)}}, 103);
  EXPECT_EQ(stream->epoch_before(103), 8);  // of the record that is there now
  EXPECT_EQ(stream->epoch_before(104), 7);
  stream->start(103);
  EXPECT_EQ(stream->epoch_before(104), -1);
}

TEST_F(StreamTest, KnowsTheEpochsOfWhatItRead) {
  stream->start(100, 4);
  EXPECT_EQ(stream->fetch_plan()->epoch, 4);
  EXPECT_EQ(stream->epoch_before(100), 4);
  EXPECT_EQ(stream->epoch_before(99), -1);   // below the start nothing is known
  EXPECT_EQ(stream->epoch_before(101), -1);  // nor of what was not read
  stream->accept(stream->version(), {{100, 4, block(2)}, {102, 7, block(2)}, {104, 7, block(1)}},
                 105);
  EXPECT_EQ(stream->epoch_before(102), 4);
  EXPECT_EQ(stream->epoch_before(103), 7);
  EXPECT_EQ(stream->epoch_before(105), 7);
  stream->start(102);
  EXPECT_EQ(stream->epoch_before(102), -1);
  accept(100, block(5), 105);
  EXPECT_EQ(stream->epoch_before(102), -1);
  EXPECT_EQ(stream->epoch_before(103), 7);
}

TEST_F(StreamTest, HandsOutViewsOfWhatTheBlockHolds) {
  stream->start(100);
  accept(100, block(3), 103);
  const Taken taken = stream->take(kMany, kMany);
  ASSERT_EQ(taken.batch.size(), 3U);
  EXPECT_EQ(taken.batch.assignment(), AssignmentId{9});
  const Record& record = taken.batch[2];
  EXPECT_EQ(record.topic_partition(), (TopicPartition{"orders", 3}));
  EXPECT_EQ(record.offset(), 102);
  EXPECT_EQ(record.value().view(), "v2");
  EXPECT_EQ(record.leader_epoch(), 7);
  EXPECT_EQ(record.timestamp().time_since_epoch().count(), 1002);
  EXPECT_FALSE(record.has_headers());
  EXPECT_EQ(taken.next_offset, 103);
  EXPECT_TRUE(taken.end_of_partition);
}

TEST_F(StreamTest, SkipsWhatLiesBelowItsPosition) {
  stream->start(102);
  accept(100, block(5), 105);
  EXPECT_EQ(offsets(stream->take(kMany, kMany)), (std::vector<Offset>{102, 103, 104}));
  accept(100, block(5), 105);  // the same again: a retried fetch
  EXPECT_TRUE(stream->take(kMany, kMany).batch.empty());
}

TEST_F(StreamTest, KeepsToTheLimitsOfATake) {
  stream->start(0);
  accept(0, block(10), 10);
  const Taken two = stream->take(2, kMany);
  EXPECT_EQ(offsets(two), (std::vector<Offset>{0, 1}));
  EXPECT_EQ(two.next_offset, 2);
  EXPECT_FALSE(two.end_of_partition);
  // Soft: the record that reaches the bytes ends the batch; each here has 3.
  EXPECT_EQ(offsets(stream->take(kMany, 7)), (std::vector<Offset>{2, 3, 4}));
  EXPECT_EQ(offsets(stream->take(kMany, 0)), (std::vector<Offset>{5}));
  const Taken rest = stream->take(kMany, kMany);
  EXPECT_EQ(offsets(rest), (std::vector<Offset>{6, 7, 8, 9}));
  EXPECT_TRUE(rest.end_of_partition);
}

TEST_F(StreamTest, RunsPastMarkersAndGaps) {
  stream->start(0);
  accept(0, block(2), 10);
  accept(2, BlockBuilder::control_marker(1), 10);
  const Taken first = stream->take(kMany, kMany);
  EXPECT_EQ(first.batch.size(), 2U);
  EXPECT_EQ(first.next_offset, 3);
  // Compaction left nothing of 3 to 9.
  BlockBuilder compacted;
  accept(3, compacted.finish(6), 10);
  const Taken gap = stream->take(kMany, kMany);
  EXPECT_TRUE(gap.batch.empty());
  EXPECT_EQ(gap.next_offset, 10);
  EXPECT_TRUE(gap.end_of_partition);
}

TEST_F(StreamTest, TellsTheEndEachTimeItIsReached) {
  stream->start(0);
  EXPECT_FALSE(stream->take(kMany, kMany).end_of_partition);  // not known yet
  stream->accept(stream->version(), {}, 0);
  EXPECT_TRUE(stream->take(kMany, kMany).end_of_partition);
  stream->accept(stream->version(), {}, 0);
  EXPECT_FALSE(stream->take(kMany, kMany).end_of_partition);  // told before
  accept(0, block(1), 1);
  EXPECT_TRUE(stream->take(kMany, kMany).end_of_partition);
}

TEST_F(StreamTest, HintsOnceWhenSomethingComesAfterAllWasTaken) {
  int hints = 0;
  stream->set_ready([&] { ++hints; });
  stream->start(0);
  accept(0, block(2), 5);
  EXPECT_EQ(hints, 1);
  accept(2, block(2), 5);
  EXPECT_EQ(hints, 1);                                     // not taken yet
  EXPECT_EQ(stream->take(kMany, kMany).batch.size(), 4U);  // a short take: all was seen
  accept(4, block(1), 5);
  EXPECT_EQ(hints, 2);
  stream->take(kMany, kMany);
  stream->accept(stream->version(), {}, 5);  // no news
  EXPECT_EQ(hints, 2);
  stream->fail_if(stream->version(), {.code = ErrorCode::kTopicAuthorizationFailed});
  EXPECT_EQ(hints, 3);
  stream->clear_ready();
  stream->start(0);
  accept(0, block(1), 5);
  EXPECT_EQ(hints, 3);
}

TEST_F(StreamTest, TellsAnErrorOnceAndFetchesNoMoreUntilItStartsAnew) {
  stream->start(0);
  accept(0, block(1), 1);
  stream->fail_if(stream->version(), {.code = ErrorCode::kOffsetOutOfRange, .message = "gone"});
  EXPECT_FALSE(stream->fetch_plan());
  const Taken taken = stream->take(kMany, kMany);
  EXPECT_EQ(taken.batch.size(), 1U);  // what came before it is not lost
  ASSERT_TRUE(taken.error);
  EXPECT_EQ(taken.error->message, "gone");
  EXPECT_FALSE(stream->take(kMany, kMany).error);
  stream->start(5);
  ASSERT_TRUE(stream->fetch_plan());
  EXPECT_EQ(stream->fetch_plan()->offset, 5);
}

TEST_F(StreamTest, DropsWhatWasFetchedBeforeASeek) {
  stream->start(0);
  const std::uint64_t before = stream->version();
  accept(0, block(4), 10);
  EXPECT_EQ(stream->take(1, kMany).batch.size(), 1U);  // the rest is on the taker's side by now
  stream->start(8);
  EXPECT_TRUE(stream->take(kMany, kMany).batch.empty());
  EXPECT_EQ(stream->position(), 8);
  stream->accept(before, {{.base_offset = 4, .block = block(4)}}, 10);  // late
  EXPECT_TRUE(stream->take(kMany, kMany).batch.empty());
  stream->start_if(before, 0);  // a lookup that the seek overtook
  EXPECT_EQ(stream->position(), 8);
  accept(8, block(2), 10);
  EXPECT_EQ(offsets(stream->take(kMany, kMany)), (std::vector<Offset>{8, 9}));
}

TEST_F(StreamTest, HandsOutNothingAfterARevocation) {
  stream->start(0);
  accept(0, block(4), 10);
  const Taken held = stream->take(1, kMany);
  stream->revoke(/*is_final=*/false);
  const Taken begun = stream->take(kMany, kMany);
  EXPECT_TRUE(begun.batch.empty());
  EXPECT_FALSE(begun.error);  // it may still commit
  accept(4, block(1), 10);
  EXPECT_TRUE(stream->take(kMany, kMany).batch.empty());
  stream->revoke(/*is_final=*/true);
  const Taken over = stream->take(kMany, kMany);
  ASSERT_TRUE(over.error);
  EXPECT_EQ(over.error->code, ErrorCode::kRevoked);
  stream->start(0);
  EXPECT_FALSE(stream->fetch_plan());
  stream.reset();
  EXPECT_EQ(held.batch[0].value().view(), "v0");  // a batch outlives its stream
  EXPECT_EQ(held.batch[0].topic(), "orders");
}

TEST_F(StreamTest, StopsFetchingWhenFullAndWakesTheClientWhenThereIsRoom) {
  Inbox::Waiter waiter;
  stream->start(0);
  accept(0, block(40), 100);  // 1280 bytes, the limit is 1000
  EXPECT_FALSE(stream->fetch_plan());
  EXPECT_EQ(stream->take(30, kMany).batch.size(), 30U);  // below half
  // The wake is there already: this does not wait.
  EXPECT_TRUE(io->receive(kNever, waiter).empty());
  ASSERT_TRUE(stream->fetch_plan());
  EXPECT_EQ(stream->fetch_plan()->offset, 40);
}

TEST_F(StreamTest, LimitsTheCountAsWell) {
  stream->set_limits({.bytes = kMany, .records = 5});
  stream->start(0);
  accept(0, block(4), 100);
  EXPECT_TRUE(stream->fetch_plan());
  accept(4, block(4), 100);
  EXPECT_FALSE(stream->fetch_plan());
}

TEST_F(StreamTest, CountsBatchesThatAreHeld) {
  stream->start(0);
  accept(0, block(4), 4);
  {
    const Taken one = stream->take(2, kMany);
    const Taken two = stream->take(2, kMany);
    const Taken none = stream->take(2, kMany);
    EXPECT_EQ(pool->outstanding(), 2U);
  }
  EXPECT_EQ(pool->outstanding(), 0U);
}

TEST_F(StreamTest, ReadsHeadersOnRequest) {
  BlockBuilder builder;
  const Headers headers{{"a", "1"}, {"a", nullptr}};
  builder.append(1, Bytes("k"), Bytes(), headers);
  stream->start(0);
  accept(0, builder.finish(), 1);
  const Taken taken = stream->take(kMany, kMany);
  ASSERT_EQ(taken.batch.size(), 1U);
  EXPECT_TRUE(taken.batch[0].value().is_null());
  EXPECT_TRUE(taken.batch[0].has_headers());
  EXPECT_EQ(taken.batch[0].headers(), headers);
}

}  // namespace
}  // namespace rookery::mock
