// lanes_test.cc
//
// Partitions with several lanes: what fails delays only itself.
#include <rookery/processing/testing/keyed_records.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <new>
#include <string>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Le;
using ::testing::UnorderedElementsAre;

TEST(Lanes, APoisonedKeyDelaysOnlyItself) {
  Board board;
  Poisoned work(board);
  ServerHarness harness(board, {.consumer = work.factory(), .ordering = by_key()});
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "bad", "b", "bad", "a", "c"});
  board.wait_for_notes("done ", 4);
  board.wait_for_notes("threw bad@1", 3);
  push_keys(*stream, {"a", "d"});
  board.wait_for_notes("done ", 6);
  EXPECT_THAT(board.notes("threw "), Each("bad@1"));
  EXPECT_THAT(harness.group().asked_offsets(kPartition), Each(Le(1)));
  board.change([&] { work.is_bad = false; });
  harness.group().wait_for_commit(kPartition, 8);
  const auto done = board.notes("done ");
  EXPECT_LT(std::find(done.begin(), done.end(), "bad@1"),
            std::find(done.begin(), done.end(), "bad@3"));
}

TEST(Lanes, ARecordThatFailsHoldsUpNoOtherWithoutOrder) {
  Board board;
  Poisoned work(board);
  ServerHarness harness(board, {.consumer = work.factory(), .ordering = unordered()});
  const auto stream = harness.assign();
  push_keys(*stream, {"bad", "a", "b", "c", "d", "e", "f", "g"});
  board.wait_for_notes("done ", 7);
  board.wait_for_notes("threw bad@0", 2);
  EXPECT_THAT(harness.group().asked_offsets(kPartition), Each(Le(0)));
  board.change([&] { work.is_bad = false; });
  harness.group().wait_for_commit(kPartition, 8);
}

TEST(Lanes, DeadLettersAreOfTheFailingLaneAlone) {
  Board board;
  Poisoned work(board);
  ServerHarness harness(board, {.consumer = work.factory(),
                                .ordering = by_key(),
                                .dead_letter_queue = {{.topic = "dead", .max_retries = 1}}});
  harness.transport.topics["dead"] = 3;
  ProducerScript& producer = harness.transport.producer;
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "bad", "b", "bad", "a"});
  harness.group().wait_for_commit(kPartition, 5);
  EXPECT_THAT(board.notes("threw "), ElementsAre("bad@1", "bad@1", "bad@3", "bad@3"));
  EXPECT_THAT(board.notes("done "), UnorderedElementsAre("a@0", "b@2", "a@4"));
  board.look([&] {
    ASSERT_EQ(producer.sent.size(), 2U);
    EXPECT_EQ(producer.sent[0].key, OwnedBytes("bad"));
  });
}

TEST(Lanes, AStuckLaneLetsOthersGoOnUntilTheWindowIsFull) {
  Board board;
  Poisoned work(board);
  ServerHarness harness(
      board, {.consumer = work.factory(), .ordering = by_key(), .max_records = 3, .window = 10});
  const auto stream = harness.assign();
  push_keys(*stream, {"bad"});
  for (int i = 0; i < 20; ++i) push_keys(*stream, {"k" + std::to_string(i)});
  board.wait_for_notes("done ", 9);
  board.wait_for_notes("threw ", 3);
  board.look([&] { EXPECT_EQ(stream->waiting(), 11U); });
  board.change([&] { work.is_bad = false; });
  harness.group().wait_for_commit(kPartition, 21);
}

TEST(Lanes, CollapsedTheyWaitForTheOneThatFails) {
  for (const Distribution distribution : {Distribution::kBalanced, Distribution::kConsistent}) {
    Board board;
    Poisoned work(board);
    ServerHarness harness(board,
                          {.consumer = work.factory(),
                           .ordering = virtual_partitions(
                               {.count = 3, .distribution = distribution, .collapse = true})});
    const auto stream = harness.assign();
    push_keys(*stream, {"bad"});
    board.wait_for_notes("threw bad@0", 2);
    push_keys(*stream, {"a", "b", "c", "d", "bad", "e"});
    board.wait_for("all to be taken", [&] { return stream->waiting() == 0; });
    board.wait_for_notes("threw bad@0", board.notes("threw ").size() + 3);
    EXPECT_TRUE(board.notes("done ").empty());
    board.change([&] { work.is_bad = false; });
    harness.group().wait_for_commit(kPartition, 7);
    EXPECT_EQ(board.notes("done ").front(), "bad@0");
    EXPECT_EQ(board.notes("done ").size(), 7U);
  }
}

TEST(Lanes, CollapsedTheyFinishWhatLiesBeforeTheFailureFirst) {
  Board board;
  bool is_open = false;
  int failures = 0;
  ServerHarness harness(
      board, {.consumer = consumer([&](const Record& record) {
                board.note("began " + text(record));
                if (record.key() == "slow") board.wait_for("open", [&] { return is_open; });
                if (record.key() == "bad" && ++failures < 3) throw std::runtime_error("bad");
                board.note("done " + text(record));
              }),
              .ordering = virtual_partitions(
                  {.count = 3, .distribution = Distribution::kBalanced, .collapse = true})});
  const auto stream = harness.assign();
  push_keys(*stream, {"slow", "bad"});
  board.wait_for_notes("began bad@1");
  board.change([&] { is_open = true; });
  harness.group().wait_for_commit(kPartition, 2);
  const auto all = board.notes("");
  const auto first = std::find(all.begin(), all.end(), "began bad@1");
  const auto again = std::find(std::next(first), all.end(), "began bad@1");
  EXPECT_NE(std::find(all.begin(), again, "done slow@0"), again);
  EXPECT_EQ(board.notes("began bad@1").size(), 3U);
}

TEST(Lanes, AllLanesTakenMakeNewKeysWaitAndOthersGoOn) {
  Board board;
  bool is_open = false;
  ServerHarness harness(board, {.consumer = consumer([&](const Record& record) {
                                  if (record.key() == "slow") {
                                    board.note("slow");
                                    board.wait_for("open", [&] { return is_open; });
                                  }
                                  board.note("done " + text(record));
                                }),
                                .ordering = by_key({.max_lanes = 2})});
  const auto stream = harness.assign();
  push_keys(*stream, {"slow", "a", "b", "c", "a", "d"});
  board.wait_for_notes("done ", 5);
  board.wait_for_notes("slow");
  board.change([&] { is_open = true; });
  harness.group().wait_for_commit(kPartition, 6);
}

TEST(Lanes, AConsumerNeverRunsTwiceAtOnceAndALaneHasItsOwn) {
  class Counting final : public Consumer {
   public:
    explicit Counting(Board* board) : board_(board) {}

   private:
    void consume(const Record& record) override {
      if (std::exchange(is_running_, true)) board_->note("twice");
      board_->note(record.key().str() + " " + std::to_string(record.offset()));
      is_running_ = false;
    }
    Board* board_;
    bool is_running_ = false;
  };
  Board board;
  ServerHarness harness(board,
                        {.consumer = consumer<Counting>(&board),
                         .ordering = by_key({.max_lanes = 3}),
                         .max_records = 4},
                        {}, {.concurrency = 4});
  const auto stream = harness.assign();
  for (int i = 0; i < 40; ++i) push_keys(*stream, {"a", "b", "c", "d", "e"});
  harness.group().wait_for_commit(kPartition, 200);
  EXPECT_THAT(board.notes("twice"), ::testing::IsEmpty());
  for (const std::string key : {"a ", "b ", "c ", "d ", "e "}) {
    const auto notes = board.notes(key);
    ASSERT_EQ(notes.size(), 40U);
    for (std::size_t i = 1; i < notes.size(); ++i) {
      EXPECT_LT(std::stoi(notes[i - 1]), std::stoi(notes[i])) << key;
    }
  }
}

TEST(Lanes, RevokedAndStoppedWithSeveralBusyTheirWorkStillCounts) {
  for (const bool is_revoked : {true, false}) {
    Board board;
    bool is_open = false;
    ServerHarness harness(board,
                          {.consumer = consumer([&](const Record&) {
                             board.note("began");
                             board.wait_for("open", [&] { return is_open; });
                           }),
                           .ordering = by_key(),
                           .consume_timeout = 40ms},  // so the control thread polls often
                          {.commit_interval = 1h}, {.concurrency = 3});
    FakeGroup& group = harness.group();
    int polls = 0;
    group.on_poll = [&] { board.change([&] { ++polls; }); };
    const auto stream = harness.assign();
    push_keys(*stream, {"a", "b", "c", "a", "b", "c"});
    board.wait_for_notes("began", 3);
    RevocationId revocation;
    if (is_revoked) {
      revocation = group.revoke({stream});
      board.wait_for("it to be told", [&] { return group.has_handled_all(); });
    } else {
      harness.server().stop();
      int before = 0;
      board.look([&] { before = polls; });
      // One poll may have been under way; by the end of the next all partitions are told.
      board.wait_for("partitions to be told", [&] { return polls >= before + 2; });
    }
    board.change([&] { is_open = true; });
    if (is_revoked) group.wait_for_hand_back(revocation);
    EXPECT_EQ(harness.stop(), ExitCode::kClean);
    EXPECT_EQ(group.committed_at(kPartition), 3);
    EXPECT_EQ(board.notes("began").size(), 3U);
    board.look([&] { EXPECT_EQ(stream->batches_held(), 0U); });
  }
}

TEST(Lanes, IdleOnesGetWorkThatComesLater) {
  Board board;
  Poisoned work(board);
  ServerHarness harness(board,
                        {.consumer = work.factory(), .ordering = virtual_partitions({.count = 2})});
  const auto stream = harness.assign();
  for (Offset i = 1; i <= 30; ++i) {
    push_keys(*stream, {"k" + std::to_string(i)});
    harness.group().wait_for_commit(kPartition, i);
  }
}

TEST(Lanes, RunningOutOfMemoryInOneEndsThePartition) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([&](const Record& record) {
                                  if (record.key() == "b") throw std::bad_alloc();
                                  board.note("done " + text(record));
                                }),
                                .ordering = by_key()});
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "b", "c"});
  EXPECT_EQ(harness.server().wait(), ExitCode::kForced);
  EXPECT_LE(harness.group().committed_at(kPartition), 1);
}

TEST(Lanes, AKeyFunctionWithoutMemoryEndsTheServerInOrder) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([&](const Record&) {}),
                                .ordering = by_key({.by = [](const Record& record) -> Bytes {
                                  if (record.offset() == 3) throw std::bad_alloc();
                                  return record.key();
                                }})});
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "b", "c", "d"});
  EXPECT_EQ(harness.server().wait(), ExitCode::kForced);
  EXPECT_LE(harness.group().committed_at(kPartition), 3);
}

TEST(Lanes, AKeyFunctionThatThrowsIsToldAndItsRecordsAreConsumed) {
  Board board;
  Poisoned work(board);
  ServerHarness harness(board, {.consumer = work.factory(),
                                .ordering = by_key({.by = [](const Record& record) -> Bytes {
                                  if (record.value().empty())
                                    throw std::invalid_argument("no value");
                                  return record.value();
                                }})});
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "b"}, "v");
  push_keys(*stream, {"c", "d"}, "");
  harness.group().wait_for_commit(kPartition, 4);
  EXPECT_THAT(board.notes("error.occurred key"),
              ElementsAre(" std::invalid_argument orders-0@2: no value",
                          " std::invalid_argument orders-0@3: no value"));
}

TEST(Lanes, ManualMarksAreOfTheirOwnLane) {
  Board board;
  ServerHarness harness(board,
                        {.consumer = consumer([&](const Record& record, ConsumerContext& context) {
                           if (record.key() == "a" && record.offset() > 0) {
                             context.mark(record);
                           }
                           board.note("done " + text(record));
                         }),
                         .ordering = virtual_partitions({.count = 50}),
                         .marking = Marking::kManual});
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "a", "b", "a"});
  board.wait_for_notes("done ", 4);
  harness.group().wait_for_commit(kPartition, 2);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_EQ(harness.group().committed_at(kPartition), 2);
}

TEST(Lanes, MinRecordsGatherBeforeTheyAreDealtOut) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([&](Batch& batch, ConsumerContext&) {
                                  board.note("batch " + std::to_string(batch.size()));
                                }),
                                .ordering = by_key(),
                                .min_records = 4,
                                .max_wait = 14s});
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "a"});
  push_keys(*stream, {"a"});
  push_keys(*stream, {"a"});
  harness.group().wait_for_commit(kPartition, 4);
  EXPECT_THAT(board.notes("batch "), ElementsAre("4"));
}

TEST(Lanes, ASlowOneIsToldWhileOthersGoOn) {
  Board board;
  bool may_return = false;
  ServerHarness harness(board, {.consumer = consumer([&](const Record& record) {
                                  if (record.key() == "slow") {
                                    board.wait_for("leave", [&] { return may_return; });
                                  }
                                  board.note("done " + text(record));
                                }),
                                .ordering = by_key(),
                                .consume_timeout = 8ms});
  const auto stream = harness.assign();
  push_keys(*stream, {"slow", "a"});
  board.wait_for_notes("consume.slow orders-0");
  push_keys(*stream, {"a"});
  board.wait_for_notes("done a", 2);
  board.change([&] { may_return = true; });
  harness.group().wait_for_commit(kPartition, 3);
  EXPECT_EQ(board.notes("consume.slow").size(), 1U);
}

}  // namespace
}  // namespace rookery
