// report_json.cc
//
// Names and their order: scripts read them, so they only ever grow.

#include "simulations/explorer/report_json.h"

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

}  // namespace

std::string json_text(const Report& report) {
  nlohmann::ordered_json violations = nlohmann::ordered_json::array();
  for (const Violation& violation : report.violations) {
    violations.push_back({{"seed", violation.seed},
                          {"promise", violation.promise},
                          {"text", violation.text},
                          {"replay", violation.replay},
                          {"shrunk", shrunk_json(violation)}});
  }
  nlohmann::ordered_json faults = nlohmann::ordered_json::object();
  for (const auto& [kind, count] : report.faults) faults[kind] = count;
  const nlohmann::ordered_json json = {{"program", report.program},
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
                                       {"trace_hash", hash_text(report.trace_hash)}};
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace rookery::testing
