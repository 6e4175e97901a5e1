// lanes_test.cc
//
// Partitions with several lanes: what fails delays only itself, and what holds of one lane holds of
// each.
#include <rookery/processing/partition_marks.h>
#include <rookery/processing/testing/harness.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::UnorderedElementsAre;

std::string text(const Record& record) {
  return record.key().str() + "@" + std::to_string(record.offset());
}

void push_keys(FakeStream& stream, const std::vector<std::string>& keys,
               const std::string& value = "v") {
  for (const std::string& key : keys) {
    stream.push_one({.key = key.empty() ? OwnedBytes() : OwnedBytes(key), .value = value});
  }
}

// Notes each record when it is done; those of the key "bad" throw until they are let.
struct Poisoned {
  explicit Poisoned(Board& on) : board(on) {}
  void consume(const Record& record) {
    bool must_throw = false;
    board.look([&] { must_throw = is_bad && record.key().view() == "bad"; });
    if (must_throw) {
      board.note("threw " + text(record));
      throw std::runtime_error("bad");
    }
    board.note("done " + text(record));
  }
  ConsumerFactory factory() {
    return consumer([this](const Record& record) { consume(record); });
  }
  Board& board;
  bool is_bad = true;
};

class EachOrdering : public ::testing::TestWithParam<Ordering> {};

INSTANTIATE_TEST_SUITE_P(
    Lanes, EachOrdering,
    ::testing::Values(in_partition(), virtual_partitions({.count = 3}),
                      virtual_partitions({.count = 3, .distribution = Distribution::kBalanced}),
                      by_key(), by_key({.max_lanes = 2}), unordered(), unordered({.max_lanes = 1})),
    [](const auto& test) {
      return std::string(name(test.param)) + std::to_string(test.param.lanes);
    });

TEST_P(EachOrdering, ConsumesAndCommitsEverything) {
  Board board;
  Poisoned work(board);
  ServerHarness harness(board,
                        {.consumer = work.factory(), .ordering = GetParam(), .max_records = 7});
  const auto stream = harness.assign();
  for (int i = 0; i < 10; ++i) push_keys(*stream, {"a", "b", "a", "", "c", "d", "", "e", "a", "f"});
  stream->push_gap(3);
  push_keys(*stream, {"a", ""});
  harness.group().wait_for_commit(kPartition, 105);
  EXPECT_EQ(board.notes("done ").size(), 102U);
  EXPECT_EQ(harness.server().records_consumed(), 102U);
  board.wait_for("all given back", [&] { return stream->batches_held() == 0; });
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

TEST_P(EachOrdering, ConsumesBatchesToo) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([&](Batch& batch, ConsumerContext& context) {
                                  for (const Record& record : batch) {
                                    context.outputs().send({.topic = "out"});
                                    board.note("done " + text(record));
                                  }
                                }),
                                .ordering = GetParam(),
                                .max_records = 5});
  const auto stream = harness.assign();
  for (int i = 0; i < 10; ++i) push_keys(*stream, {"a", "b", "a", "", "c"});
  harness.group().wait_for_commit(kPartition, 50);
  EXPECT_EQ(board.notes("done ").size(), 50U);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

TEST_P(EachOrdering, AnOutputThatFailsIsSentAgain) {
  Board board;
  ServerHarness harness(board,
                        {.consumer = consumer([&](const Record& record, ConsumerContext& context) {
                           const bool is_b = record.key() == "b";
                           context.outputs().send({.topic = is_b ? "held" : "out"});
                           board.note("ran " + text(record));
                         }),
                         .ordering = GetParam()});
  ProducerScript& producer = harness.transport.producer;
  producer.held_topic = "held";
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "b", "c"});
  std::size_t held = 0;
  board.wait_for("b to be sent", [&] {
    for (held = 0; held < producer.sent.size(); ++held) {
      if (producer.sent[held].topic == "held") return true;
    }
    return false;
  });
  board.change([&] { producer.held_topic = ""; });
  fail_send(board, producer, held);
  harness.group().wait_for_commit(kPartition, 3);
  EXPECT_EQ(board.notes("ran b@1").size(), 2U);
  EXPECT_THAT(board.notes("error.occurred output"), ElementsAre(HasSubstr("orders-0@1")));
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

TEST_P(EachOrdering, HooksRunForEachConsumerAtTheEnd) {
  Board board;
  ServerHarness harness(
      board, {.consumer = hooked(board,
                                 {.initialized = [&] { board.note("initialized"); },
                                  .revoked = [&](ConsumerContext&) { board.note("revoked"); }},
                                 [&](const Record&, ConsumerContext&) { board.note("done"); }),
              .ordering = GetParam()});
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "b", "c", "d", ""});
  harness.group().wait_for_commit(kPartition, 5);
  harness.group().wait_for_hand_back(harness.group().revoke({stream}));
  EXPECT_EQ(board.notes("revoked").size(), board.notes("initialized").size());
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_EQ(board.notes("gone").size(), board.notes("born").size());
  board.look([&] { EXPECT_EQ(stream->batches_held(), 0U); });
}

TEST_P(EachOrdering, ATruncatedLogIsFollowed) {
  Board board;
  ServerHarness harness(board,
                        {.consumer = consumer([&](const Record& record, ConsumerContext& context) {
                           context.outputs().send({.topic = "out"});
                           board.note(record.value().str() + " " + text(record));
                         }),
                         .ordering = GetParam()});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "b", "c", "d", "e", "f"}, "old");
  board.wait_for_notes("old ");
  std::size_t old = 0;
  board.look([&] { old = producer.sent.size(); });
  stream->truncate(2);
  push_keys(*stream, {"a", "b", "c"}, "new");
  // Records that were not run before are acknowledged, too: at once.
  board.change([&] { producer.acknowledges = true; });
  for (std::size_t i = 0; i < old; ++i) acknowledge(board, producer, i);
  acknowledge_all(board, producer);
  board.wait_for("all new", [&] { return board.count_prefix("new ") >= 3; });
  acknowledge_all(board, producer);
  harness.group().wait_for_commit(kPartition, 5);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

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

TEST(Lanes, AnOutputThatFailsRewindsItsOwnLane) {
  Board board;
  ServerHarness harness(board,
                        {.consumer = consumer([&](const Record& record, ConsumerContext& context) {
                           board.note("ran " + text(record));
                           context.outputs().send({.topic = "out", .value = text(record)});
                         }),
                         .ordering = by_key()});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "b", "a", "b"});
  board.wait_for("all sent", [&] { return producer.sent.size() == 4; });
  for (std::size_t i = 0; i < 4; ++i) {
    std::string value;
    board.look([&] { value = producer.sent[i].value; });
    if (value == "a@0") {
      fail_send(board, producer, i);
    } else {
      acknowledge(board, producer, i);
    }
  }
  board.wait_for("a again", [&] { return producer.sent.size() == 6; });
  EXPECT_THAT(harness.group().asked_offsets(kPartition), Each(Le(0)));
  acknowledge_all(board, producer);
  harness.group().wait_for_commit(kPartition, 4);
  EXPECT_THAT(board.notes("ran a"), ElementsAre("@0", "@2", "@0", "@2"));
  EXPECT_THAT(board.notes("ran b"), UnorderedElementsAre("@1", "@3"));
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

TEST(Lanes, OldRecordsDoNotRunBesideThoseThatReplacedThem) {
  Board board;
  bool is_open = false;
  ServerHarness harness(board, {.consumer = consumer([&](const Record& record) {
                                  if (record.value() == "old" && record.key() == "a") {
                                    board.note("began");
                                    board.wait_for("open", [&] { return is_open; });
                                    board.note("ended");
                                  }
                                  if (record.value() == "new") board.note("new " + text(record));
                                }),
                                .ordering = by_key()});
  const auto stream = harness.assign();
  push_keys(*stream, {"b", "c", "a", "a"}, "old");
  board.wait_for_notes("began");
  stream->truncate(1);
  push_keys(*stream, {"x", "y"}, "new");
  board.wait_for("taken", [&] { return stream->waiting() == 0; });
  const auto other = harness.assign({"orders", 1});
  other->push(1);
  harness.group().wait_for_commit({"orders", 1}, 1);
  EXPECT_THAT(board.notes("new "), ::testing::IsEmpty());
  board.change([&] { is_open = true; });
  harness.group().wait_for_commit(kPartition, 3);
  EXPECT_EQ(board.notes("began").size(), 1U) << "the second of its key is not in the log any more";
  EXPECT_THAT(board.notes("new "), UnorderedElementsAre("x@1", "y@2"));
}

TEST(Lanes, OutputsOfOldRecordsSayNothingAboutThoseThatReplacedThem) {
  Board board;
  bool is_open = false;
  ServerHarness harness(board,
                        {.consumer = consumer([&](const Record& record, ConsumerContext& context) {
                           if (record.key() == "other") return;
                           if (record.value() == "old") {
                             board.note("began");
                             board.wait_for("open", [&] { return is_open; });
                           }
                           context.outputs().send({.topic = "out", .value = record.value()});
                         }),
                         .ordering = by_key()});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  const auto stream = harness.assign();
  push_keys(*stream, {"other"});
  push_keys(*stream, {"a"}, "old");
  board.wait_for_notes("began");
  stream->truncate(1);
  push_keys(*stream, {"b"}, "new");
  board.wait_for("taken", [&] { return stream->waiting() == 0; });
  const auto other = harness.assign({"orders", 1});
  push_keys(*other, {"other"});
  harness.group().wait_for_commit({"orders", 1}, 1);  // the lane is asked to forget
  board.change([&] { is_open = true; });
  board.wait_for("both sent", [&] { return producer.sent.size() == 2; });
  acknowledge(board, producer, 0);
  push_keys(*other, {"other"});
  harness.group().wait_for_commit({"orders", 1}, 2);
  EXPECT_THAT(harness.group().asked_offsets(kPartition), Each(Le(1)));
  acknowledge(board, producer, 1);
  harness.group().wait_for_commit(kPartition, 2);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

TEST(Lanes, ARecordThatWasGivenUpStaysSoWhenItsLaneGoesBack) {
  Board board;
  ServerHarness harness(board,
                        {.consumer = consumer([&](const Record& record, ConsumerContext& context) {
                           board.note("ran " + text(record));
                           if (record.key() == "bad") throw std::runtime_error("bad");
                           if (record.key() == "sends") context.outputs().send({.topic = "out"});
                         }),
                         .ordering = unordered(),
                         .dead_letter_queue = {{.topic = "dead", .max_retries = 0}}},
                        {}, {.concurrency = 1});
  harness.transport.topics["dead"] = 1;
  ProducerScript& producer = harness.transport.producer;
  producer.held_topic = "out";
  const auto stream = harness.assign();
  // One lane gets the first half of them.
  push_keys(*stream, {"sends", "", "bad", "", "", "", "", ""});
  board.wait_for("all to have run",
                 [&] { return board.count_prefix("ran ") >= 8 && producer.sent.size() == 2; });
  board.change([&] { producer.held_topic = ""; });
  fail_send(board, producer, 0);
  harness.group().wait_for_commit(kPartition, 8);
  EXPECT_EQ(board.notes("ran bad@2").size(), 1U);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

TEST(Lanes, WhatOneLeavesBeforeItIsWantedIsNotOverlooked) {
  class Nothing final : public Task {
    void step() override {}
  };
  Nothing task;
  LaneDesk desk(task, 0);
  PartitionMarks marks(10);
  marks.add_lane(desk);
  marks.give(desk, LaneBatch());
  marks.collect_orders(desk);
  EXPECT_FALSE(marks.report(desk, {.completed = 1}).partition) << "nobody waits for it";
  EXPECT_TRUE(marks.set_lanes_wanted(true)) << "somebody does now, and looked before";
  EXPECT_EQ(marks.collect_notes().size(), 1U);
  EXPECT_FALSE(marks.set_lanes_wanted(true));
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
