// output_errors_test.cc
//
// Each output that is not acknowledged is one error.occurred, whatever became of its record
// meanwhile: neither none nor two.
#include <rookery/processing/testing/harness.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <utility>

namespace rookery {
namespace {

using namespace rookery::fakes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

Error gone(const std::string& what) {
  return {.code = ErrorCode::kTimedOut, .message = what + " was not delivered"};
}

void wait_for_sends(Board& board, const ProducerScript& producer, std::size_t count) {
  board.wait_for(std::to_string(count) + " outputs", [&] { return producer.sent.size() >= count; });
}

// Sends `count` outputs, in the first attempt only; then does what the test says.
ConsumerFactory sending_once(
    int count, std::function<void(int attempt)> then = [](int) {}) {
  return consumer([=](const Record&, ConsumerContext& context) {
    if (context.attempt() == 1) {
      for (int i = 0; i < count; ++i) context.outputs().send({.topic = "out"});
    }
    then(context.attempt());
  });
}

TEST(OutputErrors, OfARecordThatThrewBesidesAreTold) {
  Board board;
  ServerHarness harness(board, {.consumer = sending_once(1, [](int attempt) {
                                  if (attempt == 1) throw std::runtime_error("besides");
                                })});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(1);
  harness.group().wait_for_commit(kPartition, 1);
  fail_send(board, producer, 0, gone("the output"));
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_THAT(board.notes("error.occurred "),
              ElementsAre(HasSubstr("consume std::runtime_error orders-0@0"),
                          AllOf(HasSubstr("output SendFailed orders-0@0"),
                                HasSubstr("the output was not delivered"))));
}

TEST(OutputErrors, EachOfOneRecordIsTold) {
  Board board;
  ServerHarness harness(board, {.consumer = sending_once(3)});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(1);
  wait_for_sends(board, producer, 3);
  for (std::size_t i = 0; i < 3; ++i) fail_send(board, producer, i, gone(std::to_string(i)));
  harness.group().wait_for_commit(kPartition, 1);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_THAT(board.notes("error.occurred output SendFailed orders-0@0"),
              UnorderedElementsAre(HasSubstr("0 was not delivered"), HasSubstr("1 was not"),
                                   HasSubstr("2 was not")));
}

TEST(OutputErrors, OneThatCouldNotBeSentAndOneThatWasNotDeliveredAreTwo) {
  Board board;
  ServerHarness* running = nullptr;
  const auto consume = [&](const Record&, ConsumerContext& context) {
    if (context.attempt() > 1) return;
    context.outputs().send({.topic = "out"});
    board.change([&] {
      running->transport.producer.send_error =
          Error{.code = ErrorCode::kMessageTooLarge, .message = "too large"};
    });
    EXPECT_THROW(context.outputs().send({.topic = "out"}), SendFailed);
    board.note("returns");
  };
  ServerHarness harness(board, {.consumer = consumer(consume)});
  running = &harness;
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(1);
  board.wait_for_notes("returns");
  fail_send(board, producer, 0, gone("the first"));
  harness.group().wait_for_commit(kPartition, 1);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_THAT(
      board.notes("error.occurred output SendFailed orders-0@0"),
      UnorderedElementsAre(HasSubstr("the first was not delivered"), HasSubstr("too large")));
}

TEST(OutputErrors, AnExceptionOfTheSendItselfIsToldOnce) {
  Board board;
  ServerHarness harness(board, {.consumer = sending_once(1)});
  board.change([&] {
    harness.transport.producer.send_error =
        Error{.code = ErrorCode::kMessageTooLarge, .message = "too large"};
  });
  harness.assign()->push(1);
  harness.group().wait_for_commit(kPartition, 1);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_THAT(board.notes("error.occurred "), ElementsAre(HasSubstr("output SendFailed")));
}

// The log loses the record just as its output fails.
TEST(OutputErrors, OfRecordsThatTheLogLostAreTold) {
  Board board;
  ServerHarness harness(board,
                        {.consumer = consumer([&](const Record& record, ConsumerContext& context) {
                           if (record.value().str() == "old")
                             context.outputs().send({.topic = "out"});
                         })});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  const auto stream = harness.assign();
  bool is_lost = false;
  stream->set_on_take([&] {
    bool is_now = false;
    board.look([&] { is_now = producer.sent.size() == 1; });
    if (!is_now || std::exchange(is_lost, true)) return;
    stream->truncate(0);
    stream->push(1, "new");
    fail_send(board, producer, 0, gone("the output"));
    board.wait_for("the report", [&] { return producer.due.empty() && !producer.is_telling; });
  });
  stream->push(1, "old");
  harness.group().wait_for_commit(kPartition, 1);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_TRUE(is_lost);
  EXPECT_THAT(board.notes("error.occurred "), ElementsAre(HasSubstr("the output was not")));
}

}  // namespace
}  // namespace rookery
