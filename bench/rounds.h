// rounds.h
//
// How a figure is measured: rounds in which ours and the alternative take turns, the first of each
// to warm up, and the medians of the rest.
//
// Each figure is one benchmark of Google's library, an iteration of which is a round of ours: the
// time it reports is ours alone.
#pragma once

#include <rookery/base/result.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/figures.h"

namespace rookery::bench {

// One turn's outcome.
struct Turn {
  double seconds = 0;  // of what was measured
  double value = 0;    // in the figure's unit
};
using TakeTurn = std::function<Result<Turn>()>;

struct Alternative {
  TakeTurn take_turn;
  int rounds_most = 1'000;  // one that is slow need not be asked each round
};

struct Measurement {
  std::string name;
  std::string unit;
  Better better = Better::kHigher;
  // From the alternative's median (0 without one).
  std::function<double(double raw)> target;
  TakeTurn ours;
  std::optional<Alternative> raw = {};
  int rounds = 7;
  int warm_up_rounds = 1;
  // Before the first round, and after the last: what both need (topics filled, a broker).
  std::function<Status()> prepare = {};
  std::function<void()> clean_up = {};
};

// What a run is asked for.
struct Settings {
  bool is_quick = false;         // tiny sizes: does it work at all?
  bool is_raw_left_out = false;  // ours alone: for a profiler
  std::string brokers = {};      // of a real Kafka; empty: none
};

// The benchmarks of a run and what became of them.
class Measurements {
 public:
  explicit Measurements(Settings settings) : settings_(std::move(settings)) {}
  const Settings& settings() const { return settings_; }

  void add(Measurement measurement) {
    if (settings_.is_raw_left_out) measurement.raw.reset();
    all_.push_back(std::move(measurement));
  }
  // A figure that would need a real broker, and there is none: told on stderr when the run begins.
  void add_without_broker(std::string name) { without_broker_.push_back(std::move(name)); }
  std::vector<std::string> names() const;  // of all, also of those that need a broker

  // Forgets those whose names the regular expression (POSIX extended) does not match in part.
  void keep_only(const std::string& filter);

  // Measures all, and answers Google Benchmark's JSON. A failed one is told on stderr, and by
  // is_failed().
  std::string run(const std::string& program);

  const Figures& figures() const { return figures_; }
  bool is_failed() const { return is_failed_; }

 private:
  void register_benchmark(const Measurement& measurement);

  const Settings settings_;
  std::vector<Measurement> all_;
  std::vector<std::string> without_broker_;
  Figures figures_;
  bool is_failed_ = false;
};

}  // namespace rookery::bench
