// report_json.cc
//
// Names and their order: scripts read them, so they only ever grow.

#include "simulations/explorer/report_json.h"

#include <rookery/runtime/generator.h>

#include <nlohmann/json.hpp>

namespace rookery::testing {
namespace {

double seconds_of(Duration duration) {
  return std::chrono::duration_cast<std::chrono::duration<double>>(duration).count();
}

nlohmann::ordered_json size_json(const RunSize& size) {
  return {{"members", size.members},
          {"records", size.records},
          {"faults", size.faults},
          {"preemptions", size.preemptions}};
}

// Null when nobody tried.
nlohmann::ordered_json shrunk_json(const Violation& violation) {
  if (!violation.shrunk) return nullptr;
  return {{"from", size_json(violation.shrunk->from)},
          {"to", size_json(violation.shrunk->to)},
          {"runs", violation.shrunk->runs},
          {"complete", violation.shrunk->is_complete}};
}

nlohmann::ordered_json profile_json(const std::string& profile) {
  if (profile.empty()) return nullptr;
  return profile;
}

nlohmann::ordered_json report_json(const Report& report) {
  nlohmann::ordered_json violations = nlohmann::ordered_json::array();
  for (const Violation& violation : report.violations) {
    violations.push_back({{"seed", violation.seed},
                          {"promise", violation.promise},
                          {"text", violation.text},
                          {"replay", violation.replay},
                          {"shrunk", shrunk_json(violation)},
                          {"profile", profile_json(violation.profile)}});
  }
  nlohmann::ordered_json faults = nlohmann::ordered_json::object();
  for (const auto& [kind, count] : report.faults) faults[kind] = count;
  return {{"program", report.program},
          {"seeds", report.seeds},
          {"runs", report.runs},
          {"violations", violations},
          {"virtual_seconds", seconds_of(report.virtual_elapsed)},
          {"wall_seconds", seconds_of(report.wall_elapsed)},
          {"steps", report.steps},
          {"records", report.records},
          {"rebalances", report.rebalances},
          {"rejected", report.rejected},
          {"faults", faults},
          {"trace_hash", hash_text(report.trace_hash)},
          {"profile", profile_json(report.profile)}};
}

std::string text_of(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

// Without medians, which have no sum.
Report sum_of(std::span<const Report> reports) {
  Report sum{.program = reports.front().program, .profile = "all"};
  for (const Report& report : reports) {
    sum.seeds += report.seeds;
    sum.runs += report.runs;
    sum.violations.insert(sum.violations.end(), report.violations.begin(), report.violations.end());
    sum.virtual_elapsed += report.virtual_elapsed;
    sum.wall_elapsed += report.wall_elapsed;
    sum.steps += report.steps;
    sum.records += report.records;
    sum.rebalances += report.rebalances;
    sum.duplicates += report.duplicates;
    sum.rejected += report.rejected;
    for (const auto& [kind, count] : report.faults) sum.faults[kind] += count;
    sum.trace_hash = scramble(sum.trace_hash ^ report.trace_hash);
  }
  return sum;
}

}  // namespace

std::string json_text(const Report& report) { return text_of(report_json(report)); }

std::string json_text(std::span<const Report> reports) {
  nlohmann::ordered_json json = report_json(sum_of(reports));
  json["profiles"] = nlohmann::ordered_json::array();
  for (const Report& report : reports) json["profiles"].push_back(report_json(report));
  return text_of(json);
}

}  // namespace rookery::testing
