// lanes_back_test.cc
//
// Several lanes going back: for outputs that failed, and because the log lost its end.
#include <rookery/processing/partition_marks.h>
#include <rookery/processing/testing/keyed_records.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Le;
using ::testing::UnorderedElementsAre;

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
  board.wait_for("the first to be taken", [&] { return stream->waiting() < 2; });
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
  PartitionMarks marks(10, DoneBeyond(), 0, {});
  marks.add_lane(desk);
  marks.give(desk, LaneBatch());
  marks.collect_orders(desk);
  EXPECT_FALSE(marks.report(desk, {.completed = 1}).partition) << "nobody waits for it";
  EXPECT_TRUE(marks.set_lanes_wanted(true)) << "somebody does now, and looked before";
  EXPECT_EQ(marks.collect_notes().size(), 1U);
  EXPECT_FALSE(marks.set_lanes_wanted(true));
}

}  // namespace
}  // namespace rookery
