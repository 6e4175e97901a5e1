// stop_property.cc
//
// The property itself; the tests say over which legs.
#include "simulations/stop/stop_property.h"

#include <rookery/runtime/atomic.h>
#include <rookery/runtime/fiber_runtime.h>
#include <rookery/runtime/thread.h>

#include <deque>
#include <iostream>
#include <memory>

namespace rookery::stopping {
namespace {

using namespace std::chrono_literals;

// A machine of two cores, under ThreadSanitizer, with other tests beside it, is given more than
// three times the bound: what hangs does so for ever.
constexpr Duration kWatchdog = kBound + 58s;
constexpr Duration kBeginning = 180s;

// How many of each were in the middle of it when they were stopped.
struct Reached {
  Atomic<int> scenes{0};
  Atomic<int> lasted{0};
};

void expect_end(Scene& scene, const Judging& judging, Reached& reached) {
  const std::string what = std::string(name(judging.from)) + " during " + name(judging.during);
  const Watchdog watchdog(what, kWatchdog, [&scene] { return scene.picture(); });
  const Ended ended = scene.end();
  reached.scenes.fetch_add(1);
  reached.lasted.fetch_add(ended.lasted ? 1 : 0);
  for (const std::string& wrong : wrongs(ended, judging)) ADD_FAILURE() << what << ": " << wrong;
}

void play(contract::Leg& leg, const std::string& leg_name, const Callers& callers, During during,
          Reached& reached) {
  std::deque<Scene> scenes;
  {
    const Watchdog watchdog("the beginning", kBeginning);
    for (const From from : callers) {
      const Status begun = scenes.emplace_back(leg, from, during).begin();
      ASSERT_TRUE(begun) << name(from) << ": " << begun.error().text();
    }
  }
  strike(leg, during);
  EXPECT_TRUE(answers(leg, during)) << name(during);
  const auto judging = [&](From from) {
    // librdkafka's close waits for the answer to a join (mockbroker/DIFFERENCES.md,
    // close-waits-for-join).
    return Judging{.from = from,
                   .during = during,
                   .is_time_virtual = current_runtime() != nullptr,
                   .may_be_late = during == During::kJoin && leg_name.starts_with("kafka")};
  };
  std::deque<Thread> others;
  for (std::size_t i = 1; i < callers.size(); ++i) {
    others.emplace_back(name(callers[i]),
                        [&, i] { expect_end(scenes[i], judging(callers[i]), reached); });
  }
  expect_end(scenes[0], judging(callers[0]), reached);
  for (Thread& other : others) other.join();
  EXPECT_TRUE(answers(leg, during)) << name(during);
}

TEST_P(StopProperty, ItEnds) {
  const auto& [factory, callers, during] = GetParam();
  const std::unique_ptr<contract::Leg> leg = factory.make();
  Reached reached;
  leg->run([&, &factory = factory, &callers = callers, during = during] {
    // Also what is left behind of clients that were late must end.
    play(*leg, factory.name, callers, during, reached);
    leg->heal();
  });
  std::cout << "explored " << name(during) << ": " << reached.scenes.load() << " stopped, "
            << reached.lasted.load() << " in the middle of it\n";
  EXPECT_GT(reached.lasted.load(), 0);
}

}  // namespace
}  // namespace rookery::stopping
