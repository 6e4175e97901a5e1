// admin_rounds_test.cc
//
// A coordinator that is not found at once: librdkafka asks for it three times within 300 ms and
// then waits out the call's own time. Brokers are librdkafka's own, in this process.
#include <gtest/gtest.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/admin_calls.h>
#include <rookery/transport/librdkafka/mock_brokers.h>
#include <rookery/transport/librdkafka/transport.h>

#include <chrono>
#include <memory>
#include <string>

namespace rookery::librdkafka {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 60s;
constexpr std::int16_t kFindCoordinator = 10;

// More often than librdkafka asks in one call.
void know_no_coordinator_at_first(const MockBrokers& brokers) {
  const auto none = RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE;
  rd_kafka_mock_push_request_errors(brokers.cluster(), kFindCoordinator, 4, none, none, none, none);
}

TEST(Administrator, AsksAgainForACoordinatorThatWasNotFound) {
  const MockBrokers brokers;
  know_no_coordinator_at_first(brokers);
  const auto transport = make_librdkafka_transport({{"bootstrap.servers", brokers.addresses()}});
  const auto admin = transport->make_admin({});
  ASSERT_TRUE(admin) << admin.error().text();
  const TimePoint asked = now();
  const auto offsets = (*admin)->group_offsets({"billing"}, deadline_in(kPatience));
  ASSERT_TRUE(offsets.front()) << offsets.front().error().text();
  EXPECT_TRUE(offsets.front()->empty());
  EXPECT_LT(now() - asked, kPatience) << "in a later round, not when all time was up";
}

TEST(Administrator, KeepsItsDeadlineWhereThereIsNoCoordinator) {
  const MockBrokers brokers;
  for (int i = 0; i < 20; ++i) know_no_coordinator_at_first(brokers);
  const auto transport = make_librdkafka_transport({{"bootstrap.servers", brokers.addresses()}});
  const auto admin = transport->make_admin({});
  ASSERT_TRUE(admin) << admin.error().text();
  const TimePoint deadline = deadline_in(2500ms);
  const auto offsets = (*admin)->group_offsets({"billing"}, deadline);
  ASSERT_FALSE(offsets.front());
  EXPECT_EQ(offsets.front().error().code, ErrorCode::kTimedOut) << offsets.front().error().text();
  EXPECT_GE(now() + kRetryEvery, deadline) << "it did not give up before";
}

TEST(Rounds, DoubleAndEndAtTheDeadline) {
  const TimePoint deadline = deadline_in(1h);
  Rounds rounds(Patience::kInRounds, deadline);
  for (const Duration length : {1s, 2s, 4s, 8s}) {
    const TimePoint before = now();
    const TimePoint end = rounds.next();
    EXPECT_GE(end, before + length);
    EXPECT_LE(end, now() + length);
  }
  EXPECT_TRUE(rounds.are_many());
  const TimePoint soon = deadline_in(10ms);
  EXPECT_EQ(Rounds(Patience::kInRounds, soon).next(), soon);
  EXPECT_EQ(Rounds(Patience::kToTheDeadline, deadline).next(), deadline);
}

}  // namespace
}  // namespace rookery::librdkafka
