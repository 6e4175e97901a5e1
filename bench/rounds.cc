// rounds.cc
//
// Turns, medians, and Google Benchmark around them.
#include "bench/rounds.h"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <regex>
#include <sstream>
#include <utility>

namespace rookery::bench {
namespace {

// Ours and the alternative's values of one figure.
struct Values {
  std::vector<double> ours;
  std::vector<double> raw;
};

Status take(const TakeTurn& take_turn, const char* who, bool is_kept, std::vector<double>& values,
            double* seconds) {
  Result<Turn> turn = take_turn();
  if (!turn) {
    Error error = turn.error();
    error.message = std::string(who) + ": " + error.message;
    return fail(std::move(error));
  }
  if (seconds != nullptr) *seconds = turn->seconds;
  if (is_kept) values.push_back(turn->value);
  return {};
}

// Who goes first changes from round to round.
Status play_round(const Measurement& measurement, int round, bool is_kept, Values& values,
                  double& seconds) {
  const bool has_raw = measurement.raw && round < measurement.raw->rounds_most;
  const auto ours = [&] {
    return take(measurement.ours, "rookery", is_kept, values.ours, &seconds);
  };
  const auto raw = [&]() -> Status {
    if (!has_raw) return {};
    return take(measurement.raw->take_turn, "raw", is_kept, values.raw, nullptr);
  };
  if (round % 2 == 0) {
    if (Status status = ours(); !status) return status;
    return raw();
  }
  if (Status status = raw(); !status) return status;
  return ours();
}

}  // namespace

std::vector<std::string> Measurements::names() const {
  std::vector<std::string> names = without_broker_;
  for (const Measurement& measurement : all_) names.push_back(measurement.name);
  return names;
}

void Measurements::keep_only(const std::string& filter) {
  const std::regex expression(filter, std::regex::extended);
  const auto is_unwanted = [&](const std::string& name) {
    return !std::regex_search(name, expression);
  };
  std::erase_if(all_, [&](const Measurement& one) { return is_unwanted(one.name); });
  std::erase_if(without_broker_, is_unwanted);
}

void Measurements::register_benchmark(const Measurement& measurement) {
  const auto body = [this, &measurement](::benchmark::State& state) {
    std::fprintf(stderr, "bench: %s\n", measurement.name.c_str());
    Values values;
    double seconds = 0;
    Status status = measurement.prepare ? measurement.prepare() : Status();
    for (int round = 0; status && round < measurement.warm_up_rounds; ++round) {
      status = play_round(measurement, round, false, values, seconds);
    }
    int round = 0;
    for ([[maybe_unused]] auto iteration : state) {
      if (status) status = play_round(measurement, round++, true, values, seconds);
      if (!status) {
        state.SkipWithError(status.error().text().c_str());
        break;
      }
      state.SetIterationTime(seconds);
    }
    if (measurement.clean_up) measurement.clean_up();
    if (!status) {
      std::fprintf(stderr, "bench: %s: %s\n", measurement.name.c_str(),
                   status.error().text().c_str());
      is_failed_ = true;
      return;
    }
    Figure figure{.unit = measurement.unit, .better = measurement.better};
    figure.value = median(values.ours);
    if (!values.raw.empty()) figure.raw = median(values.raw);
    figure.target = measurement.target(figure.raw.value_or(0));
    state.counters["value"] = figure.value;
    if (figure.raw) state.counters["raw"] = *figure.raw;
    figures_[measurement.name] = std::move(figure);
  };
  ::benchmark::RegisterBenchmark(measurement.name.c_str(), body)
      ->UseManualTime()
      ->Iterations(settings_.is_quick ? 1 : measurement.rounds)
      ->Unit(::benchmark::kMillisecond);
}

std::string Measurements::run(const std::string& program) {
  if (!without_broker_.empty()) {
    std::string names;
    for (const std::string& name : without_broker_) names += (names.empty() ? "" : ", ") + name;
    std::fprintf(stderr, "bench: without --brokers (./rookery bench starts one) left out: %s\n",
                 names.c_str());
  }
  std::string name = program;
  char* arguments = name.data();
  int count = 1;
  ::benchmark::Initialize(&count, &arguments);
  for (const Measurement& measurement : all_) register_benchmark(measurement);
  std::ostringstream json;
  ::benchmark::JSONReporter reporter;
  reporter.SetOutputStream(&json);
  reporter.SetErrorStream(&json);
  ::benchmark::RunSpecifiedBenchmarks(&reporter);
  return json.str();
}

}  // namespace rookery::bench
