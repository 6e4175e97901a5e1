// reaper_test.cc
//
// Calls that return, calls that never do, and what a stop waits for.
#include <rookery/transport/librdkafka/reaper.h>

#include <gtest/gtest.h>

#include <rookery/runtime/atomic.h>
#include <rookery/runtime/time.h>

#include <memory>

namespace rookery::librdkafka {
namespace {

using namespace std::chrono_literals;

TEST(Reaper, StopWaitsForCallsThatReturn) {
  Reaper reaper;
  Atomic<int> made{0};
  const auto held = std::make_shared<Latch>();
  for (int i = 0; i < 3; ++i) {
    reaper.run_apart([&made, held] {
      held->wait_until(kNever);
      made.fetch_add(1);
    });
    if (i == 2) held->open();
  }
  reaper.stop();
  EXPECT_EQ(made.load(), 3);
  EXPECT_EQ(reaper.left_behind(), 0U);
}

TEST(Reaper, ACallThatNeverReturnsHoldsNobody) {
  // Outlives everything, also the end of main(): so does the thread.
  static const auto& never = *new std::shared_ptr<Latch>(std::make_shared<Latch>());
  Reaper reaper(/*patience=*/20ms);
  reaper.run_apart([] { never->wait_until(kNever); });
  const auto other = std::make_shared<Latch>();
  reaper.run_apart([other] { other->open(); });
  EXPECT_TRUE(other->wait_until(kNever)) << "it waits for nobody else's call";
  reaper.stop();
  EXPECT_EQ(reaper.left_behind(), 1U);
}

TEST(Reaper, AfterStopTheCallerDoesIt) {
  Reaper reaper;
  reaper.stop();
  bool is_made = false;
  reaper.run_apart([&is_made] { is_made = true; });
  EXPECT_TRUE(is_made);
  bool was_stopping = false;
  reaper.adopt([&was_stopping](bool is_stopping) { return was_stopping = is_stopping; });
  EXPECT_TRUE(was_stopping);
}

TEST(Reaper, JobsGoOnStepByStep) {
  Reaper reaper;
  const auto done = std::make_shared<Latch>();
  int steps = 0;
  reaper.adopt([&steps, done](bool) {
    if (++steps < 5) return false;
    done->open();
    return true;
  });
  EXPECT_TRUE(done->wait_until(kNever));
  reaper.stop();
  EXPECT_EQ(steps, 5);
}

}  // namespace
}  // namespace rookery::librdkafka
