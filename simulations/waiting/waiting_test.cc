// waiting_test.cc
//
// What is said when a test waits in vain.

#include "simulations/waiting/waiting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <string>

#include "simulations/scheduler/test_run.h"

namespace rookery::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const TopicPartition kOrders{"orders.v1", 0};
const TopicPartition kOther{"orders.v1", 1};

// On fibers, where waiting takes no time.
void simulated(const std::function<void()>& body) { sim::expect_success(sim::simulate(1, body)); }

TEST(WaitUntil, PrintsTheLastState) {
  simulated([] {
    int asked = 0;
    const auto result = wait_until([&] { return ++asked < 0; },
                                   [&] { return "asked " + std::to_string(asked) + " times"; }, 1s);
    EXPECT_FALSE(result);
    EXPECT_EQ(std::string(result.message()),
              "not done within 1000 ms; last seen: asked " + std::to_string(asked) + " times");
    EXPECT_GE(asked, 200);
  });
}

TEST(WaitUntil, EndsWhenTheConditionHoldsAndNoLaterThanItsLimit) {
  simulated([] {
    const TimePoint start = now();
    EXPECT_TRUE(wait_until([&] { return now() - start >= 70ms; }, [] { return ""; }, 1h));
    EXPECT_LT(now() - start, 80ms);
    const TimePoint again = now();
    EXPECT_FALSE(wait_until([] { return false; }, [] { return ""; }, 7ms));
    EXPECT_LT(now() - again, 8ms);
  });
}

// Decided at a moment, with that answer.
struct Scripted {
  TimePoint at = kNever;
  Result<int> answer = 7;

  bool is_decided() const { return now() >= at; }
  Result<int> wait(TimePoint deadline) const {
    sleep_until(std::min(at, deadline));
    if (is_decided()) return answer;
    return fail(ErrorCode::kTimedOut, "it is open");
  }
};

TEST(Await, TellsNotDoneFailedAndValueApart) {
  simulated([] {
    const auto pending = await(Scripted(), 50ms);
    EXPECT_FALSE(pending.is_done());
    EXPECT_FALSE(pending.has_value());
    EXPECT_EQ(pending.text(), "not done within 50 ms");

    const auto failed = await(Scripted{now(), fail(ErrorCode::kTimedOut, "no broker")});
    EXPECT_TRUE(failed.is_done());
    EXPECT_FALSE(failed.has_value());
    EXPECT_THAT(failed.text(), AllOf(StartsWith("failed: "), HasSubstr("no broker")));

    const auto done = await(Scripted{deadline_in(2s)});
    ASSERT_TRUE(done.has_value()) << done.text();
    EXPECT_EQ(done.value(), 7);
    EXPECT_EQ(done.text(), "done");
  });
}

TEST(ExpectRecords, TheSameOnceInAnyOrder) {
  EXPECT_TRUE(expect_records({{kOrders, 0}, {kOther, 0}}, {{kOther, 0}, {kOrders, 0}}));
}

TEST(ExpectRecords, PrintsExpectedGotFirstMissingAndFirstDuplicate) {
  std::vector<RecordPlace> expected;
  for (Offset offset = 0; offset < 10; ++offset) expected.push_back({kOrders, offset});
  std::vector<RecordPlace> got = expected;
  got.erase(got.begin() + 3, got.begin() + 5);
  got.push_back({kOrders, 7});
  got.push_back({kOther, 4});
  const auto result = expect_records(expected, got);
  EXPECT_FALSE(result);
  EXPECT_EQ(std::string(result.message()),
            "expected 10 records, got 10\n"
            "  first missing: orders.v1-0 @3 (and 1 more)\n"
            "  first duplicate: orders.v1-0 @7\n"
            "  first unexpected: orders.v1-1 @4\n"
            "  got:\n"
            "    orders.v1-0: 0-2, 5-9\n"
            "    orders.v1-1: 4");
}

TEST(ExpectRecords, OfNothingProvesNothing) {
  EXPECT_FALSE(expect_records({}, {}));
  const auto result = expect_records({{kOrders, 0}}, {});
  EXPECT_THAT(std::string(result.message()), HasSubstr("got: nothing"));
}

}  // namespace
}  // namespace rookery::testing
