// dead_letter_test.cc
//
// What becomes of records that fail: the dead letter queue and the error policy, in both forms,
// with automatic and manual marking. A healthy record is never given up.
#include <rookery/processing/testing/harness.h>

#include <rookery/recovery/dead_letter.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <set>
#include <stdexcept>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kDlq = "orders.dlq";

struct Poison : std::runtime_error {
  explicit Poison(const std::string& what = "bad") : runtime_error(what) {}
};

std::string text(const Record& record) { return std::to_string(record.offset()); }
bool is_poison(const Record& record) { return record.value().view() == "bad"; }

// Writes "run 5.2": offset and attempt. Throws where the value is "bad".
ConsumerFactory choosy(Board& board) {
  return consumer([&board](const Record& record, ConsumerContext& context) {
    board.note("run " + text(record) + "." + std::to_string(context.attempt()));
    if (is_poison(record)) throw Poison();
  });
}

// The same with batches: "batch 4-6.2". Blames by iteration.
ConsumerFactory choosy_batches(Board& board) {
  return consumer([&board](Batch& batch, ConsumerContext& context) {
    board.note("batch " + text(batch[0]) + "-" + text(batch[batch.size() - 1]) + "." +
               std::to_string(context.attempt()));
    for (const Record& record : batch) {
      if (is_poison(record)) throw Poison();
    }
  });
}

TopicOptions with_queue(ConsumerFactory consumer,
                        DeadLetterQueue queue = {.topic = kDlq, .max_retries = 1}) {
  return {.consumer = std::move(consumer), .dead_letter_queue = std::move(queue)};
}

struct DeadLetters : ::testing::Test {
  ServerHarness& serve(TopicOptions topic) {
    harness = std::make_unique<ServerHarness>(board, std::move(topic));
    harness->transport.topics = {{kDlq, 6}, {"other.dlq", 1}};
    return *harness;
  }
  ProducerScript& producer() { return harness->transport.producer; }

  // The source offsets of dead letters in a topic, in the order they were sent.
  std::vector<Offset> sent(const std::string& topic = kDlq) {
    std::vector<Offset> out;
    board.look([&] {
      for (const auto& one : producer().sent) {
        if (one.topic == topic) out.push_back(read_dead_letter(one.headers)->offset);
      }
    });
    return out;
  }
  void wait_for_sent(std::size_t count) {
    board.wait_for("dead letters", [&] { return producer().sent.size() >= count; });
  }
  void wait_for_commit(Offset offset) { harness->group().wait_for_commit(kPartition, offset); }

  // Healthy ones, and poison at these offsets below `count`.
  void push(FakeStream& stream, Offset count, const std::set<Offset>& poison) {
    for (Offset offset = 0; offset < count; ++offset) {
      stream.push_one({.key = "key-" + std::to_string(offset),
                       .value = poison.contains(offset) ? "bad" : "good"});
    }
  }

  Board board;
  std::unique_ptr<ServerHarness> harness;
};

TEST_F(DeadLetters, AfterItsRetriesTheRecordIsSentAndMarkedAndTheRestGoesOn) {
  serve(with_queue(choosy(board), {.topic = kDlq, .max_retries = 2}));
  push(*harness->assign(), 3, {1});
  wait_for_commit(3);
  EXPECT_THAT(board.notes("run "), ElementsAre("0.1", "1.1", "1.2", "1.3", "2.1"));
  EXPECT_THAT(sent(), ElementsAre(1));
  EXPECT_THAT(board.notes("dead_letter.dispatched "),
              ElementsAre(MatchesRegex(".*Poison orders-0@1: to orders.dlq-2")));
  EXPECT_EQ(harness->server().records_consumed(), 2U);
  EXPECT_EQ(harness->stop(), ExitCode::kClean);
}

TEST_F(DeadLetters, KeepsKeyPayloadHeadersAndSaysWhereItCameFrom) {
  serve(with_queue(choosy(board), {.topic = kDlq, .max_retries = 0}));
  constexpr const char* kTrace = "0af7651916cd43dd8448eb211c80319c";
  const Headers headers{{"a", "1"},
                        {"traceparent", std::string("00-") + kTrace + "-b7ad6b7169203331-01"},
                        {"a", nullptr}};
  harness->assign({"orders", 3}, 40)
      ->push_one({.key = nullptr, .value = "bad", .headers = headers, .timestamp_ms = 1234});
  wait_for_sent(1);
  const ProducerScript::Sent letter = producer().sent.front();
  EXPECT_TRUE(letter.key.is_null());
  EXPECT_EQ(letter.payload, OwnedBytes("bad"));
  EXPECT_EQ(letter.partition, dead_letter_partition(3, 6));
  const auto source = read_dead_letter(letter.headers);
  ASSERT_TRUE(source);
  EXPECT_EQ(source->partition, (TopicPartition{"orders", 3}));
  EXPECT_EQ(source->offset, 40);
  EXPECT_EQ(source->group, "billing");
  EXPECT_EQ(source->attempts, 1);
  EXPECT_EQ(source->timestamp_ms, 1234);
  EXPECT_THAT(source->error_class, HasSubstr("Poison"));
  EXPECT_EQ(source->error_message, "bad");
  EXPECT_EQ(source->trace_id, kTrace);
  EXPECT_EQ(without_source(letter.headers), headers);
}

TEST_F(DeadLetters, IsMarkedOnlyWhenAcknowledged) {
  serve(with_queue(choosy(board), {.topic = kDlq, .max_retries = 0}));
  producer().acknowledges = false;
  push(*harness->assign(), 4, {1});
  board.wait_for_notes("run 3.1");
  wait_for_commit(1);
  const auto other = harness->assign({"orders", 1});
  other->push_gap(1);
  harness->group().wait_for_commit({"orders", 1}, 1);
  EXPECT_EQ(harness->group().committed_at(kPartition), 1);
  acknowledge_all(board, producer());
  wait_for_commit(4);
  EXPECT_EQ(harness->stop(), ExitCode::kClean);
}

TEST_F(DeadLetters, OneThatFailsIsSentAgainWithThoseBehindIt) {
  serve(with_queue(choosy(board), {.topic = kDlq, .max_retries = 0}));
  producer().acknowledges = false;
  push(*harness->assign(), 4, {1, 3});
  wait_for_sent(2);
  fail_send(board, producer(), 0);
  wait_for_sent(4);
  EXPECT_THAT(sent(), ElementsAre(1, 3, 1, 3)) << "in order, and without another run";
  acknowledge_all(board, producer());
  wait_for_commit(4);
  EXPECT_THAT(board.notes("run "), ElementsAre("0.1", "1.1", "2.1", "3.1", "2.1"));
  EXPECT_THAT(board.notes("error.occurred dead_letter"), SizeIs(1));
}

// The backoff of dead letters is of those that failed in a row.
TEST_F(DeadLetters, OneThatArrivedEndsTheBackoffOfThoseBefore) {
  TopicOptions topic = with_queue(choosy(board), {.topic = kDlq, .max_retries = 0});
  topic.retry_backoff =
      RetryBackoff{.first = 1ms, .max = std::chrono::hours(1), .factor = 1000, .jitter_percent = 0};
  serve(std::move(topic));
  producer().acknowledges = false;
  const auto stream = harness->assign();
  std::size_t sent_before = 0;
  // With all failures counted the third would wait for 17 minutes.
  for (int round = 0; round < 4; ++round) {
    push(*stream, 1, {0});
    board.wait_for("a dead letter", [&] { return producer().sent.size() > sent_before; });
    fail_send(board, producer(), sent_before, {.code = ErrorCode::kTimedOut, .message = "lost"});
    board.wait_for("it comes again", [&] { return producer().sent.size() > sent_before + 1; });
    acknowledge(board, producer(), sent_before + 1);
    sent_before += 2;
    wait_for_commit(round + 1);
  }
}

// What a table may not say is refused at start; a callable can only be found out.
TEST_F(DeadLetters, ACallableThatNamesAWrongTopicIsToldAndTheQueueFollows) {
  TopicOptions topic = with_queue(choosy(board), {.topic = kDlq, .max_retries = 0});
  topic.on_error = [](const ErrorTracker&, int attempt) {
    return attempt == 1 ? retry(1).then(dispatch("no/topic")) : dispatch("orders");
  };
  topic.dead_letter_queue->max_retries = 1;
  serve(std::move(topic));
  push(*harness->assign(), 3, {1});
  wait_for_commit(3);
  EXPECT_THAT(sent(), ElementsAre(1));
  EXPECT_EQ(producer().sent.size(), 1U);
  EXPECT_THAT(board.notes("error.occurred policy"),
              ElementsAre(HasSubstr("no/topic"), HasSubstr("orders itself")));
}

TEST_F(DeadLetters, WaitsForATopicThatIsNotThereYet) {
  serve(with_queue(choosy(board), {.topic = "late.dlq", .max_retries = 0}));
  push(*harness->assign(), 2, {0});
  board.wait_for_notes("error.occurred dead_letter UNKNOWN_TOPIC_OR_PARTITION orders-0@0");
  board.change([&] { harness->transport.topics["late.dlq"] = 1; });
  wait_for_commit(2);
  EXPECT_THAT(sent("late.dlq"), ElementsAre(0));
}

TEST_F(DeadLetters, SynchronousOnesHoldTheLaneAndNoWorker) {
  serve(with_queue(choosy(board), {.topic = kDlq, .max_retries = 0, .dispatch = Dispatch::kSync}));
  producer().acknowledges = false;
  push(*harness->assign(), 3, {0, 1});
  wait_for_sent(1);
  const auto other = harness->assign({"orders", 1});
  other->push(2);
  harness->group().wait_for_commit({"orders", 1}, 2);
  EXPECT_THAT(sent(), ElementsAre(0));
  acknowledge(board, producer(), 0);
  wait_for_sent(2);
  EXPECT_THAT(board.notes("run 2"), IsEmpty());
  acknowledge_all(board, producer());
  wait_for_commit(3);
}

TEST_F(DeadLetters, MarkingMayBeLeftToTheConsumer) {
  TopicOptions topic = with_queue(consumer([&](const Record& record, ConsumerContext& context) {
                                    board.note("run " + text(record));
                                    if (is_poison(record)) throw Poison();
                                    if (record.offset() == 3) context.mark(record);
                                  }),
                                  {.topic = kDlq, .max_retries = 0, .mark_after_dispatch = false});
  topic.marking = Marking::kManual;
  serve(std::move(topic));
  const auto stream = harness->assign();
  push(*stream, 3, {0, 1});
  board.wait_for_notes("run 2");
  const auto other = harness->assign({"orders", 1});
  other->push_gap(1);
  harness->group().wait_for_commit({"orders", 1}, 1);
  EXPECT_LE(harness->group().committed_at(kPartition), 0);
  stream->push(1);
  wait_for_commit(4);
  EXPECT_THAT(sent(), ElementsAre(0, 1));
}

TEST_F(DeadLetters, WithoutATopicTheRecordIsSkipped) {
  serve(with_queue(choosy(board), {.max_retries = 1}));
  push(*harness->assign(), 3, {1});
  wait_for_commit(3);
  EXPECT_THAT(board.notes("run "), ElementsAre("0.1", "1.1", "1.2", "2.1"));
  EXPECT_THAT(board.notes("record.skipped "), ElementsAre(HasSubstr("orders-0@1")));
  EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(DeadLetters, NothingIsSentOnceThePartitionIsRevoked) {
  bool is_let_go = false;
  serve(with_queue(consumer([&](const Record&) {
                     board.note("run");
                     board.wait_for("the revocation", [&] { return is_let_go; });
                     throw Poison();
                   }),
                   {.topic = kDlq, .max_retries = 0}));
  const auto stream = harness->assign();
  stream->push(1);
  board.wait_for_notes("run");
  const RevocationId revocation = harness->group().revoke({stream});
  FakeGroup& group = harness->group();
  board.wait_for("the revocation to be seen", [&] { return group.has_handled_all(); });
  board.change([&] { is_let_go = true; });
  harness->group().wait_for_hand_back(revocation);
  EXPECT_EQ(harness->stop(), ExitCode::kClean);
  EXPECT_THAT(sent(), IsEmpty());
  EXPECT_THAT(board.notes("error.occurred consume"), SizeIs(1));
}

// ---- Batches

TEST_F(DeadLetters, ABatchLosesTheBlamedRecordAndNoOther) {
  serve(with_queue(choosy_batches(board)));
  push(*harness->assign(), 500, {17, 300});
  wait_for_commit(500);
  EXPECT_THAT(sent(), ElementsAre(17, 300));
  EXPECT_EQ(producer().sent.front().key, OwnedBytes("key-17"));
}

TEST_F(DeadLetters, ABatchThatNamesTheRecordIsBelieved) {
  serve(with_queue(consumer([&](Batch& batch, ConsumerContext&) {
    for (const Record& record : batch.records()) {
      try {
        if (is_poison(record)) throw Poison("inside");
      } catch (const Poison&) {
        throw RecordFailed{record};
      }
    }
  })));
  push(*harness->assign(), 50, {7});
  wait_for_commit(50);
  EXPECT_THAT(sent(), ElementsAre(7));
  const auto source = read_dead_letter(producer().sent.front().headers);
  EXPECT_THAT(source->error_class, HasSubstr("Poison")) << "the cause, not RecordFailed";
  EXPECT_EQ(source->error_message, "inside");
}

TEST_F(DeadLetters, WhenNobodyKnowsTheLastAttemptRunsSlicesOfOne) {
  serve(with_queue(consumer([&](Batch& batch, ConsumerContext& context) {
                     board.note("batch " + std::to_string(batch.size()) + "." +
                                std::to_string(context.attempt()));
                     for (const Record& record : batch.records()) {
                       if (is_poison(record)) throw Poison();
                     }
                   }),
                   {.topic = kDlq, .max_retries = 2}));
  push(*harness->assign(), 5, {3});
  wait_for_commit(5);
  EXPECT_THAT(sent(), ElementsAre(3));
  const std::vector<std::string> batches = board.notes("batch ");
  EXPECT_THAT(batches, Contains("1.3")) << "the last attempt, one by one";
  EXPECT_THAT(batches, Not(Contains(HasSubstr(".4"))));
}

TEST_F(DeadLetters, AnIterationThatEndedBlamesNobody) {
  serve(with_queue(consumer([&](Batch& batch, ConsumerContext&) {
    bool is_bad = false;
    for (const Record& record : batch) is_bad = is_bad || is_poison(record);
    if (is_bad) throw Poison();  // a bulk insert
  })));
  push(*harness->assign(), 20, {3, 4});
  wait_for_commit(20);
  EXPECT_THAT(sent(), ElementsAre(3, 4));
}

TEST_F(DeadLetters, ABatchMarkedByHandKeepsItsMarks) {
  TopicOptions topic = with_queue(consumer([&](Batch& batch, ConsumerContext& context) {
    for (const Record& record : batch) {
      if (is_poison(record)) throw Poison();
      context.mark(record);
    }
  }));
  topic.marking = Marking::kManual;
  serve(std::move(topic));
  push(*harness->assign(), 500, {0, 17, 499});
  wait_for_commit(500);
  EXPECT_THAT(sent(), ElementsAre(0, 17, 499));
}

TEST_F(DeadLetters, TheRestOfABatchIsNotMarkedBeforeTheDeadLetterIsAcknowledged) {
  serve(with_queue(choosy_batches(board), {.topic = kDlq, .max_retries = 0}));
  board.change([&] { producer().held_topic = kDlq; });
  push(*harness->assign(), 10, {4});
  wait_for_sent(1);
  wait_for_commit(4);
  const auto other = harness->assign({"orders", 1});
  other->push_gap(1);
  harness->group().wait_for_commit({"orders", 1}, 1);
  EXPECT_EQ(harness->group().committed_at(kPartition), 4);
  acknowledge_all(board, producer());
  wait_for_commit(10);
}

// Attempts of a batch are counted together, or for each record.
TEST_F(DeadLetters, IndependentCountsEachRecordOfABatch) {
  const auto throws_of_the_second = [&](bool is_independent) {
    Board own;
    int runs = 0;
    int throws = 0;
    TopicOptions topic =
        with_queue(consumer([&](Batch& batch, ConsumerContext&) {
                     for (const Record& record : batch) {
                       if (record.offset() == 1 && ++runs <= 2) throw Poison("passing");
                       if (record.offset() == 3 && ++throws > 0) throw Poison();
                     }
                   }),
                   {.topic = kDlq, .max_retries = 2, .independent = is_independent});
    topic.min_records = 5;
    ServerHarness server(own, std::move(topic));
    server.transport.topics = {{kDlq, 1}};
    server.assign()->push(5);
    server.group().wait_for_commit(kPartition, 5);
    EXPECT_THAT(server.transport.producer.sent, SizeIs(1));
    return throws;
  };
  EXPECT_EQ(throws_of_the_second(false), 1) << "after two attempts spent on the first";
  EXPECT_EQ(throws_of_the_second(true), 3);
}

// ---- Policy

struct Passing : std::runtime_error {
  Passing() : runtime_error("later") {}
};
struct Hopeless : Poison {};

TEST_F(DeadLetters, ThePolicyTakesEachKindItsOwnWay) {
  const auto consume = [&](const Record& record, ConsumerContext& context) {
    board.note("run " + text(record) + "." + std::to_string(context.attempt()));
    switch (record.offset()) {
      case 0:
        throw Hopeless();
      case 1:
        throw Poison();
      case 2:
        throw std::out_of_range("x");
      case 3:
        if (context.attempt() <= 3) throw Passing();
        break;
      case 4:
        throw std::logic_error("five");
    }
  };
  serve({.consumer = consumer(consume),
         .dead_letter_queue = DeadLetterQueue{.topic = kDlq, .max_retries = 1},
         .on_error = {on<Hopeless>(skip()), on<Poison>(dispatch("other.dlq")),
                      on("std::out_of_range", dispatch()), on<Passing>(pause(1ms)),
                      on<std::logic_error>(retry(2).then(dispatch("other.dlq")))}});
  harness->assign()->push(6);
  wait_for_commit(6);
  EXPECT_THAT(board.notes("run "), ElementsAre("0.1", "1.1", "2.1", "3.1", "3.2", "3.3", "3.4",
                                               "4.1", "4.2", "4.3", "5.1"));
  EXPECT_THAT(sent("other.dlq"), ElementsAre(1, 4));
  EXPECT_THAT(sent(), ElementsAre(2));
  EXPECT_THAT(board.notes("record.skipped "), SizeIs(1));
}

TEST_F(DeadLetters, ACallableSeesTheTrackerAndTheAttempt) {
  const auto policy = [&](const ErrorTracker& errors, int attempt) {
    board.note("asked " + errors.topic() + "-" + std::to_string(errors.partition()) + " " +
               std::to_string(errors.total()) + "/" + std::to_string(attempt));
    if (attempt == 2) throw std::runtime_error("a policy that throws is not obeyed");
    return attempt < 4 ? retry() : dispatch("other.dlq");
  };
  serve({.consumer = choosy(board), .on_error = policy});
  push(*harness->assign(), 2, {0});
  wait_for_commit(2);
  EXPECT_THAT(board.notes("asked "),
              ElementsAre("orders-0 1/1", "orders-0 2/2", "orders-0 3/3", "orders-0 4/4"));
  EXPECT_THAT(board.notes("error.occurred policy"), SizeIs(1));
  EXPECT_THAT(sent("other.dlq"), ElementsAre(0));
}

TEST_F(DeadLetters, TheConsumerSeesWhatWentWrongBefore) {
  serve(with_queue(consumer([&](const Record& record, ConsumerContext& context) {
                     const ErrorTracker& errors = context.errors();
                     board.note("errors " + text(record) + ": " +
                                std::to_string(errors.errors().size()));
                     if (record.offset() == 0 && context.attempt() <= 2) throw Poison();
                     if (record.offset() == 1) throw Poison();
                   }),
                   {.topic = kDlq, .max_retries = 3}));
  harness->assign()->push(3);
  wait_for_commit(3);
  EXPECT_THAT(board.notes("errors "),
              ElementsAre("0: 0", "0: 1", "0: 2", "1: 0", "1: 1", "1: 2", "1: 3", "2: 0"));
}

TEST_F(DeadLetters, StopEndsTheProcessInOrderWithTheRecordUndone) {
  serve({.consumer = choosy(board), .on_error = {on<Poison>(stop())}});
  push(*harness->assign(), 5, {2});
  EXPECT_EQ(harness->server().wait(), ExitCode::kForced);
  EXPECT_EQ(harness->group().committed_at(kPartition), 2);
  EXPECT_THAT(board.notes("run "), ElementsAre("0.1", "1.1", "2.1"));
}

TEST_F(DeadLetters, ACriticalErrorStopsWhateverThePolicySays) {
  serve({.consumer = consumer([](const Record&) { throw std::bad_alloc(); }),
         .dead_letter_queue = DeadLetterQueue{.topic = kDlq, .max_retries = 0},
         .on_error = {on_any(skip())}});
  harness->assign()->push(1);
  EXPECT_EQ(harness->server().wait(), ExitCode::kForced);
  EXPECT_THAT(sent(), IsEmpty());
  EXPECT_LE(harness->group().committed_at(kPartition), 0);
}

// ---- Not the record's fault

TEST_F(DeadLetters, ASendThatFailsForAPassingReasonIsNotTheRecordsFault) {
  serve({.consumer = consumer([&](const Record& record, ConsumerContext& context) {
           context.outputs().send({.topic = "out", .value = text(record)});
         }),
         .dead_letter_queue = DeadLetterQueue{.topic = kDlq, .max_retries = 0},
         .on_error = {on<std::exception>(dispatch())}});
  producer().acknowledges = false;
  harness->assign()->push(1);
  for (std::size_t i = 0; i < 5; ++i) {
    wait_for_sent(i + 1);
    fail_send(board, producer(), i);
  }
  wait_for_sent(6);
  acknowledge_all(board, producer());
  wait_for_commit(1);
  EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(DeadLetters, AnOutputThatCanNeverBeSentIs) {
  serve(with_queue(consumer([&](const Record& record, ConsumerContext& context) {
                     context.outputs().send({.topic = "out", .value = text(record)});
                   }),
                   {.topic = kDlq, .max_retries = 0}));
  board.change([&] { producer().held_topic = "out"; });
  harness->assign()->push(1);
  wait_for_sent(1);
  fail_send(board, producer(), 0, {.code = ErrorCode::kMessageTooLarge, .message = "2 MB"});
  wait_for_commit(1);
  EXPECT_THAT(sent(), ElementsAre(0));
  EXPECT_EQ(read_dead_letter(producer().sent.back().headers)->error_class, "SendFailed");
}

TEST_F(DeadLetters, InitializedThrowingBlamesNoRecord) {
  int initialized = 0;
  serve(with_queue(hooked(board,
                          {.initialized =
                               [&] {
                                 if (++initialized <= 5) throw Poison("not ready");
                               }},
                          [](const Record&, ConsumerContext&) {}),
                   {.topic = kDlq, .max_retries = 0}));
  harness->assign()->push(2);
  wait_for_commit(2);
  EXPECT_THAT(sent(), IsEmpty());
  EXPECT_THAT(board.notes("error.occurred initialized"), SizeIs(5));
}

}  // namespace
}  // namespace rookery
