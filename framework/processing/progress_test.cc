// progress_test.cc
//
// What is done beyond the committed offset survives its owner: it is committed, and not run again.
#include <rookery/processing/partition_marks.h>
#include <rookery/processing/testing/harness.h>
#include <rookery/progress/commit_metadata.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Notes each record; those of the key "bad" throw until they are let.
class Work {
 public:
  explicit Work(Board& board) : board_(board) {}
  ConsumerFactory factory() {
    return consumer([this](const Record& record, ConsumerContext& context) {
      bool must_throw = false;
      board_.look([&] { must_throw = is_bad && record.key().view() == "bad"; });
      if (must_throw) throw std::runtime_error("bad");
      if (record.value() == "sends") context.outputs().send({.topic = "held"});
      board_.note("ran " + record.key().str() + "@" + std::to_string(record.offset()));
    });
  }
  bool is_bad = true;  // under the board's lock

 private:
  Board& board_;
};

void push_keys(FakeStream& stream, const std::vector<std::string>& keys, std::int32_t epoch = 3,
               const std::string& value = "v") {
  std::vector<FakeStream::Content> contents;
  for (const std::string& key : keys) {
    contents.push_back({.key = key, .value = value, .leader_epoch = epoch});
  }
  stream.push_together(std::move(contents));
}

std::string metadata_at(Offset offset, OffsetRanges done, std::int32_t epoch = 3) {
  return encode_metadata({kPartition, offset}, {.leader_epoch = epoch, .done = std::move(done)})
      ->text;
}

void wait_for_metadata(Board& board, FakeGroup& group, Offset offset, const std::string& text) {
  board.wait_for("a commit at " + std::to_string(offset) + " with " + text, [&] {
    return group.committed[kPartition] == offset && group.committed_metadata[kPartition] == text;
  });
}

class EachOrdering : public ::testing::TestWithParam<Ordering> {};

INSTANTIATE_TEST_SUITE_P(Progress, EachOrdering,
                         ::testing::Values(in_partition(), virtual_partitions({.count = 3}),
                                           by_key(), unordered()),
                         [](const auto& test) { return std::string(name(test.param)); });

TEST(Progress, TheNextOwnerRunsNothingThatWasDone) {
  Board board;
  Work work(board);
  ServerHarness harness(board, {.consumer = work.factory(), .ordering = by_key()});
  const auto stream = harness.assign();
  const std::vector<std::string> keys = {"a", "bad", "b", "c", "bad", "a", "b"};
  push_keys(*stream, keys);
  const std::string metadata = metadata_at(1, {{2, 4}, {5, 7}});
  wait_for_metadata(board, harness.group(), 1, metadata);
  const RevocationId revocation = harness.group().revoke({stream});
  harness.group().wait_for_hand_back(revocation);
  EXPECT_EQ(harness.group().metadata_of(kPartition), metadata);
  EXPECT_EQ(board.notes("ran ").size(), 5U);

  board.change([&] { work.is_bad = false; });
  const auto again = harness.group().assign(kPartition, /*first=*/1, /*committed=*/1, metadata);
  push_keys(*again, {"bad", "b", "c", "bad", "a", "b", "d"});
  harness.group().wait_for_commit(kPartition, 8);
  std::vector<std::string> ran = board.notes("ran ");
  ran.erase(ran.begin(), ran.begin() + 5);
  EXPECT_THAT(ran, ::testing::UnorderedElementsAre("bad@1", "bad@4", "d@7"));
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_EQ(harness.group().metadata_of(kPartition), "");
}

TEST_P(EachOrdering, PassesByWhatWasDone) {
  Board board;
  Work work(board);
  work.is_bad = false;
  ServerHarness harness(board,
                        {.consumer = work.factory(), .ordering = GetParam(), .max_records = 2});
  harness.start();
  const auto stream = harness.group().assign(
      kPartition, 100, 100, metadata_at(100, {{101, 103}, {104, 110}, {111, 112}}));
  push_keys(*stream, std::vector<std::string>(13, "a"));  // 100 to 112
  harness.group().wait_for_commit(kPartition, 113);
  std::vector<std::string> ran = board.notes("ran ");
  EXPECT_THAT(ran, ::testing::UnorderedElementsAre("a@100", "a@103", "a@110", "a@112"));
  EXPECT_EQ(harness.server().records_consumed(), 4U);
  board.wait_for("all given back", [&] { return stream->batches_held() == 0; });
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

// Batches of which nothing is left do not look like the end of what is there.
TEST_P(EachOrdering, GoesOnBehindBatchesThatAreDoneAsAWhole) {
  Board board;
  Work work(board);
  ServerHarness harness(board,
                        {.consumer = work.factory(), .ordering = GetParam(), .max_records = 10});
  harness.start();
  harness.group().assign(kPartition, 0, 0, metadata_at(0, {{0, 500}}))->push_one({});
  // No record has the epoch that is not known there: the stream below is another partition's.
  const TopicPartition other{"orders", 1};
  const std::string metadata =
      encode_metadata({other, 0}, {.leader_epoch = 3, .done = {{0, 500}}})->text;
  const auto stream = harness.group().assign(other, 0, 0, metadata);
  push_keys(*stream, std::vector<std::string>(501, "a"));
  harness.group().wait_for_commit(other, 501);
  EXPECT_THAT(board.notes("ran a@"), ElementsAre("500"));
  harness.group().wait_for_commit(kPartition, 1);
  EXPECT_THAT(board.notes("ran @"), ElementsAre("0"));
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

TEST_P(EachOrdering, RunsWhatLiesWhereSomethingDoneWasLost) {
  Board board;
  Work work(board);
  work.is_bad = false;
  ServerHarness harness(board, {.consumer = work.factory(), .ordering = GetParam()});
  harness.start();
  const auto stream =
      harness.group().assign(kPartition, 100, 100, metadata_at(100, {{101, 106}}, /*epoch=*/3));
  push_keys(*stream, {"a", "b", "c"}, /*epoch=*/3);
  push_keys(*stream, {"d", "e", "f"}, /*epoch=*/4);
  harness.group().wait_for_commit(kPartition, 106);
  EXPECT_THAT(board.notes("ran "),
              ::testing::UnorderedElementsAre("a@100", "d@103", "e@104", "f@105"));
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

TEST_P(EachOrdering, RunsAllAgainWhereTheStreamBeginsBelowTheCommit) {
  Board board;
  Work work(board);
  ServerHarness harness(board, {.consumer = work.factory(), .ordering = GetParam()});
  harness.start();
  const auto stream =
      harness.group().assign(kPartition, /*first=*/99, 100, metadata_at(100, {{101, 106}}));
  push_keys(*stream, std::vector<std::string>(7, "a"));
  harness.group().wait_for_commit(kPartition, 106);
  EXPECT_EQ(board.notes("ran ").size(), 7U);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

// The lane goes back to the record whose output failed, and takes marks back that are nobody's to
// make again.
TEST_P(EachOrdering, WhatAnEarlierOwnerHasDoneStaysDoneWhenALaneGoesBack) {
  Board board;
  Work work(board);
  ServerHarness harness(board, {.consumer = work.factory(), .ordering = GetParam()});
  harness.start();
  const auto stream =
      harness.group().assign(kPartition, 100, 100, metadata_at(100, {{102, 104}, {105, 108}}));
  ProducerScript& producer = harness.transport.producer;
  board.change([&] { producer.held_topic = "held"; });
  push_keys(*stream, {"a"}, 3, "sends");
  push_keys(*stream, std::vector<std::string>(7, "a"));  // 101 to 107
  board.wait_for_notes("ran a@104");
  board.wait_for("the output", [&] { return producer.sent.size() == 1; });
  fail_send(board, producer, 0);
  board.wait_for("the output again", [&] { return producer.sent.size() == 2; });
  acknowledge(board, producer, 1);
  harness.group().wait_for_commit(kPartition, 108);
  EXPECT_THAT(board.notes("ran a@102"), IsEmpty());
  EXPECT_THAT(board.notes("ran a@107"), IsEmpty());
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

// ---- What is committed

TEST(Progress, IsCommittedWhenItAloneHasChanged) {
  Board board;
  Work work(board);
  ServerHarness harness(board, {.consumer = work.factory(), .ordering = by_key()});
  const auto stream = harness.assign();
  push_keys(*stream, {"bad", "a"});
  wait_for_metadata(board, harness.group(), 0, metadata_at(0, {{1, 2}}));
  push_keys(*stream, {"a", "bad", "b"});
  wait_for_metadata(board, harness.group(), 0, metadata_at(0, {{1, 3}, {4, 5}}));
  board.change([&] { work.is_bad = false; });
  wait_for_metadata(board, harness.group(), 5, "");
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

// Its lane would go back for it, and run what lies behind it once more.
TEST(Progress, HoldsNothingBehindOutputsUnderWay) {
  Board board;
  Work work(board);
  ServerHarness harness(board, {.consumer = work.factory(), .ordering = by_key()});
  ProducerScript& producer = harness.transport.producer;
  producer.held_topic = "held";
  const auto stream = harness.assign();
  push_keys(*stream, {"bad", "a"});
  push_keys(*stream, {"b"}, 3, "sends");
  push_keys(*stream, {"b", "c"});
  board.wait_for_notes("ran ", 4);
  wait_for_metadata(board, harness.group(), 0, metadata_at(0, {{1, 2}}));
  acknowledge(board, producer, 0);
  wait_for_metadata(board, harness.group(), 0, metadata_at(0, {{1, 5}}));
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

// Its owner ends before the lane could go back.
TEST(Progress, HoldsNothingBehindAnOutputThatFailedAtTheEnd) {
  Board board;
  Work work(board);
  work.is_bad = false;
  ServerHarness harness(board, {.consumer = work.factory(), .ordering = by_key()});
  ProducerScript& producer = harness.transport.producer;
  producer.held_topic = "held";
  const auto stream = harness.assign();
  push_keys(*stream, {"a"});
  push_keys(*stream, {"b"}, 3, "sends");
  push_keys(*stream, {"b", "c"});
  board.wait_for_notes("ran ", 4);
  harness.group().wait_for_commit(kPartition, 1);
  const RevocationId revocation = harness.group().revoke({stream});
  FakeGroup& group = harness.group();
  board.wait_for("the revocation", [&] { return group.has_handled_all(); });
  fail_send(board, producer, 0);
  harness.group().wait_for_hand_back(revocation);
  EXPECT_EQ(harness.group().committed_at(kPartition), 1);
  EXPECT_EQ(harness.group().metadata_of(kPartition), "");
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

TEST(Progress, IgnoresForeignMetadataWithAnEvent) {
  Board board;
  Work work(board);
  ServerHarness harness(board, {.consumer = work.factory(), .ordering = by_key()});
  harness.start();
  const auto stream = harness.group().assign(kPartition, 100, 100, "bgAAAA==");
  board.wait_for_notes("error.occurred metadata");
  EXPECT_THAT(board.notes("error.occurred "),
              ElementsAre("metadata UNSUPPORTED orders-0: UNSUPPORTED: what was committed with the "
                          "offset is ignored: not written by this library: 'bgAAAA=='"));
  push_keys(*stream, {"a", "b"});
  harness.group().wait_for_commit(kPartition, 102);
  EXPECT_EQ(board.notes("ran ").size(), 2U);
  // Nothing was committed only to take it away.
  EXPECT_THAT(harness.group().asked_offsets(kPartition), ::testing::Not(Contains(100)));
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

// Brokers that allow less than Kafka's default: offsets are committed all the same.
TEST(Progress, IsLeftOutWhereBrokersDoNotTakeIt) {
  Board board;
  Work work(board);
  ServerHarness harness(board, {.consumer = work.factory(), .ordering = by_key()});
  harness.group().metadata_bytes_most = 20;
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "bad", "b", "bad", "c"});
  wait_for_metadata(board, harness.group(), 1, "");
  board.wait_for_notes("error.occurred commit ");
  EXPECT_THAT(board.notes("error.occurred commit "),
              ::testing::Each(HasSubstr("OFFSET_METADATA_TOO_LARGE")));
  board.wait_for_notes("error.occurred metadata OFFSET_METADATA_TOO_LARGE orders-0@1");
  board.change([&] { work.is_bad = false; });
  harness.group().wait_for_commit(kPartition, 5);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

TEST(Progress, IsCommittedAgainAfterACommitThatFailed) {
  Board board;
  Work work(board);
  ServerHarness harness(board, {.consumer = work.factory(), .ordering = by_key()});
  harness.group().set_commits(FakeGroup::Commits::kFail);
  const auto stream = harness.assign();
  push_keys(*stream, {"bad", "a"});
  board.wait_for_notes("error.occurred commit ", 3);
  harness.group().set_commits(FakeGroup::Commits::kSucceed);
  wait_for_metadata(board, harness.group(), 0, metadata_at(0, {{1, 2}}));
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

// ---- The marks alone

class Nothing final : public Task {
  void step() override {}
};

RecordBatch batch_of(const std::vector<Offset>& offsets, std::int32_t epoch = 3) {
  struct Memory final : RecordBatch::Memory {
    std::vector<Record> records;
  };
  static const auto kHandle =
      std::make_shared<PartitionHandle>(PartitionHandle{kPartition, nullptr});
  auto memory = std::make_unique<Memory>();
  for (const Offset offset : offsets) {
    memory->records.push_back(
        Record({.partition = kHandle.get(), .offset = offset, .leader_epoch = epoch}));
  }
  const std::span<const Record> records = memory->records;
  return RecordBatch(kHandle, AssignmentId{1}, records, std::move(memory));
}

RecordBatch take(PartitionMarks& marks, RecordBatch batch, Offset next_offset) {
  marks.take(batch.records(), next_offset);
  return marks.keep_undone(std::move(batch));
}

PartitionMarks marks_with(OffsetRanges done, std::size_t window = 100) {
  return PartitionMarks(window, DoneBeyond(100, {.leader_epoch = 3, .done = std::move(done)}),
                        /*committed=*/0, "own");
}

TEST(Progress, HandsOnWhatWasNotYetTaken) {
  PartitionMarks marks = marks_with({{101, 103}, {104, 140}});
  EXPECT_EQ(marks.committable_progress().offset, -1);
  EXPECT_EQ(take(marks, batch_of({100, 101, 102, 103}), 104).size(), 2U);
  PartitionMarks::Committable now = marks.committable_progress();
  EXPECT_EQ(now.offset, 100);
  EXPECT_EQ(now.progress.done, (OffsetRanges{{101, 103}, {104, 140}}));
  EXPECT_EQ(now.progress.leader_epoch, 3);
  EXPECT_EQ(now.progress.own_metadata, "own");
  marks.mark_range(103, 103);
  EXPECT_EQ(marks.committable_progress().progress.done, (OffsetRanges{{101, 140}}));
  marks.mark_range(100, 100);
  now = marks.committable_progress();
  EXPECT_EQ(now.offset, 104);
  EXPECT_EQ(now.progress.done, (OffsetRanges{{104, 140}}));
}

TEST(Progress, DoesNotHandOnWhatANewerLifeOfTheLogHasTakenThePlaceOf) {
  PartitionMarks marks = marks_with({{101, 103}, {110, 140}});
  take(marks, batch_of({100, 101}, 3), 102);
  take(marks, batch_of({102, 103}, 4), 104);
  marks.mark_range(103, 103);
  const PartitionMarks::Committable now = marks.committable_progress();
  EXPECT_EQ(now.progress.done, (OffsetRanges{{101, 102}, {103, 104}}));
  EXPECT_EQ(now.progress.leader_epoch, 4);
}

TEST(Progress, ForgetsWhatTheLogHasLost) {
  PartitionMarks marks = marks_with({{101, 103}, {104, 140}});
  take(marks, batch_of({100, 101, 102, 103, 104}), 105);
  marks.forget_from(102);
  EXPECT_EQ(marks.committable_progress().progress.done, (OffsetRanges{{101, 102}}));
  EXPECT_EQ(take(marks, batch_of({102, 103, 104, 105}, 4), 106).size(), 4U);
}

TEST(Progress, TakesNothingNewWhileItsSpaceIsNearlyFullAndHolesCanBeFilled) {
  PartitionMarks marks(/*window=*/100'000, {}, 0, "");
  Nothing nothing;
  LaneDesk desk(nothing, /*number=*/0);
  marks.add_lane(desk);
  std::vector<Offset> offsets;
  for (Offset i = 0; i < 1'000; ++i) offsets.push_back(i * 1'000);
  RecordBatch batch = take(marks, batch_of(offsets), 1'000'000);
  marks.give(desk, LaneBatch(std::move(batch)));
  EXPECT_EQ(marks.room(1), 99'000U);
  for (Offset i = 1; i < 1'000; i += 2) marks.mark_range(i * 1'000, i * 1'000);
  EXPECT_EQ(marks.room(1), 99'000U);  // 500 holes: 1,500 bytes of 3,050
  offsets.clear();
  for (Offset i = 1'000; i < 2'000; ++i) offsets.push_back(i * 1'000);
  marks.give(desk, LaneBatch(take(marks, batch_of(offsets), 2'000'000)));
  for (Offset i = 1'001; i < 2'000; i += 2) marks.mark_range(i * 1'000, i * 1'000);
  EXPECT_EQ(marks.room(1), 0U);
  // Some are filled: the partition is told, and goes on.
  marks.mark_range(0, 600'000);
  EXPECT_TRUE(marks.report(desk, {.is_busy = true}).partition);
  EXPECT_EQ(marks.room(1), 98'602U);
  // Whoever has not done his wait, for a retry or anything else: nobody else waits for them.
  for (Offset i = 2'000; i < 3'000; i += 2) offsets.push_back(i * 1'000);
  offsets.erase(offsets.begin(), offsets.begin() + 1'000);
  take(marks, batch_of(offsets), 3'000'000);
  for (std::size_t i = 1; i < offsets.size(); i += 2) marks.mark_range(offsets[i], offsets[i]);
  EXPECT_EQ(marks.room(1), 0U);
  marks.collect_orders(desk);
  EXPECT_TRUE(marks.report(desk, {.is_busy = false}).partition);
  EXPECT_GT(marks.room(1), 0U);
}

}  // namespace
}  // namespace rookery
