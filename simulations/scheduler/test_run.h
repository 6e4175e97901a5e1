// test_run.h
//
// Runs of the scheduler for its own tests: one seed, or many until something was seen.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "simulations/scheduler/scheduler.h"

namespace rookery::sim {

inline RunResult simulate(std::uint64_t seed, std::function<void()> body,
                          const SchedulerOptions& options = {}) {
  Tape tape = Tape::from_seed(seed);
  RandomStrategy strategy(tape);
  Scheduler scheduler(options, tape, strategy);
  return scheduler.run(std::move(body));
}

// The first seed below `seeds` whose run fails, or a result without failure.
inline RunResult simulate_until_failure(std::uint64_t seeds, const std::function<void()>& body,
                                        const SchedulerOptions& options = {}) {
  RunResult result;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    result = simulate(seed, body, options);
    if (result.failure) break;
  }
  return result;
}

// Calls `touch` on what fibers share, without a switch and in an order that ThreadSanitizer knows
// of: it finds what tests share otherwise, since that is a race indeed.
inline auto alone(const auto& touch) {
  const Uninterrupted scope;
  return touch();
}

inline void expect_success(const RunResult& result) {
  EXPECT_FALSE(result.failure) << result.failure->kind << ": " << result.failure->text;
}

inline void expect_failure(const std::string& kind, const std::function<void()>& body,
                           const std::string& text) {
  const RunResult result = simulate(1, body);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->kind, kind);
  EXPECT_NE(result.failure->text.find(text), std::string::npos) << result.failure->text;
}

}  // namespace rookery::sim
