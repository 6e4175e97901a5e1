// matchers.cc
//
// What is wrong: with faults by their names, with a set of dead letters by the first record that
// shows it.

#include "simulations/world/matchers.h"

namespace rookery::testing {
namespace {

std::string quoted(const OwnedBytes& bytes) {
  return bytes.is_null() ? "null" : ::testing::PrintToString(std::string(bytes.view()));
}

}  // namespace

bool EveryFaultTookEffectMatcher::MatchAndExplain(const Report& report, std::ostream* out) const {
  std::string missing;
  for (const auto& [kind, count] : report.faults) {
    if (count == 0) missing += (missing.empty() ? "" : ", ") + kind;
  }
  if (out != nullptr && report.faults.empty()) *out << "whose plan has no faults";
  if (out != nullptr && !missing.empty()) *out << "in which none took effect of: " << missing;
  return missing.empty() && !report.faults.empty();
}

bool DeadLettersExactlyMatcher::MatchAndExplain(const Report& report, std::ostream* out) const {
  const auto explain = [out](const std::string& text) {
    if (out != nullptr) *out << text;
    return false;
  };
  if (report.dead_letters == nullptr || report.runs == 0) return explain("which made no run");
  if (!report.dead_letters->is_complete()) {
    return explain("whose records take more than " +
                   std::to_string(DeadLetterBook::kBytesMost >> 20) +
                   " MiB: too much to keep; use Plan::check, or fewer seeds");
  }
  const DeadLetterBook::Fates* fates = report.dead_letters->fates(topic_);
  if (fates == nullptr) return explain("in which no route dead letters to '" + topic_ + "'");
  std::uint64_t dead = 0;
  for (const auto& [record, fate] : *fates) {
    const bool must_be_dead = matcher_.Matches(record);
    dead += fate.dead;
    if ((must_be_dead ? fate.alive : fate.dead) == 0) continue;
    const std::string what =
        "record with key " + quoted(record.key) + " and value " + quoted(record.value);
    return explain(must_be_dead
                       ? std::to_string(fate.alive) + " times a " + what + " is no dead letter"
                       : std::to_string(fate.dead) + " times a " + what + " is a dead letter");
  }
  // An empty set proves nothing.
  if (dead == 0) return explain("in which no record became a dead letter");
  return true;
}

void DeadLettersExactlyMatcher::DescribeTo(std::ostream* out) const {
  *out << "dead letters to '" << topic_ << "' exactly each record that ";
  matcher_.DescribeTo(out);
}

void DeadLettersExactlyMatcher::DescribeNegationTo(std::ostream* out) const {
  *out << "does not dead letter to '" << topic_ << "' exactly each record that ";
  matcher_.DescribeTo(out);
}

}  // namespace rookery::testing
