// simulation.cc
//
// What is checked here are the archive's own sums; that nothing is lost, out of order or committed
// too soon, the simulator checks by itself.

#include "examples/archive/simulation.h"

#include <rookery/recovery/dead_letter.h>
#include <memory>
#include <string>
#include <vector>

#include "examples/archive/archive_app.h"
#include "examples/archive/archive_plan.h"
#include "examples/archive/index.h"
#include "examples/archive/totals.h"

namespace archive {

using rookery::testing::any_faults;
using rookery::testing::Draw;
using rookery::testing::Outcome;
using rookery::testing::Plan;
using rookery::testing::World;

namespace {

constexpr std::uint64_t kRecords = 1'000;

const std::string& topic_for(const std::string& error_class, const ArchiveNames& names) {
  return error_class == "OversizedStanza" ? names.oversized_dlq : names.packages_dlq;
}

// All there ever were, in the order of their partitions: what Kafka may lose by right (retention,
// an unclean election), it held before.
std::vector<Outcome::StoredRecord> written(const Outcome& outcome, const std::string& topic) {
  std::vector<Outcome::StoredRecord> records;
  for (const Outcome::LostRecord& lost : outcome.lost_records(topic)) {
    records.push_back(lost.record);
  }
  for (const Outcome::StoredRecord& record : outcome.records(topic)) records.push_back(record);
  return records;
}

// Empty when the output topics were given what the input topic asks for.
std::string wrong_totals(const Outcome& outcome, const ArchiveNames& names) {
  std::vector<std::string> stanzas;
  // What need not have been consumed may be missing, or may not: it counts as done.
  std::vector<std::string> not_owed;
  for (const auto& record : written(outcome, names.packages)) {
    stanzas.emplace_back(record.value.view());
    if (!record.is_owed) not_owed.emplace_back(record.value.view());
  }
  Totals actual;
  for (const auto& record : written(outcome, names.index)) {
    if (const auto taken = actual.take_index(record.key, record.value); !taken) {
      return taken.error().text();
    }
  }
  for (const std::string& topic : {names.packages_dlq, names.oversized_dlq}) {
    for (const auto& record : written(outcome, topic)) {
      const auto source = rookery::read_dead_letter(record.headers);
      if (source && topic_for(source->error_class, names) != topic) {
        return source->error_class + " arrived in " + topic;
      }
      if (const auto taken = actual.take_rejected(record.value, record.headers); !taken) {
        return taken.error().text();
      }
    }
  }
  actual.add(expected_totals(not_owed));
  std::string wrong;
  for (const std::string& line : differences(expected_totals(stanzas), actual, 5)) {
    wrong += (wrong.empty() ? "" : "; ") + line;
  }
  return wrong;
}

}  // namespace

World simulated_world() {
  World world({.brokers = 3});
  for (const rookery::NewTopic& topic : archive_topics({})) {
    world.topic(topic.name, {.partitions = topic.partitions, .config = topic.config});
  }
  return world;
}

Plan simulated_plan() {
  return simulated_plan({.servers = {2, 4}, .faults = any_faults()}, kRecords);
}

Plan simulated_plan(const rookery::testing::PlanOptions& options, std::uint64_t records) {
  const ArchiveNames names;
  Plan plan(options);
  const auto stanzas = std::make_shared<const ArchivePlan>();
  plan.produce(names.packages, records, [stanzas](Draw& draw) {
    const PlannedRecord planned = stanzas->record(draw.below(stanzas->packages()));
    return rookery::testing::record({.key = planned.key,
                                     .value = planned.value,
                                     .headers = {{std::string(kSectionHeader), planned.section}}});
  });
  plan.check("totals", [names](const Outcome& outcome) { return wrong_totals(outcome, names); });
  return plan;
}

}  // namespace archive
