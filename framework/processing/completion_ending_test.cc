// completion_ending_test.cc
//
// Records that are finished later: their outputs, and the end of their partition or server.
#include <rookery/processing/testing/completion_desk.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// ---- Outputs

TEST(Completion, OutputsOfConsumeAndOfItsCompletionAreAcknowledgedBeforeItIsMarked) {
  Board board;
  CompletionDesk desk(board);
  desk.on_consume = [](const Record&, ConsumerContext& context) {
    context.outputs().send({.topic = "held"});
  };
  ServerHarness harness(board, {.consumer = desk.factory()});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  const auto stream = harness.assign();
  push_keys(*stream, {"a"});
  {
    CompletionDesk::Work work = desk.take("a");
    work.completion.send({.topic = "held"});
    EXPECT_TRUE(work.completion.done());
    EXPECT_THROW(work.completion.send({.topic = "held"}), SendFailed);
  }
  board.wait_for("both outputs", [&] { return producer.sent.size() == 2; });
  acknowledge(board, producer, 0);
  const auto other = harness.assign({"orders", 1});
  push_keys(*other, {"x"});
  EXPECT_TRUE(desk.finish("x"));
  board.wait_for("the third output", [&] { return producer.sent.size() == 3; });
  acknowledge(board, producer, 2);
  harness.group().wait_for_commit({"orders", 1}, 1);
  EXPECT_LE(harness.group().committed_at(kPartition), 0);
  acknowledge(board, producer, 1);
  harness.group().wait_for_commit(kPartition, 1);
}

TEST(Completion, AnOutputThatFailsWhileItIsUnfinishedRunsItAgain) {
  Board board;
  CompletionDesk desk(board);
  ServerHarness harness(board, {.consumer = desk.factory(), .ordering = by_key()});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "a"});
  {
    CompletionDesk::Work work = desk.take("a");
    work.completion.send({.topic = "out"});
    fail_send(board, producer, 0);
    board.wait_for("the failure to be told",
                   [&] { return producer.due.empty() && !producer.is_telling; });
    board.look([&] { EXPECT_EQ(board.count_prefix("began "), 1U); });
    EXPECT_TRUE(work.completion.done());
  }
  EXPECT_TRUE(desk.finish("a"));
  EXPECT_TRUE(desk.finish("a"));
  harness.group().wait_for_commit(kPartition, 2);
  EXPECT_THAT(board.notes("began "), ElementsAre("a@0", "a@0", "a@1"));
  EXPECT_EQ(board.notes("error.occurred output SendFailed orders-0@0").size(), 1U);
}

TEST(Completion, OutputsOfAFailedOneNoLongerCount) {
  Board board;
  CompletionDesk desk(board);
  ServerHarness harness(board, {.consumer = desk.factory()});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  const auto stream = harness.assign();
  push_keys(*stream, {"a"});
  {
    CompletionDesk::Work work = desk.take("a");
    work.completion.send({.topic = "out"});
    EXPECT_TRUE(work.completion.fail(std::runtime_error("bad")));
  }
  CompletionDesk::Work again = desk.take("a");
  acknowledge(board, producer, 0);
  EXPECT_FALSE(again.completion.is_revoked());
  EXPECT_LE(harness.group().committed_at(kPartition), 0);
  EXPECT_TRUE(again.completion.done());
  EXPECT_TRUE(again.completion.is_revoked()) << "finished: nothing more to do";
  harness.group().wait_for_commit(kPartition, 1);
}

TEST(Completion, ManualMarksInConsumeWaitForItsOutputs) {
  Board board;
  CompletionDesk desk(board);
  desk.on_consume = [](const Record& record, ConsumerContext& context) {
    context.outputs().send({.topic = "out"});
    if (record.offset() == 1) context.mark(record);
  };
  ServerHarness harness(board, {.consumer = desk.factory(), .marking = Marking::kManual});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  const auto stream = harness.assign();
  push_keys(*stream, {"a", "a", "a"});
  EXPECT_TRUE(desk.finish("a"));
  CompletionDesk::Work second = desk.take("a");
  acknowledge(board, producer, 0);
  acknowledge(board, producer, 1);
  harness.group().wait_for_commit(kPartition, 2);
  EXPECT_TRUE(second.completion.done());
  EXPECT_TRUE(desk.finish("a"));
  acknowledge(board, producer, 2);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_EQ(harness.group().committed_at(kPartition), 2);
}

// ---- Endings

TEST(Completion, ARevocationWaitsForItWithinTheGrace) {
  for (const Ordering& ordering : {in_partition(), by_key()}) {
    Board board;
    CompletionDesk desk(board);
    ServerHarness harness(board, {.consumer = desk.factory(), .ordering = ordering},
                          {.commit_interval = 1h});
    const auto stream = harness.assign();
    push_keys(*stream, {"a", "a"});
    CompletionDesk::Work work = desk.take("a");
    FakeGroup& group = harness.group();
    const RevocationId revocation = group.revoke({stream});
    board.wait_for("it to be told", [&] { return group.has_handled_all(); });
    EXPECT_TRUE(work.completion.is_revoked());
    board.look([&] { EXPECT_FALSE(group.is_handed_back(revocation)); });
    EXPECT_TRUE(work.completion.done());
    group.wait_for_hand_back(revocation);
    EXPECT_EQ(group.committed_at(kPartition), 1);
    EXPECT_EQ(board.notes("began ").size(), 1U);
    board.wait_for("all given back", [&] { return stream->batches_held() == 0; });
  }
}

TEST(Completion, FinishedBeyondTheGraceItMarksNothingAndSaysSo) {
  for (const Ordering& ordering : {in_partition(), by_key()}) {
    for (const bool is_lost : {false, true}) {
      Board board;
      CompletionDesk desk(board);
      ServerHarness harness(board, {.consumer = desk.factory(), .ordering = ordering},
                            {.revocation_grace = 5ms});
      const auto stream = harness.assign();
      push_keys(*stream, {"a", "a"});
      {
        CompletionDesk::Work work = desk.take("a");
        harness.group().wait_for_hand_back(harness.group().revoke({stream}, is_lost));
        EXPECT_TRUE(work.completion.is_revoked());
        EXPECT_EQ(text(*work.record), "a@0") << "it is still there";
        EXPECT_THROW(work.completion.send({.topic = "out"}), SendFailed);
        EXPECT_FALSE(work.completion.done());
      }
      board.wait_for("all given back", [&] { return stream->batches_held() == 0; });
      EXPECT_EQ(harness.stop(), ExitCode::kClean);
      EXPECT_LE(harness.group().committed_at(kPartition), 0);
      EXPECT_THAT(board.notes("error.occurred"), IsEmpty());
      EXPECT_EQ(board.notes("began ").size(), 1U);
    }
  }
}

TEST(Completion, AnEndingDoesNotRetryWhatFails) {
  Board board;
  CompletionDesk desk(board);
  ServerHarness harness(board, {.consumer = desk.factory(), .ordering = by_key()});
  const auto stream = harness.assign();
  push_keys(*stream, {"a"});
  CompletionDesk::Work work = desk.take("a");
  FakeGroup& group = harness.group();
  const RevocationId revocation = group.revoke({stream});
  board.wait_for("it to be told", [&] { return group.has_handled_all(); });
  EXPECT_TRUE(work.completion.fail(std::runtime_error("bad")));
  group.wait_for_hand_back(revocation);
  EXPECT_LE(group.committed_at(kPartition), 0);
  EXPECT_EQ(board.notes("error.occurred consume std::runtime_error").size(), 1U);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

TEST(Completion, AShutdownWaitsForIt) {
  for (const Ordering& ordering : {in_partition(), by_key()}) {
    Board board;
    CompletionDesk desk(board);
    ServerHarness harness(board, {.consumer = desk.factory(), .ordering = ordering},
                          {.commit_interval = 1h});
    const auto stream = harness.assign();
    push_keys(*stream, {"a"});
    if (!ordering.has_one_lane()) push_keys(*stream, {"b"});
    CompletionDesk::Work work = desk.take("a");
    std::optional<CompletionDesk::Work> other;
    if (!ordering.has_one_lane()) other.emplace(desk.take("b"));
    harness.server().stop();
    board.wait_for_notes("server.stopping");
    EXPECT_TRUE(work.completion.done());
    if (other) {
      EXPECT_TRUE(other->completion.done());
    }
    EXPECT_EQ(harness.server().wait(), ExitCode::kClean);
    EXPECT_EQ(harness.group().committed_at(kPartition), other ? 2 : 1);
  }
}

TEST(Completion, AShutdownBeyondItsTimeLimitIsForcedAndTheServersEndWaits) {
  for (const Ordering& ordering : {in_partition(), by_key()}) {
    Board board;
    CompletionDesk desk(board);
    std::optional<CompletionDesk::Work> work;
    {
      std::optional<ServerHarness> harness;
      harness.emplace(
          board, TopicOptions{.consumer = desk.factory(), .ordering = ordering, .max_wait = 1ms},
          GroupOptions{}, AppOptions{.shutdown_timeout = 5ms});
      const auto stream = harness->assign();
      push_keys(*stream, {"a"});
      work.emplace(desk.take("a"));
      work->completion.send({.topic = "out"});
      EXPECT_EQ(harness->stop(), ExitCode::kForced);
      EXPECT_EQ(text(*work->record), "a@0");
      Thread ends("ends", [&] {
        harness.reset();
        board.note("ended");
      });
      board.look([&] { EXPECT_FALSE(board.has("ended")); });
      EXPECT_FALSE(work->completion.done());
      ends.join();
      board.look([&] { EXPECT_EQ(stream->batches_held(), 0U); });
    }
    EXPECT_FALSE(work->completion.done()) << "harmless, after the server's end too";
    EXPECT_THROW(work->completion.send({.topic = "out"}), SendFailed);
    EXPECT_TRUE(work->completion.is_revoked());
    EXPECT_THAT(board.notes("error.occurred completion"), IsEmpty());
  }
}

// Keeps what it is handed, but for the key "b", whose consume hangs.
class HangingAtB final : public WaitingConsumer {
 public:
  struct Shared {
    explicit Shared(Board& on) : board(on) {}
    Board& board;
    std::optional<Completion> kept;
    int alive = 0;
    bool may_end = false;
  };
  explicit HangingAtB(Shared* shared) : shared_(*shared) {
    shared_.board.change([this] { ++shared_.alive; });
  }
  ~HangingAtB() override {
    shared_.board.change([this] { --shared_.alive; });
  }

 private:
  void consume(const Record& record, Completion completion) override {
    if (record.key().view() == "b") {
      shared_.board.note("hangs");
      shared_.board.wait_for("leave to end", [this] { return shared_.may_end; });
      completion.done();
      return;
    }
    shared_.board.change([&] { shared_.kept.emplace(std::move(completion)); });
    shared_.board.note("kept");
  }

  Shared& shared_;
};

// Its lane is told, and has no worker to hear it: the only one hangs, and then the pool has
// stopped.
TEST(Completion, AForcedShutdownLeavesNothingBehindOfWhatWasFinished) {
  Board board;
  HangingAtB::Shared shared(board);
  {
    ServerHarness harness(
        board, {.consumer = consumer<HangingAtB>(&shared), .ordering = by_key(), .max_wait = 1ms},
        {}, {.concurrency = 1, .shutdown_timeout = 5ms});
    const auto stream = harness.assign();
    push_keys(*stream, {"a", "b"});
    board.wait_for_notes("kept");
    board.wait_for_notes("hangs");
    shared.kept->send({.topic = "out"});
    EXPECT_TRUE(shared.kept->done());
    EXPECT_EQ(harness.stop(), ExitCode::kForced);
    board.change([&] { shared.may_end = true; });
  }
  shared.kept.reset();
  board.look([&] { EXPECT_EQ(shared.alive, 0) << "consumers that nobody destroyed"; });
}

TEST(Completion, ATruncatedLogWaitsForWhatIsUnderWay) {
  for (const Ordering& ordering : {in_partition(), by_key()}) {
    Board board;
    CompletionDesk desk(board);
    ServerHarness harness(board, {.consumer = desk.factory(), .ordering = ordering});
    const auto stream = harness.assign();
    stream->push_together({{.key = OwnedBytes("a")}, {.key = OwnedBytes("a")}});
    CompletionDesk::Work old = desk.take("a");
    stream->truncate(0);
    push_keys(*stream, {"b", "c"});
    EXPECT_EQ(text(*old.record), "a@0");
    EXPECT_TRUE(old.completion.done());
    // One lane took the second, and does not know that it is gone; of several lanes its own may
    // have begun it before the partition looked at its log again.
    CompletionDesk::Work next = desk.take_next();
    if (next.record->key().view() == "a") {
      EXPECT_EQ(text(*next.record), "a@1");
      EXPECT_TRUE(next.completion.done());
      next = desk.take_next();
    } else {
      EXPECT_FALSE(ordering.has_one_lane());
    }
    EXPECT_TRUE(next.completion.done());
    EXPECT_TRUE(desk.take_next().completion.done());
    EXPECT_EQ(board.count_prefix("began b") + board.count_prefix("began c"), 2U);
    harness.group().wait_for_commit(kPartition, 2);
  }
}

}  // namespace
}  // namespace rookery
