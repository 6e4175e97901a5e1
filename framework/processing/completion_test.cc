// completion_test.cc
//
// Records that are finished later than their consume returns, by threads of the user's.
#include <rookery/processing/testing/completion_desk.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;

class EachOrdering : public ::testing::TestWithParam<Ordering> {};

INSTANTIATE_TEST_SUITE_P(Completion, EachOrdering,
                         ::testing::Values(in_partition(), virtual_partitions({.count = 3}),
                                           by_key(), by_key({.max_lanes = 2}), unordered(),
                                           unordered({.max_lanes = 1})),
                         [](const auto& test) {
                           return std::string(name(test.param)) + std::to_string(test.param.lanes);
                         });

TEST_P(EachOrdering, FinishedByThreadsOfTheUserEverythingIsCommitted) {
  Board board;
  UserPool pool(board, 3);
  ServerHarness harness(board,
                        {.consumer = consumer([&](const Record& record, Completion completion) {
                           auto shared = std::make_shared<Completion>(std::move(completion));
                           pool.add([&board, &record, shared] {
                             board.note("done " + text(record));
                             if (record.offset() % 7 == 0) shared->send({.topic = "out"});
                             shared->done();
                           });
                         }),
                         .ordering = GetParam(),
                         .max_records = 7});
  const auto stream = harness.assign();
  for (int i = 0; i < 10; ++i) push_keys(*stream, {"a", "b", "a", "", "c", "d", "", "e", "a", "f"});
  harness.group().wait_for_commit(kPartition, 100);
  EXPECT_EQ(board.notes("done ").size(), 100U);
  EXPECT_EQ(harness.server().records_consumed(), 100U);
  board.wait_for("all given back", [&] { return stream->batches_held() == 0; });
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

TEST_P(EachOrdering, FinishedInsideConsumeItIsLikeAnyOther) {
  Board board;
  ServerHarness harness(
      board, {.consumer = consumer(
                  [&](const Record& record, Completion completion, ConsumerContext& context) {
                    EXPECT_TRUE(completion.done());
                    // It belongs to the record all the same: consume has not returned.
                    context.outputs().send({.topic = "out"});
                    board.note("done " + text(record));
                  }),
              .ordering = GetParam(),
              .max_records = 5});
  const auto stream = harness.assign();
  for (int i = 0; i < 10; ++i) push_keys(*stream, {"a", "b", "a", "c"});
  harness.group().wait_for_commit(kPartition, 40);
  EXPECT_EQ(board.notes("done ").size(), 40U);
}

TEST_P(EachOrdering, AFailedOneIsRetried) {
  Board board;
  CompletionDesk desk(board);
  ServerHarness harness(board, {.consumer = desk.factory(), .ordering = GetParam()});
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "b"});
  EXPECT_TRUE(desk.fail("a"));
  EXPECT_TRUE(desk.fail("a"));
  EXPECT_TRUE(desk.finish("a"));
  EXPECT_TRUE(desk.finish("b"));
  harness.group().wait_for_commit(kPartition, 2);
  EXPECT_THAT(board.notes("error.occurred"),
              ElementsAre(" consume std::runtime_error orders-0@0: bad a",
                          " consume std::runtime_error orders-0@0: bad a"));
  EXPECT_EQ(board.notes("began a@0").size(), 3U);
}

TEST(Completion, NothingIsMarkedBeforeItIsFinished) {
  Board board;
  CompletionDesk desk(board);
  ServerHarness harness(board, {.consumer = desk.factory(), .ordering = by_key()});
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "b", "c"});
  EXPECT_TRUE(desk.finish("c"));
  EXPECT_TRUE(desk.finish("b"));
  // The control thread has committed another partition meanwhile, and of this one nothing.
  const auto other = harness.assign({"orders", 1});
  push_keys(*other, {"x"});
  EXPECT_TRUE(desk.finish("x"));
  harness.group().wait_for_commit({"orders", 1}, 1);
  EXPECT_THAT(harness.group().asked_offsets(kPartition), Each(Eq(0)));
  EXPECT_TRUE(desk.finish("a"));
  harness.group().wait_for_commit(kPartition, 3);
}

TEST(Completion, ALaneStandsAtItsRecordAndOthersGoOn) {
  Board board;
  CompletionDesk desk(board);
  ServerHarness harness(board, {.consumer = desk.factory(), .ordering = by_key()});
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "a", "b", "a", "b"});
  EXPECT_TRUE(desk.finish("b"));
  EXPECT_TRUE(desk.finish("b"));
  board.wait_for_notes("began ", 3);
  EXPECT_THAT(board.notes("began a"), ElementsAre("@0"));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(desk.finish("a"));
  harness.group().wait_for_commit(kPartition, 5);
  EXPECT_THAT(board.notes("began a"), ElementsAre("@0", "@1", "@3"));
}

TEST(Completion, TenThousandAreUnderWayOnTwoThreads) {
  constexpr int kRecords = 10'000;
  for (const Ordering& ordering :
       {unordered({.max_lanes = kRecords}), by_key({.max_lanes = kRecords})}) {
    Board board;
    std::vector<Completion> under_way;
    int began = 0;
    ServerHarness harness(board, {.consumer = consumer([&](const Record&, Completion completion) {
                                    board.change([&] {
                                      under_way.push_back(std::move(completion));
                                      ++began;
                                    });
                                  }),
                                  .ordering = ordering,
                                  .window = kRecords});
    const auto stream = harness.assign();
    const bool has_keys = ordering.kind == by_key().kind;
    for (int i = 0; i < kRecords; ++i) {
      push_keys(*stream, {has_keys ? "k" + std::to_string(i) : ""});
    }
    push_keys(*stream, {"one more than the window holds"});
    board.wait_for("all to be under way", [&] { return began == kRecords; });
    board.look([&] { EXPECT_EQ(stream->waiting(), 1U); });
    std::vector<Completion> all;
    board.change([&] { all.swap(under_way); });
    for (Completion& completion : all) EXPECT_TRUE(completion.done());
    board.wait_for("the last", [&] { return under_way.size() == 1; });
    board.change([&] { all.swap(under_way); });
    EXPECT_TRUE(all.front().done());
    harness.group().wait_for_commit(kPartition, kRecords + 1);
  }
}

TEST(Completion, AThousandKeysKeepTheirOrder) {
  Board board;
  UserPool pool(board, 2);
  std::map<std::string, std::vector<Offset>> ran;
  ServerHarness harness(
      board, {.consumer = consumer([&](const Record& record, Completion completion) {
                auto shared = std::make_shared<Completion>(std::move(completion));
                pool.add([&, shared] {
                  board.change([&] { ran[record.key().str()].push_back(record.offset()); });
                  shared->done();
                });
              }),
              .ordering = by_key({.max_lanes = 1'000})});
  const auto stream = harness.assign();
  for (int i = 0; i < 5'000; ++i) push_keys(*stream, {"k" + std::to_string(i * 7 % 1'000)});
  harness.group().wait_for_commit(kPartition, 5'000);
  ASSERT_EQ(ran.size(), 1'000U);
  for (const auto& [key, offsets] : ran) {
    EXPECT_EQ(offsets.size(), 5U) << key;
    EXPECT_TRUE(std::is_sorted(offsets.begin(), offsets.end())) << key;
  }
}

// ---- How a record ends

TEST(Completion, ADroppedOneIsAFailureOfItsOwnClass) {
  Board board;
  CompletionDesk desk(board);
  ServerHarness harness(board, {.consumer = desk.factory()});
  const auto stream = harness.assign();
  push_keys(*stream, {"a"});
  { const CompletionDesk::Work dropped = desk.take("a"); }
  EXPECT_TRUE(desk.finish("a"));
  harness.group().wait_for_commit(kPartition, 1);
  EXPECT_THAT(
      board.notes("error.occurred"),
      ElementsAre(" consume CompletionDropped orders-0@0: the completion was dropped before "
                  "its record was finished"));
}

TEST(Completion, AThrowOfConsumeIsAFailureAndItsCompletionNoLongerCounts) {
  Board board;
  std::vector<Completion> kept;
  ServerHarness harness(board, {.consumer = consumer([&](const Record&, Completion completion) {
                                  if (kept.empty()) {
                                    kept.push_back(std::move(completion));
                                    throw std::runtime_error("thrown");
                                  }
                                  completion.done();
                                })});
  const auto stream = harness.assign();
  push_keys(*stream, {"a"});
  harness.group().wait_for_commit(kPartition, 1);
  EXPECT_FALSE(kept.front().done());
  EXPECT_THAT(board.notes("error.occurred"),
              ElementsAre(" consume std::runtime_error orders-0@0: thrown",
                          " completion CompletionFinishedTwice orders-0@0: a record was finished "
                          "twice, or after its consume had thrown"));
}

TEST(Completion, FinishingTwiceIsTold) {
  Board board;
  CompletionDesk desk(board);
  ServerHarness harness(board, {.consumer = desk.factory()});
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "a"});
  CompletionDesk::Work first = desk.take("a");
  EXPECT_TRUE(first.completion.done());
  EXPECT_FALSE(first.completion.done());
  CompletionDesk::Work second = desk.take("a");
  EXPECT_FALSE(first.completion.fail(std::runtime_error("late")));
  EXPECT_EQ(board.notes("error.occurred completion CompletionFinishedTwice orders-0@0").size(), 2U);
  EXPECT_TRUE(second.completion.done());
  harness.group().wait_for_commit(kPartition, 2);
  EXPECT_EQ(board.notes("began ").size(), 2U);
}

TEST(Completion, AMovedFromOneSaysSo) {
  Board board;
  CompletionDesk desk(board);
  ServerHarness harness(board, {.consumer = desk.factory()});
  const auto stream = harness.assign();
  push_keys(*stream, {"a"});
  CompletionDesk::Work work = desk.take("a");
  Completion moved = std::move(work.completion);
  EXPECT_THROW(work.completion.done(), std::logic_error);
  EXPECT_TRUE(moved.done());
}

TEST(Completion, AFailureWithoutAnExceptionIsOne) {
  Board board;
  CompletionDesk desk(board);
  ServerHarness harness(board, {.consumer = desk.factory()});
  const auto stream = harness.assign();
  push_keys(*stream, {"a"});
  EXPECT_TRUE(desk.take("a").completion.fail(std::exception_ptr()));
  EXPECT_TRUE(desk.finish("a"));
  EXPECT_THAT(board.notes("error.occurred consume std::invalid_argument").size(), 1U);
}

TEST(Completion, AnExhaustedOneBecomesADeadLetter) {
  Board board;
  CompletionDesk desk(board);
  std::vector<std::string> attempts;
  desk.on_consume = [&](const Record&, ConsumerContext& context) {
    std::string seen = std::to_string(context.attempt());
    for (const TrackedError& error : context.errors().errors()) seen += " " + error.message;
    attempts.push_back(seen);
  };
  ServerHarness harness(board,
                        {.consumer = desk.factory(),
                         .ordering = by_key(),
                         .dead_letter_queue = DeadLetterQueue{.topic = "dead", .max_retries = 1}});
  harness.transport.topics = {{"dead", 1}};
  const auto stream = harness.assign();
  push_keys(*stream, {"a"});
  EXPECT_TRUE(desk.fail("a"));
  EXPECT_TRUE(desk.fail("a"));
  harness.group().wait_for_commit(kPartition, 1);
  board.wait_for_notes("dead_letter.dispatched");
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_EQ(board.notes("dead_letter.dispatched").size(), 1U);
  EXPECT_THAT(attempts, ElementsAre("1", "2 bad a"));
}

TEST(Completion, ASlowOneIsToldWhileItIsUnfinished) {
  Board board;
  CompletionDesk desk(board);
  ServerHarness harness(board,
                        {.consumer = desk.factory(), .ordering = by_key(), .consume_timeout = 8ms});
  const auto stream = harness.assign();
  push_keys(*stream, {"a"});
  board.wait_for_notes("consume.slow orders-0");
  EXPECT_THAT(harness.server().describe(), HasSubstr("consuming"));
  EXPECT_TRUE(desk.finish("a"));
  harness.group().wait_for_commit(kPartition, 1);
}

}  // namespace
}  // namespace rookery
