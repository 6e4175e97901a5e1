// app_tuning.h
//
// The settings that an app leaves open, as a run draws them: short times, so that hours of
// production fit into minutes, and limits now wide, now narrow, so that each is met in some runs.
//
// What the app sets itself stays as it is.
#pragma once

#include <rookery/routing/app.h>

#include <chrono>
#include <cstddef>
#include <optional>

#include "simulations/scheduler/tape.h"

namespace rookery::sim {

inline constexpr Duration kSessionTimeout = std::chrono::seconds(8);

// None: the default of production.
struct AppTuning {
  unsigned concurrency = 1;
  bool is_cooperative = false;
  std::optional<Duration> commit_interval;
  std::optional<Duration> delivery_timeout;  // of outputs: shorter than many a fault
  std::optional<std::size_t> max_records;
  std::optional<std::size_t> window;
  std::optional<std::size_t> prefetch_bytes;
};

AppTuning draw_tuning(Tape& tape);

App tuned(App app, const AppTuning& tuning);

}  // namespace rookery::sim
