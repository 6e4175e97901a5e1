// plan.cc
//
// Plans are lists; dice are the tape's.

#include "simulations/world/plan.h"

#include <utility>

#include "simulations/scheduler/tape.h"

namespace rookery::testing {

std::uint64_t Draw::below(std::uint64_t bound) { return tape_.draw(bound); }
std::int64_t Draw::between(std::int64_t low, std::int64_t high) { return tape_.between(low, high); }
bool Draw::one_in(std::uint64_t n) { return tape_.one_in(n); }
std::string Draw::key(std::uint64_t count) { return "key-" + std::to_string(tape_.draw(count)); }

Plan& Plan::produce(std::string topic, std::uint64_t records, RecordMaker make) {
  workloads_.push_back({std::move(topic), records, std::move(make)});
  return *this;
}

Plan& Plan::check(std::string promise, OutcomeCheck check) {
  checks_.push_back({std::move(promise), std::move(check)});
  return *this;
}

Plan& Plan::intercept(HookMaker make) {
  hooks_.push_back(std::move(make));
  return *this;
}

Plan& Plan::count_rejected(std::string topic) {
  rejected_topic_ = std::move(topic);
  return *this;
}

}  // namespace rookery::testing
