// stop_property.cc
//
// The property itself; the tests say over which legs.
#include "simulations/stop/stop_property.h"

#include <rookery/runtime/fiber_runtime.h>
#include <rookery/runtime/thread.h>

#include <deque>
#include <memory>
#include <optional>

namespace rookery::stopping {
namespace {

using namespace std::chrono_literals;

// The server's own limits, added up: for running work (2 s), the last commits, leaving the groups,
// the workers and the producer (5 s each).
constexpr Duration kBound = 2s + 4 * 5s;
constexpr Duration kWatchdog = 180s;

void expect_end(Scene& scene, From from, During during, const std::string& leg) {
  const Ended ended = scene.end();
  if (current_runtime() != nullptr) {
    EXPECT_LE(ended.taken, kBound) << name(from);
  }
  // With brokers that answer there is nothing that could force it, but librdkafka, whose
  // close waits for the answer to a join (mockbroker/DIFFERENCES.md, close-waits-for-join).
  const bool is_late = during == During::kJoin && leg.starts_with("kafka");
  if (during != During::kSilence && during != During::kCrash && !is_late) {
    EXPECT_EQ(ended.code, ExitCode::kClean) << name(from);
  }
  EXPECT_NE(ended.code, ExitCode::kStartupError) << name(from);
}

TEST_P(StopProperty, ItEnds) {
  const auto& [factory, callers, during] = GetParam();
  const std::unique_ptr<contract::Leg> leg = factory.make();
  leg->run([&, &factory = factory, &callers = callers, during = during] {
    std::optional<Watchdog> watchdog;
    if (current_runtime() == nullptr) watchdog.emplace("the server", kWatchdog);
    {
      std::deque<Scene> scenes;
      for (const From from : callers) {
        scenes.emplace_back(*leg, from, during).begin();
        if (HasFatalFailure()) break;
      }
      if (!HasFatalFailure()) {
        strike(*leg, during);
        std::deque<Thread> others;
        for (std::size_t i = 1; i < callers.size(); ++i) {
          others.emplace_back(name(callers[i]),
                              [&, i] { expect_end(scenes[i], callers[i], during, factory.name); });
        }
        expect_end(scenes[0], callers[0], during, factory.name);
        for (Thread& other : others) other.join();
      }
      // Also what is left behind of clients that were late must end.
    }
    leg->heal();
  });
}

}  // namespace
}  // namespace rookery::stopping
