// life_test.cc
//
// What a consumer is told besides records: in which order, when, and what becomes of a throw. Ticks
// need a clock: simulations/unit/consumer_life_test.cc.
#include <rookery/processing/testing/completion_desk.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Notes everything that it is told.
Hooks noted(Board& board) {
  return {.initialized = [&] { board.note("life initialized"); },
          .eofed = [&](ConsumerContext&) { board.note("life eofed"); },
          .revoked = [&](ConsumerContext&) { board.note("life revoked"); },
          .shutdown = [&](ConsumerContext&) { board.note("life shutdown"); }};
}

TEST(ConsumerLife, IsToldInOrderAndOfTheEndBehindWhatWasTakenBefore) {
  Board board;
  ServerHarness harness(
      board, {.consumer = hooked(board, noted(board), [&](const Record& record, ConsumerContext&) {
                board.note("life " + std::to_string(record.offset()));
              })});
  const auto stream = harness.assign();
  stream->push(2);
  board.wait_for_notes("life 1");
  stream->push_end();
  board.wait_for_notes("life eofed");
  stream->push(1);
  board.wait_for_notes("life 2");
  stream->push_end();
  board.wait_for_notes("life eofed", 2);
  harness.group().wait_for_hand_back(harness.group().revoke({stream}));
  EXPECT_THAT(board.notes("life "),
              ElementsAre("initialized", "0", "1", "eofed", "2", "eofed", "revoked"));
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

TEST(ConsumerLife, TheEndIsToldBehindRecordsThatWaitForMore) {
  Board board;
  ServerHarness harness(board,
                        {.consumer = hooked(board, noted(board),
                                            [&](const Record& record, ConsumerContext&) {
                                              board.note("life " + std::to_string(record.offset()));
                                            }),
                         .min_records = 3,
                         .max_wait = 30ms});
  const auto stream = harness.assign();
  stream->push(2);  // too few to run at once
  stream->push_end();
  board.wait_for_notes("life eofed");
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_THAT(board.notes("life "), ElementsAre("initialized", "0", "1", "eofed", "shutdown"));
}

TEST(ConsumerLife, NoEndIsToldWhileARecordFails) {
  Board board;
  int throws = 3;
  ServerHarness harness(
      board, {.consumer = hooked(board, noted(board), [&](const Record&, ConsumerContext& context) {
                board.note("life attempt " + std::to_string(context.attempt()));
                if (context.attempt() <= throws) throw std::runtime_error("not yet");
              })});
  const auto stream = harness.assign();
  stream->push(1);
  board.wait_for_notes("life attempt 2");
  stream->push_end();
  board.wait_for_notes("life attempt 4");
  board.wait_for_notes("life eofed");
  EXPECT_THAT(board.notes("life "), ElementsAre("initialized", "attempt 1", "attempt 2",
                                                "attempt 3", "attempt 4", "eofed"));
}

TEST(ConsumerLife, NoEndIsToldWhileARecordIsUnfinished) {
  Board board;
  CompletionDesk desk(board);
  class Waiting final : public WaitingConsumer {
   public:
    Waiting(Board& board, std::unique_ptr<ConsumerBase> inner)
        : board_(board), inner_(std::move(inner)) {}
    void attach(ConsumerContext& context) override { inner_->attach(context); }
    void eofed() override { board_.note("life eofed"); }

   private:
    void consume(const Record& record, Completion completion) override {
      inner_->run_waiting(record, std::move(completion));
    }
    Board& board_;
    const std::unique_ptr<ConsumerBase> inner_;
  };
  const ConsumerFactory factory = [&] {
    return std::make_unique<Waiting>(board, desk.factory()());
  };
  ServerHarness harness(board, {.consumer = factory});
  const auto stream = harness.assign();
  push_keys(*stream, {"a"});
  board.wait_for_notes("began a");
  stream->push_end();
  auto work = desk.take("a");
  board.note("life finished a");
  EXPECT_TRUE(work.completion.done());
  board.wait_for_notes("life eofed");
  EXPECT_THAT(board.notes("life "), ElementsAre("finished a", "eofed"));
}

TEST(ConsumerLife, AnEmptyPartitionHasAnEndToo) {
  Board board;
  int failures = 2;
  Hooks hooks = noted(board);
  hooks.initialized = [&] {
    if (failures-- > 0) throw std::runtime_error("not ready");
    board.note("life initialized");
  };
  ServerHarness harness(board,
                        {.consumer = hooked(board, hooks, [](const Record&, ConsumerContext&) {})});
  harness.assign()->push_end();
  board.wait_for_notes("life eofed");
  EXPECT_THAT(board.notes("error.occurred "),
              ElementsAre("initialized std::runtime_error orders-0: not ready",
                          "initialized std::runtime_error orders-0: not ready"));
  EXPECT_THAT(board.notes("retry.scheduled "),
              ElementsAre("orders-0: again in 1ms", "orders-0: again in 2ms"));
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_THAT(board.notes("life "), ElementsAre("initialized", "eofed", "shutdown"));
}

// All hooks of one object fail; nothing of it is lost.
TEST(ConsumerLife, EachHooksThrowIsAnEventOfItsOwnAndLosesNothing) {
  for (const bool is_revoked : {false, true}) {
    Board board;
    bool is_first = true;
    const auto fails = [](const char* what) {
      return [what](ConsumerContext&) { throw std::runtime_error(what); };
    };
    const Hooks hooks{.initialized =
                          [&] {
                            if (std::exchange(is_first, false)) throw std::runtime_error("begin");
                          },
                      .eofed = fails("end"),
                      .tick = fails("tick"),
                      .revoked = fails("revoke"),
                      .shutdown = fails("stop")};
    ServerHarness harness(
        board, {.consumer = hooked(board, hooks,
                                   [&](const Record& record, ConsumerContext&) {
                                     board.note("done " + std::to_string(record.offset()));
                                   }),
                .tick_interval = 1ms});
    const auto stream = harness.assign();
    stream->push(1);
    board.wait_for_notes("done 0");
    stream->push_end();
    board.wait_for_notes("error.occurred eofed");
    board.wait_for_notes("error.occurred tick", 2);
    stream->push(1);
    harness.group().wait_for_commit(kPartition, 2);
    if (is_revoked) harness.group().wait_for_hand_back(harness.group().revoke({stream}));
    EXPECT_EQ(harness.stop(), ExitCode::kClean);
    EXPECT_THAT(board.notes("error.occurred initialized"),
                ElementsAre(" std::runtime_error orders-0@0: begin"));
    EXPECT_THAT(board.notes("error.occurred eofed"),
                ElementsAre(" std::runtime_error orders-0: end"));
    EXPECT_EQ(board.notes("error.occurred tick").front(), " std::runtime_error orders-0: tick");
    EXPECT_THAT(board.notes("error.occurred revoked"), SizeIs(is_revoked ? 1 : 0));
    EXPECT_THAT(board.notes("error.occurred shutdown"), SizeIs(is_revoked ? 0 : 1));
    EXPECT_THAT(board.notes("done "), ElementsAre("0", "1"));
  }
}

class EachOrdering : public ::testing::TestWithParam<Ordering> {};

INSTANTIATE_TEST_SUITE_P(ConsumerLife, EachOrdering,
                         ::testing::Values(in_partition(), virtual_partitions({.count = 3}),
                                           by_key(), by_key({.max_lanes = 2}), unordered()),
                         [](const auto& test) {
                           return std::string(name(test.param)) + std::to_string(test.param.lanes);
                         });

// One record is held back in its lane: others are done, and none of them is told of the end.
TEST_P(EachOrdering, AllObjectsAreToldOfTheEndWhenAllLanesAreSoFar) {
  Board board;
  bool may_go_on = false;
  ServerHarness harness(board, {.consumer = hooked(board, noted(board),
                                                   [&](const Record& record, ConsumerContext&) {
                                                     if (record.key() == "slow") {
                                                       board.wait_for("leave",
                                                                      [&] { return may_go_on; });
                                                     }
                                                     board.note("life done");
                                                   }),
                                .ordering = GetParam(),
                                .max_records = 1});
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "b", "c", "d", "slow"});
  stream->push_end();
  if (!GetParam().has_one_lane()) board.wait_for_notes("life done", 1);
  board.change([&] { may_go_on = true; });
  board.wait_for("all to be told", [&] {
    return board.count("life done") == 5 && board.count("life eofed") >= board.count("born");
  });
  const std::vector<std::string> life = board.notes("life ");
  std::size_t done = 0;
  for (const std::string& line : life) {
    if (line == "done") ++done;
    if (line == "eofed") {
      EXPECT_EQ(done, 5U);
    }
  }
  EXPECT_EQ(board.notes("life eofed").size(), board.notes("born").size());
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_EQ(board.notes("life shutdown").size(), board.notes("born").size());
  EXPECT_EQ(board.notes("gone").size(), board.notes("born").size());
}

TEST_P(EachOrdering, OneObjectIsToldOfTheEndOfAnEmptyPartition) {
  Board board;
  ServerHarness harness(
      board, {.consumer = hooked(board, noted(board), [](const Record&, ConsumerContext&) {}),
              .ordering = GetParam()});
  const auto stream = harness.assign();
  stream->push_end();
  board.wait_for_notes("life eofed");
  push_keys(*stream, {"a", "b"});
  harness.group().wait_for_commit(kPartition, 2);
  stream->push_end();
  board.wait_for("all to be told",
                 [&] { return board.count("life eofed") == 1 + board.count("born"); });
  harness.group().revoke({stream}, /*is_lost=*/true);
  board.wait_for("all to be told",
                 [&] { return board.count("life revoked") == board.count("born"); });
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_THAT(board.notes("life shutdown"), IsEmpty());
  EXPECT_THAT(board.notes("error.occurred"), IsEmpty());
}

}  // namespace
}  // namespace rookery
