// lint_figures.cc
//
// The same steps as `rookery-lint topics -`, without the start of a process.
#include "bench/lint_figures.h"

#include <rookery/runtime/time.h>

#include <chrono>
#include <sstream>
#include <string>
#include <vector>

#include "lint/report.h"
#include "lint/topics/config.h"
#include "lint/topics/linter.h"
#include "lint/topics/sources.h"

namespace rookery::bench {
namespace {

constexpr int kNames = 10'000;
constexpr int kRightForOneWrong = 9;

std::string list_of_names() {
  std::string list;
  for (int i = 0; i < kNames; ++i) {
    const bool is_wrong = i % (kRightForOneWrong + 1) == kRightForOneWrong;
    list += is_wrong ? "Billing_OrderCreated" : "billing.event.order-created-";
    list += std::to_string(i) + (is_wrong ? "\n" : ".v1\n");
  }
  return list;
}

Result<Turn> lint_once(const std::string& list) {
  using namespace std::chrono_literals;
  const TimePoint begin = now();
  std::vector<std::string> mistakes;
  const auto conventions = lint::read_conventions("bench", "preset: domain.type.name.v1", mistakes);
  if (!conventions) return fail(ErrorCode::kState, mistakes.front());
  lint::Topics topics;
  std::string error;
  if (!lint::read_source({.file = "-", .text = list}, topics, error)) {
    return fail(ErrorCode::kState, error);
  }
  const lint::Findings findings = lint::lint_topics(topics, *conventions, 2026y / 11 / 26);
  std::ostringstream report;
  lint::write_report(report, findings, lint::Format::kText, {.name = "topics"});
  const double seconds = std::chrono::duration<double>(now() - begin).count();
  if (topics.topics.size() != kNames || findings.size() != kNames / (kRightForOneWrong + 1)) {
    return fail(ErrorCode::kState, std::to_string(findings.size()) + " findings");
  }
  return Turn{.seconds = seconds, .value = seconds * 1e3};
}

}  // namespace

void add_lint_figures(Measurements& measurements) {
  measurements.add({.name = "lint.topics_10k",
                    .unit = "ms",
                    .better = Better::kLower,
                    .target = [](double) { return 100.0; },
                    .ours = [list = list_of_names()] { return lint_once(list); }});
}

}  // namespace rookery::bench
