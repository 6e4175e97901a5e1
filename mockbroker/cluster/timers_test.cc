// timers_test.cc
//
// Timers run in order of time, then of setting; they can be set, cancelled and destroyed from
// within.
#include "mockbroker/cluster/timers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(Timers, RunInOrder) {
  Timers timers;
  std::vector<int> ran;
  Timer a, b, c, d;
  a.set(timers, TimePoint(2ms), [&] { ran.push_back(1); });
  b.set(timers, TimePoint(1ms), [&] { ran.push_back(2); });
  c.set(timers, TimePoint(2ms), [&] { ran.push_back(3); });
  d.set(timers, TimePoint(3ms), [&] { ran.push_back(4); });
  EXPECT_EQ(timers.next(), TimePoint(1ms));
  timers.run(TimePoint(2ms));
  EXPECT_THAT(ran, ElementsAre(2, 1, 3));
  EXPECT_EQ(timers.next(), TimePoint(3ms));
  d.cancel();
  EXPECT_EQ(timers.next(), kNever);
}

TEST(Timers, MayBeSetAgainFromWithin) {
  Timers timers;
  Timer timer;
  int ran = 0;
  const auto again = [&](auto& self) -> void {
    if (++ran < 3) timer.set(timers, TimePoint(ran * 1ms), [&] { self(self); });
  };
  timer.set(timers, TimePoint(0ms), [&] { again(again); });
  timers.run(TimePoint(10ms));  // what becomes due meanwhile runs, too
  EXPECT_EQ(ran, 3);
  EXPECT_FALSE(timer.is_set());
}

TEST(Timers, MayBeDestroyedFromWithin) {
  Timers timers;
  std::optional<Timer> first(std::in_place);
  Timer second;
  bool has_run = false;
  first->set(timers, TimePoint(1ms), [&] { first.reset(); });
  second.set(timers, TimePoint(1ms), [&] { has_run = true; });
  timers.run(TimePoint(1ms));
  EXPECT_FALSE(first.has_value());
  EXPECT_TRUE(has_run);
}

TEST(Timers, NeverIsNotSet) {
  Timers timers;
  Timer timer;
  timer.set(timers, kNever, [] {});
  EXPECT_FALSE(timer.is_set());
  EXPECT_EQ(timers.next(), kNever);
}

}  // namespace
}  // namespace rookery::mock
