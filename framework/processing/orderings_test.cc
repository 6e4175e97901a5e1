// orderings_test.cc
//
// What holds of one lane holds of several, in every ordering.
#include <rookery/processing/testing/keyed_records.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

}  // namespace
}  // namespace rookery
