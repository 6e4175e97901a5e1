// seeking_test.cc
//
// A consumer that goes elsewhere in its partition: what runs, what counts, and what is committed.
#include <rookery/processing/testing/keyed_records.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string number(const Record& record) { return std::to_string(record.offset()); }

// Notes "ran N", and does `first` at the first run of a record.
class Once {
 public:
  using Action = std::function<void(const Record&, ConsumerContext&)>;

  Once(Board& board, Offset at, Action action)
      : board_(board), at_(at), action_(std::move(action)) {}

  ConsumerFactory factory() {
    return consumer([this](const Record& record, ConsumerContext& context) {
      board_.note("ran " + number(record));
      bool is_due = false;
      board_.change([&] { is_due = record.offset() == at_ && !std::exchange(is_done_, true); });
      if (is_due) action_(record, context);
    });
  }

 private:
  Board& board_;
  const Offset at_;
  const Action action_;
  bool is_done_ = false;
};

Once::Action seek_to(Board& board, const SeekTo& to) {
  return [&board, to](const Record&, ConsumerContext& context) {
    const Result<Offset> sought = context.offsets().seek(to);
    board.note(sought ? "at " + std::to_string(*sought)
                      : "failed " + std::string(name(sought.error().code)));
  };
}

TEST(Seeking, BackRunsWhatLiesThereAgain) {
  Board board;
  Once once(board, 5, seek_to(board, 2));
  ServerHarness harness(board, {.consumer = once.factory()});
  harness.assign()->push(8);
  board.wait_for_notes("ran 7");
  EXPECT_THAT(board.notes("ran "),
              ElementsAre("0", "1", "2", "3", "4", "5", "2", "3", "4", "5", "6", "7"));
  EXPECT_THAT(board.notes("at "), ElementsAre("2"));
  harness.group().wait_for_commit(kPartition, 8);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

TEST(Seeking, OnCountsWhatLiesBetweenAsDone) {
  Board board;
  Once once(board, 2, seek_to(board, 7));
  ServerHarness harness(board, {.consumer = once.factory()});
  harness.assign()->push(9);
  board.wait_for_notes("ran 8");
  EXPECT_THAT(board.notes("ran "), ElementsAre("0", "1", "2", "7", "8"));
  harness.group().wait_for_commit(kPartition, 9);
}

TEST(Seeking, TheCommittedOffsetFollowsBack) {
  Board board;
  Offset committed_before = -1;
  Offset committed_after = -1;
  FakeGroup* group = nullptr;
  Once once(board, 6, [&](const Record&, ConsumerContext& context) {
    EXPECT_TRUE(context.offsets().commit());
    committed_before = group->committed_at(kPartition);
    EXPECT_TRUE(context.offsets().seek(2));
    EXPECT_TRUE(context.offsets().commit());
    committed_after = group->committed_at(kPartition);
  });
  ServerHarness harness(board, {.consumer = once.factory(), .max_records = 1},
                        {.commit_interval = 1h});
  group = &harness.group();
  harness.assign()->push(7);
  board.wait_for("the second run", [&] { return board.count("ran 6") == 2; });
  EXPECT_EQ(committed_before, 6);
  EXPECT_EQ(committed_after, 2);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_EQ(harness.group().committed_at(kPartition), 7);
}

TEST(Seeking, GoesByTimeAndToBothEnds) {
  for (const auto& [to, expected] :
       std::vector<std::pair<SeekTo, std::string>>{{SeekTo(Timestamp(2'000ms)), "1"},
                                                   {SeekTo(Timestamp(2'001ms)), "2"},
                                                   {SeekTo(Timestamp(9'000ms)), "4"},
                                                   {SeekTo::earliest(), "0"},
                                                   {SeekTo::latest(), "4"}}) {
    Board board;
    Once once(board, 3, seek_to(board, to));
    ServerHarness harness(board, {.consumer = once.factory()});
    const auto stream = harness.assign();
    for (std::int64_t i = 1; i <= 4; ++i) {
      stream->push_one({.value = "v", .timestamp_ms = i * 1'000});
    }
    board.wait_for_notes("at ");
    EXPECT_THAT(board.notes("at "), ElementsAre(expected)) << to.text();
    stream->push(1);
    board.wait_for_notes("ran 4");
    EXPECT_EQ(harness.stop(), ExitCode::kClean);
  }
}

TEST(Seeking, RefusesWhatTheLogDoesNotHave) {
  Board board;
  Once once(board, 1, seek_to(board, 40));
  ServerHarness harness(board, {.consumer = once.factory()});
  harness.assign()->push(4);
  board.wait_for_notes("ran 3");
  EXPECT_THAT(board.notes("failed "), ElementsAre("OFFSET_OUT_OF_RANGE"));
  EXPECT_THAT(board.notes("ran "), ElementsAre("0", "1", "2", "3"));
  FakeGroup& group = harness.group();
  board.look([&] { EXPECT_THAT(group.seeks, IsEmpty()); });
}

// The client says that it failed, and moves all the same: nothing is taken from elsewhere.
TEST(Seeking, ThatFailedHasMovedNothing) {
  Board board;
  Once once(board, 1, seek_to(board, 6));
  ServerHarness harness(board, {.consumer = once.factory(), .max_records = 2});
  FakeGroup& group = harness.group();
  board.change([&] {
    group.seek_error = Error{.code = ErrorCode::kTimedOut, .message = "slow"};
    group.does_failed_seek_move = true;
  });
  const auto stream = harness.assign();
  stream->push(8);
  board.wait_for_notes("failed ");
  board.wait_for("a try to go back", [&] { return group.seeks.size() >= 2; });
  board.change([&] { group.seek_error.reset(); });
  board.wait_for_notes("ran 7");
  EXPECT_THAT(board.notes("failed "), ElementsAre("TIMED_OUT"));
  EXPECT_THAT(board.notes("ran "), ElementsAre("0", "1", "2", "3", "4", "5", "6", "7"));
}

TEST(Seeking, AcknowledgementsOfAnEarlierRunDoNotCount) {
  Board board;
  ServerHarness harness(board,
                        {.consumer = consumer([&](const Record& record, ConsumerContext& context) {
                           board.note("ran " + number(record));
                           std::size_t runs = 0;
                           board.look([&] { runs = board.count("ran 1"); });
                           if (record.offset() == 1 && runs == 1) {
                             EXPECT_TRUE(context.offsets().seek(0));
                             // After it: of a record that is given up.
                             context.outputs().send({.topic = "out", .value = "late"});
                           } else {
                             context.outputs().send({.topic = "out", .value = number(record)});
                           }
                         }),
                         .max_records = 1},
                        {.commit_interval = 1ms});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(2);
  board.wait_for("both runs of both", [&] { return producer.sent.size() == 4; });
  acknowledge(board, producer, 0);
  acknowledge(board, producer, 1);
  const auto other = harness.assign({"orders", 1});
  other->push_gap(1);
  harness.group().wait_for_commit({"orders", 1}, 1);
  EXPECT_LE(harness.group().committed_at(kPartition), 0);
  acknowledge_all(board, producer);
  harness.group().wait_for_commit(kPartition, 2);
}

TEST(Seeking, WorksBeforeTheFirstRecord) {
  Board board;
  class Auditor : public Consumer {
   public:
    explicit Auditor(Board& on) : board_(on) {}
    void initialized() override { EXPECT_TRUE(seek(SeekTo::earliest())); }

   private:
    void consume(const Record& record) override { board_.note("ran " + number(record)); }
    Board& board_;
  };
  ServerHarness harness(board, {.consumer = [&] { return std::make_unique<Auditor>(board); }});
  harness.start();
  std::shared_ptr<FakeStream> stream = harness.group().assign(kPartition, 0, 3);
  stream->push(5);
  board.wait_for_notes("ran 4");
  EXPECT_THAT(board.notes("ran "), ElementsAre("0", "1", "2", "3", "4"));
}

TEST(Seeking, IsRefusedAfterTheRevocation) {
  Board board;
  std::optional<ErrorCode> code;
  ServerHarness harness(
      board,
      {.consumer = hooked(
           board,
           {.revoked =
                [&](ConsumerContext& context) { code = context.offsets().seek(0).error().code; }},
           [&](const Record& record, ConsumerContext&) { board.note("ran " + number(record)); })});
  const auto stream = harness.assign();
  stream->push(1);
  board.wait_for_notes("ran 0");
  harness.group().wait_for_hand_back(harness.group().revoke({stream}));
  EXPECT_EQ(code, ErrorCode::kRevoked);
}

// ---- Several lanes

// Lane "a" stands at its record until it is opened; "b" seeks.
struct TwoLanes {
  TwoLanes(Board& on, SeekTo to) : board(on), target(to) {}

  void consume(const Record& record, ConsumerContext& context) {
    board.note("ran " + text(record));
    if (record.key() == "a" && record.offset() == held_at) {
      bool is_first = false;
      board.change([&] { is_first = !std::exchange(has_held, true); });
      if (is_first) {
        board.wait_for("open", [&] { return is_open; });
        board.note(context.mark(record) ? "marked" : "not marked");
        if (must_throw) throw std::runtime_error("bad");
      }
    }
    if (record.key() == "seek" && !std::exchange(has_sought, true)) {
      board.wait_for("a to be held", [&] { return has_held; });
      EXPECT_TRUE(context.offsets().seek(target));
      board.note("sought");
    }
  }
  ConsumerFactory factory() {
    return consumer(
        [this](const Record& record, ConsumerContext& context) { consume(record, context); });
  }

  Board& board;
  const SeekTo target;
  Offset held_at = 0;
  bool has_held = false;
  bool has_sought = false;
  bool is_open = false;
  bool must_throw = false;
};

TEST(SeekingLanes, WhatHadBegunBelowIsBroughtToItsEnd) {
  for (const bool must_throw : {false, true}) {
    Board board;
    TwoLanes lanes(board, 6);
    lanes.must_throw = must_throw;
    ServerHarness harness(board, {.consumer = lanes.factory(), .ordering = by_key()},
                          {.commit_interval = 1ms});
    const auto stream = harness.assign();
    push_keys(*stream, {"a", "seek", "a", "c", "a", "c", "a", "d"});
    board.wait_for_notes("sought");
    harness.assign({"orders", 1})->push_gap(1);
    harness.group().wait_for_commit({"orders", 1}, 1);
    EXPECT_LE(harness.group().committed_at(kPartition), 0) << "the first is not done";
    board.change([&] { lanes.is_open = true; });
    harness.group().wait_for_commit(kPartition, 8);
    // Of its own key it was the only one that had begun.
    using Runs = std::vector<std::string>;
    EXPECT_EQ(board.notes("ran a@"), must_throw ? Runs({"0", "0", "6"}) : Runs({"0", "6"}));
    EXPECT_EQ(harness.stop(), ExitCode::kClean);
  }
}

TEST(SeekingLanes, WhatRunsAboveRunsAgainAndDoesNotCount) {
  Board board;
  TwoLanes lanes(board, 0);
  lanes.held_at = 1;
  ServerHarness harness(board, {.consumer = lanes.factory(), .ordering = by_key()},
                        {.commit_interval = 1ms});
  const auto stream = harness.assign();
  push_keys(*stream, {"seek", "a", "a"});
  board.wait_for_notes("sought");
  harness.assign({"orders", 1})->push_gap(1);
  harness.group().wait_for_commit({"orders", 1}, 1);
  EXPECT_EQ(harness.group().committed_at(kPartition), 0);
  board.change([&] { lanes.is_open = true; });
  harness.group().wait_for_commit(kPartition, 3);
  EXPECT_THAT(board.notes("ran a@"), ElementsAre("1", "1", "2"));
  EXPECT_THAT(board.notes("not marked"), ElementsAre(""));
}

}  // namespace
}  // namespace rookery
