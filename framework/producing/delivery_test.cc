// delivery_test.cc
//
// Every record has one outcome, whichever way it was sent, and one that fails takes no other along.
#include <rookery/producing/producer.h>
#include <rookery/transport/testing/fake_transport.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rookery/runtime/thread.h>

#include <string>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

struct Deliveries : ::testing::Test {
  void SetUp() override {
    script.acknowledges = false;
    make();
  }

  void make(Producer::OnDelivery on_delivery = {}) {
    auto made = Producer::make(transport, {}, std::move(on_delivery));
    ASSERT_TRUE(made) << made.error().text();
    producer.emplace(std::move(*made));
  }
  void wait_for_sent(std::size_t count) {
    board.wait_for("sent records", [&] { return script.sent.size() >= count; });
  }

  Board board;
  FakeTransport transport{board};
  ProducerScript& script = transport.producer;
  std::optional<Producer> producer;
};

std::string text_of(const Result<Delivery>& delivered) {
  return delivered ? "delivered" : delivered.error().text();
}

TEST_F(Deliveries, ACallbackIsToldItsRecordsOutcome) {
  for (const char* value : {"a", "b"}) {
    ASSERT_TRUE(producer->send({.topic = "out", .value = value},
                               [&, value](const Result<Delivery>& delivered) {
                                 board.note(value + std::string(": ") + text_of(delivered));
                               }));
  }
  fail_send(board, script, 0, {.code = ErrorCode::kMessageTooLarge, .message = "2 MB"});
  acknowledge(board, script, 1);
  board.wait_for_notes("b: ");
  EXPECT_THAT(board.notes(), ElementsAre("a: MESSAGE_TOO_LARGE: 2 MB", "b: delivered"));
  EXPECT_TRUE(producer->flush(deadline_in(20s))) << "the failure was told already";
  EXPECT_EQ(producer->acknowledged(), 1U);
  EXPECT_EQ(producer->failed(), 1U);
}

TEST_F(Deliveries, ACallbackIsNotCalledForARecordThatWasNotSent) {
  script.send_error = Error{.code = ErrorCode::kMessageTooLarge, .message = "2 MB"};
  bool is_told = false;
  const Status sent =
      producer->send({.topic = "out"}, [&](const Result<Delivery>&) { is_told = true; });
  EXPECT_EQ(sent.error().code, ErrorCode::kMessageTooLarge);
  EXPECT_TRUE(producer->close(deadline_in(20s)));
  EXPECT_FALSE(is_told);
}

TEST_F(Deliveries, AFutureIsDecidedOnceAndForAll) {
  const DeliveryFuture sent = producer->send_async({.topic = "out"});
  EXPECT_FALSE(sent.is_decided());
  const Result<Delivery> open = sent.wait(deadline_in(2ms));
  EXPECT_EQ(open.error().code, ErrorCode::kTimedOut);
  EXPECT_THAT(open.error().message, HasSubstr("out: not acknowledged within "));
  acknowledge(board, script, 0);
  EXPECT_TRUE(sent.wait(deadline_in(20s)));
  EXPECT_TRUE(sent.is_decided());
  producer.reset();
  EXPECT_TRUE(sent.wait(TimePoint())) << "it outlives the producer";
}

TEST_F(Deliveries, AFutureOfARecordThatWasNotSentSaysWhy) {
  script.send_error = Error{.code = ErrorCode::kMessageTooLarge, .message = "2 MB"};
  const DeliveryFuture sent = producer->send_async({.topic = "out"});
  ASSERT_TRUE(sent.is_decided());
  EXPECT_EQ(sent.wait(TimePoint()).error().code, ErrorCode::kMessageTooLarge);
}

TEST_F(Deliveries, ASynchronousSendWaitsForItsAnswer) {
  Thread sender("sender", [&] {
    board.note("answer " + text_of(producer->send_sync({.topic = "out"}, deadline_in(20s))));
  });
  wait_for_sent(1);
  EXPECT_THAT(board.notes("answer"), SizeIs(0));
  acknowledge(board, script, 0);
  sender.join();
  EXPECT_THAT(board.notes("answer "), ElementsAre("delivered"));
}

TEST_F(Deliveries, ASynchronousSendKeepsItsDeadlineWhileTheBufferIsFull) {
  script.buffer_records = 0;
  const Result<Delivery> sent = producer->send_sync({.topic = "out"}, deadline_in(2ms));
  EXPECT_EQ(sent.error().code, ErrorCode::kQueueFull);
  EXPECT_THAT(sent.error().message, HasSubstr("out: no room in the send buffer, "));
  EXPECT_THAT(sent.error().message, HasSubstr(" waited: the buffer is full"));
}

TEST_F(Deliveries, ManyAnswerEachForItself) {
  const std::vector<OutgoingRecord> records = {{.topic = "out", .value = "a"},
                                               {.topic = "out", .value = "b"},
                                               {.topic = "other", .value = "c"}};
  std::vector<Result<Delivery>> answers;
  Thread sender("sender", [&] { answers = producer->send_many(records, deadline_in(20s)); });
  wait_for_sent(3);
  acknowledge(board, script, 0);
  fail_send(board, script, 1);
  acknowledge(board, script, 2);
  sender.join();
  ASSERT_THAT(answers, SizeIs(3));
  EXPECT_TRUE(answers[0]);
  EXPECT_EQ(answers[1].error().message, "not delivered");
  EXPECT_TRUE(answers[2]);
  EXPECT_TRUE(producer->send_many({}, TimePoint()).empty());
}

TEST_F(Deliveries, ManySendWhatFitsAndSayWhatDoesNot) {
  script.buffer_records = 2;
  const std::vector<OutgoingRecord> records(4, OutgoingRecord{.topic = "out"});
  std::vector<Result<Delivery>> answers;
  Thread sender("sender", [&] { answers = producer->send_many(records, deadline_in(20ms)); });
  sender.join();
  ASSERT_THAT(answers, SizeIs(4));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(answers[i].error().code, i < 2 ? ErrorCode::kTimedOut : ErrorCode::kQueueFull) << i;
  }
  EXPECT_EQ(script.sent.size(), 2U);
  acknowledge_all(board, script);
  EXPECT_TRUE(producer->flush(deadline_in(20s)));
}

// What would wait for the very thread it runs on.
TEST_F(Deliveries, InsideACallbackNothingWaits) {
  script.buffer_records = 2;
  ASSERT_TRUE(producer->send({.topic = "out"}, [&](const Result<Delivery>&) {
    board.change([&] { script.buffer_records = 1; });
    board.note("send " + producer->send({.topic = "out"}, 0, kNever).error().text());
    board.change([&] { script.buffer_records = 2; });
    const Result<Delivery> waited = producer->send_sync({.topic = "out"}, deadline_in(20s));
    board.note("wait " + text_of(waited));
    board.note("close " + producer->close(deadline_in(20s)).error().text());
    board.note("flush " + producer->flush(deadline_in(20s)).error().text());
  }));
  ASSERT_TRUE(producer->send({.topic = "out"}));
  acknowledge(board, script, 0);
  board.wait_for_notes("flush");
  EXPECT_THAT(board.notes("send QUEUE_FULL: out: no room in the send buffer, "), SizeIs(1));
  EXPECT_THAT(board.notes("wait STATE: send: from a delivery callback"), SizeIs(1));
  EXPECT_THAT(board.notes("close STATE: "), SizeIs(1));
  EXPECT_THAT(board.notes("flush STATE: "), SizeIs(1));
  EXPECT_EQ(script.sent.size(), 2U);
  acknowledge_all(board, script);
  EXPECT_TRUE(producer->flush(deadline_in(20s)));
}

TEST_F(Deliveries, TokensAndCallbacksGoSideBySide) {
  make([&](const DeliveryReport& report) { board.note("token " + std::to_string(report.token)); });
  constexpr DeliveryToken kLargest = (DeliveryToken{1} << 63) - 1;
  ASSERT_TRUE(producer->send({.topic = "out"}, kLargest));
  ASSERT_TRUE(
      producer->send({.topic = "out"}, [&](const Result<Delivery>&) { board.note("callback"); }));
  ASSERT_TRUE(producer->send({.topic = "out"}));
  EXPECT_EQ(producer->send({.topic = "out"}, kLargest + 1).error().code,
            ErrorCode::kInvalidArgument);
  acknowledge_all(board, script);
  ASSERT_TRUE(producer->flush(deadline_in(20s)));
  EXPECT_THAT(board.notes(),
              ElementsAre("token " + std::to_string(kLargest), "callback", "token 0"));
}

// Closing decides everything, whoever waits for it.
TEST_F(Deliveries, CloseDecidesWhatIsLeft) {
  const DeliveryFuture first = producer->send_async({.topic = "out"});
  const DeliveryFuture second = producer->send_async({.topic = "out"});
  acknowledge(board, script, 0);
  ASSERT_TRUE(first.wait(deadline_in(20s)));
  EXPECT_FALSE(producer->close(deadline_in(2ms)));
  ASSERT_TRUE(second.is_decided());
  EXPECT_EQ(second.wait(TimePoint()).error().code, ErrorCode::kTimedOut);
  const DeliveryFuture late = producer->send_async({.topic = "out"});
  EXPECT_EQ(late.wait(TimePoint()).error().code, ErrorCode::kClosed);
}

}  // namespace
}  // namespace rookery
