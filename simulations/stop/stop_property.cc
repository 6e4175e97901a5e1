// stop_property.cc
//
// The property itself; the tests say over which legs.
#include "simulations/stop/stop_property.h"

#include <rookery/runtime/fiber_runtime.h>

#include <memory>
#include <optional>

namespace rookery::stopping {
namespace {

using namespace std::chrono_literals;

// The server's own limits, added up: for running work (2 s), the last commits, leaving the groups,
// the workers and the producer (5 s each).
constexpr Duration kBound = 2s + 4 * 5s;
constexpr Duration kWatchdog = 180s;

TEST_P(StopProperty, ItEnds) {
  const auto& [factory, from, during] = GetParam();
  const std::unique_ptr<contract::Leg> leg = factory.make();
  leg->run([&, &factory = factory, from = from, during = during] {
    const bool is_simulated = current_runtime() != nullptr;
    std::optional<Watchdog> watchdog;
    if (!is_simulated) watchdog.emplace("the server", kWatchdog);
    {
      Scene scene(*leg, from, during);
      scene.begin();
      if (!HasFatalFailure()) {
        const Ended ended = scene.end();
        if (is_simulated) {
          EXPECT_LE(ended.taken, kBound);
        }
        // With brokers that answer there is nothing that could force it, but librdkafka, whose
        // close waits for the answer to a join (mockbroker/DIFFERENCES.md, close-waits-for-join).
        const bool is_late = during == During::kJoin && factory.name.starts_with("kafka");
        if (during != During::kSilence && during != During::kCrash && !is_late) {
          EXPECT_EQ(ended.code, ExitCode::kClean);
        }
        EXPECT_NE(ended.code, ExitCode::kStartupError);
      }
      // Also what is left behind of clients that were late must end.
    }
    leg->heal();
  });
}

}  // namespace
}  // namespace rookery::stopping
