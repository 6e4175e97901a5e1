// lane_test.cc
//
// Records one at a time: marked when they return, retried in place when they throw, and not done
// before what they sent is acknowledged.
#include <rookery/processing/testing/harness.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string text(const Record& record) { return std::to_string(record.offset()); }

TopicOptions recording(Board& board) {
  return {.consumer =
              consumer([&board](const Record& record) { board.note("consumed " + text(record)); })};
}

// Sends its offset on, and writes the attempt down.
TopicOptions sending(Board& board) {
  return {.consumer = consumer([&board](const Record& record, ConsumerContext& context) {
            board.note("consumed " + text(record) + " attempt " +
                       std::to_string(context.attempt()));
            context.outputs().send({.topic = "out", .value = text(record)});
          })};
}

void wait_for_sends(Board& board, const ProducerScript& producer, std::size_t count) {
  board.wait_for(std::to_string(count) + " outputs", [&] { return producer.sent.size() >= count; });
}

std::vector<std::string> values(Board& board, const ProducerScript& producer) {
  std::vector<std::string> out;
  board.look([&] {
    for (const auto& sent : producer.sent) out.push_back(sent.value);
  });
  return out;
}

TEST(RecordForm, MarksWhatReturnsAndCommitsIt) {
  Board board;
  ServerHarness harness(board, recording(board));
  const auto stream = harness.assign(kPartition, 40);
  stream->push(3);
  harness.group().wait_for_commit(kPartition, 43);
  EXPECT_THAT(board.notes("consumed "), ElementsAre("40", "41", "42"));
  EXPECT_EQ(harness.server().records_consumed(), 3U);
}

TEST(RecordForm, AThrowRetriesThatRecordInPlaceAndLaterOnesWait) {
  Board board;
  ServerHarness harness(
      board, {.consumer = hooked(board, {}, [&](const Record& record, ConsumerContext& context) {
                board.note("run " + text(record) + " attempt " + std::to_string(context.attempt()));
                if (record.offset() == 1 && context.attempt() < 4)
                  throw std::runtime_error("no luck");
              })});
  harness.assign()->push(3);
  harness.group().wait_for_commit(kPartition, 3);
  EXPECT_THAT(board.notes("run "), ElementsAre("0 attempt 1", "1 attempt 1", "1 attempt 2",
                                               "1 attempt 3", "1 attempt 4", "2 attempt 1"));
  EXPECT_THAT(board.notes("error.occurred "),
              ElementsAre("consume std::runtime_error orders-0@1: no luck",
                          "consume std::runtime_error orders-0@1: no luck",
                          "consume std::runtime_error orders-0@1: no luck"));
  EXPECT_THAT(
      board.notes("retry.scheduled"),
      ElementsAre(HasSubstr("again in 1ms"), HasSubstr("again in 2ms"), HasSubstr("again in 4ms")));
  EXPECT_THAT(harness.group().asked_offsets(kPartition), ::testing::Each(AnyOf(0, 1, 3)));
}

TEST(RecordForm, RetryingSaysWhetherThisIsTheFirstRun) {
  class Asking final : public Consumer {
   public:
    explicit Asking(Board* board) : board_(board) {}

   private:
    void consume(const Record& record) override {
      board_->note(topic() + std::to_string(partition()) + group() +
                   (retrying() ? " again " : " first ") + text(record));
      if (!retrying()) throw std::logic_error("once");
    }
    Board* board_;
  };
  Board board;
  ServerHarness harness(board, {.consumer = consumer<Asking>(&board)});
  harness.assign()->push(1);
  harness.group().wait_for_commit(kPartition, 1);
  EXPECT_THAT(board.notes("orders0billing "), ElementsAre("first 0", "again 0"));
}

TEST(RecordForm, WhateverIsThrownIsTold) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&, ConsumerContext& context) {
                                  if (context.attempt() == 1) throw 42;
                                })});
  harness.assign()->push(1);
  harness.group().wait_for_commit(kPartition, 1);
  EXPECT_THAT(board.notes("error.occurred "), ElementsAre(HasSubstr("consume unknown orders-0@0")));
}

TEST(RecordForm, AFactoryOrHookThatThrowsIsRetried) {
  Board board;
  int made = 0;
  int initialized = 0;
  const auto inner = hooked(board,
                            {.initialized =
                                 [&] {
                                   if (++initialized == 1) throw std::runtime_error("not ready");
                                 }},
                            [](const Record&, ConsumerContext&) {});
  ServerHarness harness(board, {.consumer = [&]() -> std::unique_ptr<ConsumerBase> {
                          if (++made == 1) throw std::runtime_error("no object");
                          if (made == 2) return nullptr;
                          return inner();
                        }});
  harness.assign()->push(2);
  harness.group().wait_for_commit(kPartition, 2);
  EXPECT_EQ(made, 3);
  EXPECT_EQ(initialized, 2);
  EXPECT_EQ(board.notes("error.occurred factory").size(), 2U);
  EXPECT_EQ(board.notes("error.occurred initialized").size(), 1U);
}

// ---- Outputs

TEST(Outputs, AreAcknowledgedBeforeTheirInputIsCommitted) {
  Board board;
  ServerHarness harness(board, sending(board));
  harness.transport.producer.acknowledges = false;
  harness.assign()->push(3);
  wait_for_sends(board, harness.transport.producer, 3);  // nothing waits for acknowledgements
  acknowledge(board, harness.transport.producer, 0);
  harness.group().wait_for_commit(kPartition, 1);
  acknowledge(board, harness.transport.producer, 2);  // not before its predecessor
  const auto other = harness.assign({"orders", 1});
  other->push_gap(1);
  harness.group().wait_for_commit({"orders", 1}, 1);
  EXPECT_EQ(harness.group().committed_at(kPartition), 1);
  acknowledge(board, harness.transport.producer, 1);
  harness.group().wait_for_commit(kPartition, 3);
}

TEST(Outputs, AllOfARecordCount) {
  Board board;
  ServerHarness harness(board,
                        {.consumer = consumer([](const Record& record, ConsumerContext& context) {
                           for (int i = 0; i < 3; ++i)
                             context.outputs().send({.topic = "out", .value = text(record)});
                         })});
  harness.transport.producer.acknowledges = false;
  harness.assign()->push(1);
  wait_for_sends(board, harness.transport.producer, 3);
  acknowledge(board, harness.transport.producer, 2);
  acknowledge(board, harness.transport.producer, 0);
  // A second partition's commit shows that a commit interval has passed since.
  const auto other = harness.assign({"orders", 1});
  other->push_gap(1);
  harness.group().wait_for_commit({"orders", 1}, 1);
  EXPECT_LE(harness.group().committed_at(kPartition), 0);
  acknowledge(board, harness.transport.producer, 1);
  harness.group().wait_for_commit(kPartition, 1);
}

TEST(Outputs, AFailureRewindsToItsRecordAndKeepsTheOrder) {
  Board board;
  ServerHarness harness(board, sending(board));
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(4);
  wait_for_sends(board, producer, 4);
  fail_send(board, producer, 1);
  wait_for_sends(board, producer, 7);
  acknowledge_all(board, producer);
  harness.group().wait_for_commit(kPartition, 4);
  EXPECT_THAT(values(board, producer), ElementsAre("0", "1", "2", "3", "1", "2", "3"));
  EXPECT_THAT(board.notes("consumed "), Contains("1 attempt 2"));
  EXPECT_THAT(board.notes("consumed "), ::testing::Not(Contains("2 attempt 2")));
  EXPECT_THAT(board.notes("error.occurred "),
              ElementsAre(HasSubstr("output SendFailed orders-0@1")));
}

// What a later record sent stands before what the failed one sends now: it must not count.
TEST(Outputs, AcknowledgementsOfAnEarlierRunDoNotCountAfterARewind) {
  Board board;
  ServerHarness harness(board, sending(board));
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(3);
  wait_for_sends(board, producer, 3);
  acknowledge(board, producer, 2);  // marks record 2 before the failure is known
  fail_send(board, producer, 0);
  wait_for_sends(board, producer, 6);  // 0, 1, 2 again
  acknowledge(board, producer, 1);     // record 1's first run
  acknowledge(board, producer, 3);     // record 0's second
  harness.group().wait_for_commit(kPartition, 1);
  const auto other = harness.assign({"orders", 1});
  other->push_gap(1);
  harness.group().wait_for_commit({"orders", 1}, 1);
  EXPECT_EQ(harness.group().committed_at(kPartition), 1);
  acknowledge(board, producer, 4);
  acknowledge(board, producer, 5);
  harness.group().wait_for_commit(kPartition, 3);
}

TEST(Outputs, AttemptsCountUpWhileTheSameOutputFails) {
  Board board;
  ServerHarness harness(board, sending(board));
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(1);
  for (std::size_t i = 0; i < 3; ++i) {
    wait_for_sends(board, producer, i + 1);
    fail_send(board, producer, i);
  }
  wait_for_sends(board, producer, 4);
  acknowledge_all(board, producer);
  harness.group().wait_for_commit(kPartition, 1);
  EXPECT_THAT(board.notes("consumed "),
              ElementsAre("0 attempt 1", "0 attempt 2", "0 attempt 3", "0 attempt 4"));
}

TEST(Outputs, ASendFailedThatIsSwallowedStillFailsTheRecord) {
  Board board;
  ServerHarness* running = nullptr;
  ServerHarness harness(
      board, {.consumer = consumer([&](const Record& record, ConsumerContext& context) {
                board.change([&] {
                  auto& error = running->transport.producer.send_error;
                  if (context.attempt() == 1) {
                    error = Error{.code = ErrorCode::kMessageTooLarge, .message = "too large"};
                  } else {
                    error.reset();
                  }
                });
                try {
                  context.outputs().send({.topic = "out", .value = text(record)});
                } catch (const SendFailed& failed) {
                  board.note("swallowed " + failed.error().text());
                }
              })});
  running = &harness;
  harness.assign()->push(1);
  harness.group().wait_for_commit(kPartition, 1);
  EXPECT_EQ(board.notes("swallowed ").size(), 1U);
  EXPECT_THAT(values(board, harness.transport.producer), ElementsAre("0"));
  EXPECT_EQ(board.notes("error.occurred output SendFailed orders-0@0").size(), 1U);
}

TEST(Outputs, OfARecordThatThrewDoNotCount) {
  Board board;
  ServerHarness harness(board,
                        {.consumer = consumer([&](const Record& record, ConsumerContext& context) {
                           context.outputs().send({.topic = "out", .value = text(record)});
                           if (context.attempt() == 1) throw std::runtime_error("after the send");
                         })});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(1);
  wait_for_sends(board, producer, 2);
  acknowledge(board, producer, 0);
  const auto other = harness.assign({"orders", 1});
  other->push_gap(1);
  harness.group().wait_for_commit({"orders", 1}, 1);
  EXPECT_LE(harness.group().committed_at(kPartition), 0);
  acknowledge(board, producer, 1);
  harness.group().wait_for_commit(kPartition, 1);
}

TEST(Outputs, WaitForRoomInTheBuffer) {
  Board board;
  ServerHarness harness(board, sending(board));
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  producer.buffer_records = 2;
  harness.assign()->push(3);
  board.wait_for("a refused send", [&] { return producer.refused > 0; });
  EXPECT_EQ(values(board, producer).size(), 2U);
  acknowledge(board, producer, 0);
  wait_for_sends(board, producer, 3);
  acknowledge_all(board, producer);
  harness.group().wait_for_commit(kPartition, 3);
}

TEST(Outputs, AWaitForRoomEndsWithTheRevocation) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([&](const Record&, ConsumerContext& context) {
                                  try {
                                    context.outputs().send({.topic = "out"});
                                  } catch (const SendFailed& failed) {
                                    board.note("refused " + std::string(name(failed.error().code)));
                                    throw;
                                  }
                                })},
                        {.revocation_grace = 5ms});
  ProducerScript& producer = harness.transport.producer;
  producer.buffer_records = 0;
  const auto stream = harness.assign();
  stream->push(1);
  board.wait_for("a refused send", [&] { return producer.refused > 0; });
  harness.group().wait_for_hand_back(harness.group().revoke({stream}));
  board.wait_for_notes("refused REVOKED");
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_EQ(board.notes("retry.scheduled").size(), 0U);
}

TEST(Outputs, OutsideConsumeAreRefused) {
  Board board;
  class Early final : public Consumer {
   public:
    explicit Early(Board* board) : board_(board) {}
    void initialized() override {
      try {
        producer().send({.topic = "out"});
      } catch (const SendFailed& failed) {
        board_->note("refused " + failed.error().text());
      }
    }

   private:
    void consume(const Record&) override {}
    Board* board_;
  };
  ServerHarness harness(board, {.consumer = consumer<Early>(&board)});
  harness.assign()->push(1);
  harness.group().wait_for_commit(kPartition, 1);
  EXPECT_THAT(board.notes("refused "), ElementsAre(HasSubstr("send inside consume")));
}

}  // namespace
}  // namespace rookery
