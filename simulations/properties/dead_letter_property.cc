// dead_letter_property.cc
//
// Records that say themselves what they are, a consumer in every form, and the check.

#include "simulations/properties/dead_letter_property.h"

#include <rookery/recovery/dead_letter.h>
#include <rookery/rookery.h>
#include <rookery/runtime/generator.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "simulations/world/run.h"

namespace rookery::testing {
namespace {

using Faults = DeadLetterSetup::Faults;

constexpr const char* kOrders = "orders.v1";
constexpr const char* kDlq = "orders.v1.dlq";
constexpr const char* kOther = "other.v1.dlq";
constexpr std::size_t kLarge = 64 * 1024;

struct Poison : std::runtime_error {
  Poison() : runtime_error("poisoned") {}
};
// Goes to a topic of its own.
struct OtherPoison : Poison {};

// A record says itself what it is, so that only its content decides.
std::string kind_of(const Headers& headers) {
  const Bytes kind = headers.last("kind");
  return kind.is_null() ? "" : kind.str();
}

void judge(const Record& record) {
  const std::string kind = kind_of(record.headers());
  if (kind == "poison") throw Poison();
  if (kind == "other") throw OtherPoison();
}

ConsumerFactory consumer_of(const DeadLetterSetup& setup) {
  const bool is_manual = setup.is_manual;
  if (!setup.is_batch) {
    return consumer([is_manual](const Record& record, ConsumerContext& context) {
      judge(record);
      if (is_manual) context.mark(record);
    });
  }
  const bool is_known = setup.is_blame_known;
  return consumer([is_manual, is_known](Batch& batch, ConsumerContext& context) {
    if (is_known) {
      for (const Record& record : batch) judge(record);
    } else {
      for (const Record& record : batch.records()) judge(record);
    }
    if (is_manual) context.mark(batch[batch.size() - 1]);
  });
}

App app_of(const DeadLetterSetup& setup) {
  App app({.client_id = "billing"});
  app.group("billing").topic(
      kOrders, {.consumer = consumer_of(setup),
                .retry_backoff = RetryBackoff{.first = std::chrono::milliseconds(20),
                                              .max = std::chrono::milliseconds(200)},
                .marking = setup.is_manual ? Marking::kManual : Marking::kAutomatic,
                .dead_letter_queue =
                    DeadLetterQueue{.topic = kDlq,
                                    .max_retries = setup.max_retries,
                                    .independent = setup.is_independent,
                                    .dispatch = setup.is_sync ? Dispatch::kSync : Dispatch::kAsync},
                // What faults throw is no record's fault.
                .on_error = {on<OtherPoison>(dispatch(kOther)),
                             on<Poison>(retry(static_cast<std::uint64_t>(setup.max_retries))),
                             on_any(retry())}});
  return app;
}

// Null, empty, a few bytes of any value, or 64 KiB.
OwnedBytes any_bytes(Draw& draw) {
  const std::uint64_t kind = draw.below(16);
  if (kind == 0) return nullptr;
  if (kind == 1) return std::string();
  const std::size_t size = kind == 2 ? kLarge : 1 + draw.below(40);
  Generator generator(draw.below(1'000'000));
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(generator.next());
  return bytes;
}

PlannedRecord any_record(Draw& draw, std::uint64_t poison_one_in) {
  PlannedRecord made{.key = any_bytes(draw), .value = any_bytes(draw)};
  static constexpr const char* kNames[] = {"a", "a", "b", "source_topic", ""};
  for (std::uint64_t left = draw.below(4); left > 0; --left) {
    const std::uint64_t name = draw.below(std::size(kNames));
    made.headers.add(kNames[name], draw.one_in(3) ? OwnedBytes() : OwnedBytes("value"));
  }
  if (draw.one_in(poison_one_in)) {
    made.headers.add("kind", draw.one_in(3) ? "other" : "poison");
  }
  return made;
}

using Place = std::pair<PartitionId, Offset>;

// What is wrong with one dead letter; empty when nothing is.
std::string wrong_with(const Outcome::StoredRecord& letter, const Outcome::StoredRecord& original,
                       const std::string& topic) {
  if (letter.key != original.key) return "another key";
  if (letter.value != original.value) return "another payload";
  const std::string kind = kind_of(original.headers);
  if (kind.empty()) return "a healthy record";
  if ((kind == "other") != (topic == kOther)) return "the wrong topic";
  if (without_source(letter.headers) != without_source(original.headers)) return "other headers";
  const auto source = read_dead_letter(letter.headers);
  if (letter.headers != dead_letter_headers(original.headers, *source))
    return "headers in disorder";
  if (source->group != "billing" || source->trace_id.size() != 32) return "no group or trace id";
  const char* const error_class = kind == "other" ? "OtherPoison" : "Poison";
  if (!source->error_class.ends_with(error_class)) return "error class " + source->error_class;
  if (source->error_message != "poisoned") return "error message " + source->error_message;
  if (source->attempts < 1) return "no attempts";
  return "";
}

// What was ever written to the topic, by partition and offset: a fault may have let the cluster
// remove some of it since.
std::vector<Outcome::StoredRecord> all_ever(const Outcome& outcome, const std::string& topic) {
  std::vector<Outcome::StoredRecord> all = outcome.records(topic);
  for (Outcome::LostRecord& lost : outcome.lost_records(topic)) {
    all.push_back(std::move(lost.record));
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tie(a.topic_partition, a.offset) < std::tie(b.topic_partition, b.offset);
  });
  return all;
}

std::string check(const Outcome& outcome, const DeadLetterSetup& setup, DeadLettersSeen* seen) {
  std::multimap<Place, Outcome::StoredRecord> originals;  // others may have lain there before
  std::set<Place> missing;
  for (Outcome::StoredRecord& record : all_ever(outcome, kOrders)) {
    const Place place(record.topic_partition.partition, record.offset);
    if (!kind_of(record.headers).empty() && record.is_owed) missing.insert(place);
    originals.emplace(place, std::move(record));
  }
  if (seen != nullptr) seen->poisoned += missing.size();
  std::map<std::pair<std::string, PartitionId>, std::vector<Offset>> orders;  // by source partition
  for (const char* topic : {kDlq, kOther}) {
    for (const Outcome::StoredRecord& letter : all_ever(outcome, topic)) {
      if (seen != nullptr) ++seen->dead_letters;
      const auto source = read_dead_letter(letter.headers);
      if (!source || source->partition.topic != kOrders) return "no source";
      const Place place(source->partition.partition, source->offset);
      const std::string where = source->partition.text() + " @" + std::to_string(source->offset);
      std::string wrong = "does not exist";
      const auto [first, end] = originals.equal_range(place);
      for (auto original = first; original != end && !wrong.empty(); ++original) {
        wrong = wrong_with(letter, original->second, topic);
      }
      if (!wrong.empty()) return where + ": " + wrong;
      const int count = topic == kDlq ? setup.dlq_partitions : 1;
      if (letter.topic_partition.partition != dead_letter_partition(place.first, count)) {
        return where + " lies in " + letter.topic_partition.text();
      }
      const bool is_new = missing.erase(place) == 1;
      std::vector<Offset>& order = orders[{topic, place.first}];
      if (!is_new && setup.faults == Faults::kNone) return where + " is there twice";
      std::erase(order, source->offset);  // sent again: the last one counts
      order.push_back(source->offset);
    }
  }
  for (const auto& [lies_in, order] : orders) {
    if (setup.faults == Faults::kAll || std::is_sorted(order.begin(), order.end())) continue;
    return "the dead letters of " + TopicPartition{kOrders, lies_in.second}.text() + " in " +
           lies_in.first + " are out of order";
  }
  if (missing.empty()) return "";
  return TopicPartition{kOrders, missing.begin()->first}.text() + " @" +
         std::to_string(missing.begin()->second) + " is no dead letter, nor are " +
         std::to_string(missing.size() - 1) + " others";
}

FaultSet faults_of(Faults faults) {
  switch (faults) {
    case Faults::kNone:
      return no_faults();
    case Faults::kServer:
      return {FaultKind::kBrokerRestart,      FaultKind::kLeaderMove,
              FaultKind::kCoordinatorMove,    FaultKind::kLatencyStorm,
              FaultKind::kConnectionLoss,     FaultKind::kPartition,
              FaultKind::kSlowBroker,         FaultKind::kRequestErrors,
              FaultKind::kProcessRestart,     FaultKind::kThrowingHandler,
              FaultKind::kSlowHandler,        FaultKind::kBrokerPause,
              FaultKind::kRollingRestart,     FaultKind::kClog,
              FaultKind::kResetBeforeSending, FaultKind::kResetAfterSending,
              FaultKind::kResetBeforeAnswer,  FaultKind::kHeldAnswers,
              FaultKind::kLateAnswers,        FaultKind::kSwallowedAnswers,
              FaultKind::kApiErrors,          FaultKind::kThrottling,
              FaultKind::kReplicationLag};
    case Faults::kAll:
      break;
  }
  return any_faults();
}

World world_of(const DeadLetterSetup& setup) {
  World world({.brokers = 3});
  world.topic(kOrders, {.partitions = setup.source_partitions})
      .topic(kDlq, {.partitions = setup.dlq_partitions})
      .topic(kOther);
  return world;
}

Plan plan_of(const DeadLetterSetup& setup, std::uint64_t records, DeadLettersSeen* seen) {
  Plan plan({.servers = setup.faults == Faults::kAll ? Range(1, 3) : Range(1),
             .faults = faults_of(setup.faults),
             .load = std::chrono::seconds(5)});
  plan.produce(kOrders, records,
               [setup](Draw& draw) { return any_record(draw, setup.poison_one_in); });
  plan.check("dead letters keep their key",
             [setup, seen](const Outcome& outcome) { return check(outcome, setup, seen); });
  return plan;
}

DeadLetterSetup draw_setup(sim::Tape& tape) {
  DeadLetterSetup setup;
  setup.source_partitions = static_cast<int>(tape.between(1, 6));
  setup.dlq_partitions = static_cast<int>(tape.between(1, 8));
  setup.is_batch = tape.draw(2) == 1;
  setup.is_blame_known = tape.draw(2) == 0;
  setup.is_sync = tape.draw(2) == 1;
  setup.is_manual = tape.draw(2) == 1;
  setup.is_independent = tape.draw(2) == 1;
  setup.max_retries = static_cast<int>(tape.draw(3));
  setup.faults = static_cast<Faults>(tape.draw(3));
  return setup;
}

}  // namespace

Report simulate_dead_letters(const DeadLetterSetup& setup, std::uint64_t records,
                             std::uint64_t seeds, DeadLettersSeen& seen) {
  return world_of(setup).simulate([setup] { return app_of(setup); }, plan_of(setup, records, &seen),
                                  {.seeds = seeds,
                                   .first_seed = setup.seed,
                                   .threads = 1,
                                   .shrink_time_most = std::chrono::seconds(2)});
}

}  // namespace rookery::testing

namespace rookery::sim {

RunFunction dead_letter_life() {
  return [](RunTape& tape, const RunSettings& settings) {
    const testing::DeadLetterSetup setup = testing::draw_setup(tape.plan);
    const testing::World world = testing::world_of(setup);
    const testing::Plan plan = testing::plan_of(setup, /*records=*/80, nullptr);
    const std::function<App()> app = [setup] { return testing::app_of(setup); };
    return run_once({.world = world, .plan = plan, .app = app}, tape, settings);
  };
}

}  // namespace rookery::sim
