// producer_test.cc
//
// The producer for programs: waits for room, counts, tells of failures, and ends with every record
// reported.
#include <rookery/producing/bounded_sender.h>
#include <rookery/producing/producer.h>
#include <rookery/transport/testing/fake_transport.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rookery/runtime/thread.h>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

struct ProducerTest : ::testing::Test {
  Producer make(Producer::OnDelivery on_delivery = {}) {
    auto producer = Producer::make(transport, {{"client.id", "feed"}}, std::move(on_delivery));
    EXPECT_TRUE(producer) << producer.error().text();
    return std::move(*producer);
  }

  Board board;
  FakeTransport transport{board};
  ProducerScript& script = transport.producer;
};

TEST_F(ProducerTest, PassesSettingsAndTheErrorsOfMaking) {
  make();
  EXPECT_EQ(transport.producer_config, (ConfigMap{{"client.id", "feed"}}));
  transport.producer_error = Error{.code = ErrorCode::kInvalidConfig, .message = "acks: 7"};
  const auto refused = Producer::make(transport, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "acks: 7");
}

TEST_F(ProducerTest, CountsAndReportsEachRecord) {
  script.acknowledges = false;
  Producer producer = make([&](const DeliveryReport& report) {
    board.note((report.error ? "failed " : "delivered ") + std::to_string(report.token));
  });
  for (DeliveryToken token = 1; token <= 3; ++token) {
    ASSERT_TRUE(producer.send({.topic = "out", .value = "v"}, token));
  }
  acknowledge(board, script, 0);
  fail_send(board, script, 1);
  acknowledge(board, script, 2);
  board.wait_for_notes("delivered 3");
  const Status flushed = producer.flush(deadline_in(20s));
  ASSERT_FALSE(flushed);
  EXPECT_THAT(flushed.error().text(), HasSubstr("not delivered (1 record was not acknowledged)"));
  EXPECT_EQ(producer.failed(), 1U);
  EXPECT_THAT(board.notes(), ElementsAre("delivered 1", "failed 2", "delivered 3"));
  EXPECT_TRUE(producer.flush(deadline_in(20s))) << "the failure was told already";
}

// Of all three kinds; the others are called, and nothing is lost.
TEST_F(ProducerTest, WhatACallbackThrowsIsToldByTheNextFlush) {
  script.acknowledges = false;
  Producer producer = make([&](const DeliveryReport& report) {
    board.note("token " + std::to_string(report.token));
    if (report.token == 1) throw std::runtime_error("no room to write it down");
  });
  ASSERT_TRUE(producer.send({.topic = "out"}, 1));
  ASSERT_TRUE(producer.send({.topic = "out"}, [&](const Result<Delivery>&) {
    board.note("ticket");
    throw 7;
  }));
  ASSERT_TRUE(producer.send({.topic = "out"}, 2));
  for (std::size_t i = 0; i < 3; ++i) acknowledge(board, script, i);
  board.wait_for_notes("token 2");
  const Status flushed = producer.flush(deadline_in(20s));
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code, ErrorCode::kUserCode);
  EXPECT_THAT(flushed.error().message, HasSubstr("std::runtime_error: no room to write it down"));
  EXPECT_THAT(board.notes(), ElementsAre("token 1", "ticket", "token 2"));
  EXPECT_EQ(producer.acknowledged(), 3U);
  EXPECT_TRUE(producer.flush(deadline_in(20s)));
}

TEST_F(ProducerTest, FlushKeepsItsDeadline) {
  script.acknowledges = false;
  Producer producer = make();
  ASSERT_TRUE(producer.send({.topic = "out"}));
  const Status flushed = producer.flush(deadline_in(5ms));
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code, ErrorCode::kTimedOut);
  acknowledge_all(board, script);
  EXPECT_TRUE(producer.flush(deadline_in(20s)));
}

TEST_F(ProducerTest, SendWaitsForRoom) {
  script.acknowledges = false;
  script.buffer_records = 1;
  Producer producer = make();
  ASSERT_TRUE(producer.send({.topic = "out", .value = "a"}));
  Thread sender("sender", [&] {
    EXPECT_TRUE(producer.send({.topic = "out", .value = "b"}));
    board.note("sent b");
  });
  board.wait_for("a refused send", [&] { return script.refused > 0; });
  EXPECT_EQ(board.notes("sent").size(), 0U);
  acknowledge(board, script, 0);
  board.wait_for_notes("sent b");
  sender.join();
  acknowledge_all(board, script);
  EXPECT_TRUE(producer.close(deadline_in(20s)));
}

TEST_F(ProducerTest, SendGivesUpAtItsDeadline) {
  script.buffer_records = 0;
  Producer producer = make();
  const Status sent = producer.send({.topic = "out"}, 0, deadline_in(5ms));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kQueueFull);
  EXPECT_TRUE(sent.error().retriable);
  EXPECT_THAT(sent.error().message,
              MatchesRegex("out: no room in the send buffer, [0-9]+m?s waited: .+"));
}

TEST_F(ProducerTest, OtherErrorsOfSendingAreNotWaitedFor) {
  script.send_error = Error{.code = ErrorCode::kMessageTooLarge, .message = "2 MB"};
  Producer producer = make();
  const Status sent = producer.send({.topic = "out"});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kMessageTooLarge);
}

TEST_F(ProducerTest, ManySendersShareALittleRoom) {
  script.buffer_records = 2;
  Producer producer = make();
  std::vector<Thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back("sender", [&] {
      for (int j = 0; j < 50; ++j) EXPECT_TRUE(producer.send({.topic = "out", .value = "v"}));
    });
  }
  for (Thread& thread : threads) thread.join();
  EXPECT_TRUE(producer.flush(deadline_in(20s)));
  EXPECT_TRUE(producer.close(deadline_in(20s)));
  EXPECT_EQ(producer.acknowledged(), 200U);
}

TEST_F(ProducerTest, CloseReportsWhatIsLeft) {
  script.acknowledges = false;
  Producer producer = make(
      [&](const DeliveryReport& report) { board.note(report.error ? "failed" : "delivered"); });
  ASSERT_TRUE(producer.send({.topic = "out"}));
  EXPECT_FALSE(producer.close(deadline_in(2ms)));
  EXPECT_THAT(board.notes(), ElementsAre("failed"));
  const Status sent = producer.send({.topic = "out"});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kClosed);
}

// The destructor's close still reports, to members that must be alive.
TEST_F(ProducerTest, TheDestructorReportsWhatIsLeft) {
  script.acknowledges = false;
  {
    Producer producer = make([&](const DeliveryReport& report) {
      board.note(report.error ? "failed " + report.error->text() : "delivered");
    });
    ASSERT_TRUE(producer.send({.topic = "out"}));
  }
  EXPECT_THAT(board.notes(), ElementsAre(HasSubstr("failed TIMED_OUT")));
}

TEST_F(ProducerTest, MovesWithItsRecordsUnderWay) {
  script.acknowledges = false;
  Producer first = make();
  ASSERT_TRUE(first.send({.topic = "out"}));
  Producer second = std::move(first);
  acknowledge_all(board, script);
  EXPECT_TRUE(second.flush(deadline_in(20s)));
  EXPECT_TRUE(second.close(deadline_in(20s)));
  EXPECT_EQ(second.acknowledged(), 1U);
}

TEST_F(ProducerTest, WaitingSendersMayGiveUp) {
  script.buffer_records = 0;
  auto sender = BoundedSender::make(transport, {}, [](std::span<const DeliveryReport>) {});
  ASSERT_TRUE(sender);
  bool is_over = false;
  Thread waiting("sender", [&] {
    const Status sent = (*sender)->send({.topic = "out"}, 0, kNever, {}, [&]() -> Status {
      bool gives_up = false;
      board.look([&] { gives_up = is_over; });
      if (gives_up) return fail(ErrorCode::kRevoked, "over");
      return {};
    });
    EXPECT_EQ(sent.error().code, ErrorCode::kRevoked);
  });
  board.wait_for("a refused send", [&] { return script.refused > 1; });
  board.change([&] { is_over = true; });
  (*sender)->wake();
  waiting.join();
}

}  // namespace
}  // namespace rookery
