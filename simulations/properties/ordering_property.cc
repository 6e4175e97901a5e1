// ordering_property.cc
//
// Records that say themselves what they are, a consumer in every form, and the check.

#include "simulations/properties/ordering_property.h"

#include <rookery/base/duration.h>
#include <rookery/rookery.h>
#include <rookery/testing.h>

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "simulations/world/run.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Draw;
using testing::Outcome;

constexpr const char* kOrders = "orders.v1";
constexpr const char* kDone = "done.v1";
constexpr const char* kDlq = "orders.v1.dlq";
constexpr std::uint64_t kRecords = 120;
constexpr std::uint64_t kKeys = 8;
// How long a busy key fails, counted from its record, and how soon all others must be done.
constexpr Duration kBusyFor = seconds(60);
constexpr Duration kDoneWithin = seconds(30);

struct Poison : std::runtime_error {
  Poison() : runtime_error("poisoned") {}
};
struct Busy : std::runtime_error {
  Busy() : runtime_error("busy") {}
};

struct Setup {
  Ordering ordering;
  bool is_batch = false;
  bool is_manual = false;
  bool has_outputs = false;
  bool has_faults = false;
  bool has_busy_key = false;
  bool has_poisoned_key = false;
  int max_retries = 1;
  int partitions = 1;
};

// Of "7 key-3 poison": "key-3". Records without a key have it, too.
Bytes group_in_value(const Record& record) {
  std::string_view text = record.value().view();
  text.remove_prefix(text.find(' ') + 1);
  return text.substr(0, text.find(' '));
}

Ordering draw_ordering(Tape& tape) {
  KeyFunction by;
  if (tape.draw(3) == 2) by = group_in_value;
  const std::size_t lanes = 1 + tape.draw(6);
  const bool collapses = tape.draw(2) == 1;
  switch (tape.draw(5)) {
    case 0:
      return in_partition();
    case 1:
      return virtual_partitions({.count = lanes, .by = by, .collapse = collapses});
    case 2:
      return virtual_partitions({.count = lanes,
                                 .by = by,
                                 .distribution = Distribution::kBalanced,
                                 .collapse = collapses});
    case 3:
      return by_key({.by = by, .max_lanes = lanes * 5});
    default:
      return unordered({.max_lanes = lanes});
  }
}

Setup draw_setup(Tape& tape) {
  Setup setup;
  setup.ordering = draw_ordering(tape);
  setup.is_batch = tape.draw(3) == 2;
  setup.is_manual = tape.draw(3) == 2;
  setup.has_outputs = tape.draw(4) != 3;
  setup.has_busy_key = tape.draw(2) == 1;
  setup.has_poisoned_key = tape.draw(2) == 1;
  setup.max_retries = static_cast<int>(tape.draw(3));
  setup.partitions = static_cast<int>(tape.between(1, 3));
  setup.has_faults = tape.draw(2) != 0;
  return setup;
}

bool is(Bytes value, std::string_view kind) { return value.view().ends_with(kind); }

Duration age_of(const Record& record) { return wall_now() - record.timestamp(); }

void handle(const Record& record, ConsumerContext& context, const Setup& setup) {
  if (is(record.value(), " slow")) sleep_until(deadline_in(milliseconds(300)));
  if (is(record.value(), " poison")) throw Poison();
  if (is(record.value(), " busy") && age_of(record) < kBusyFor) throw Busy();
  if (setup.has_outputs) {
    const auto age = std::chrono::duration_cast<milliseconds>(age_of(record)).count();
    const std::string value = record.value().str() + "|" + std::to_string(age);
    context.outputs().send({.topic = kDone, .key = record.key(), .value = value});
  }
}

ConsumerFactory consumer_of(const Setup& setup) {
  if (!setup.is_batch) {
    return consumer([setup](const Record& record, ConsumerContext& context) {
      handle(record, context, setup);
      if (setup.is_manual) context.mark(record);
    });
  }
  return consumer([setup](Batch& batch, ConsumerContext& context) {
    for (const Record& record : batch) handle(record, context, setup);
    // One by one: without an order a mark is of its record alone.
    for (const Record& record : batch.records()) {
      if (setup.is_manual) context.mark(record);
    }
  });
}

App app_of(const Setup& setup) {
  App app({.client_id = "orders"});
  app.group("orders").topic(
      kOrders,
      {.consumer = consumer_of(setup),
       .ordering = setup.ordering,
       // A key that fails holds up its own partition only when so many are taken after it.
       .window = setup.has_busy_key ? std::optional<std::size_t>(10'000) : std::nullopt,
       .retry_backoff = RetryBackoff{.first = milliseconds(50), .max = seconds(2)},
       .marking = setup.is_manual ? Marking::kManual : Marking::kAutomatic,
       .dead_letter_queue = DeadLetterQueue{.topic = kDlq, .max_retries = setup.max_retries},
       .on_error = {on<Poison>(retry(static_cast<std::uint64_t>(setup.max_retries))),
                    on_any(retry())}});
  return app;
}

// No two have the same number, also where all draws are alike.
testing::PlannedRecord any_order(Draw& draw, const Setup& setup, std::uint64_t number) {
  const std::string key = draw.key(kKeys);
  std::string value = std::to_string(number) + " " + key;
  if (setup.has_poisoned_key && key == "key-0") {
    value += " poison";
  } else if (setup.has_busy_key && key == "key-1") {
    value += " busy";
  } else if (draw.one_in(30)) {
    value += " slow";
  }
  testing::PlannedRecord order{.value = std::move(value)};
  // Poisoned and busy keys are keys.
  const bool is_plain = key != "key-0" && key != "key-1";
  if (!is_plain || !draw.one_in(5)) order.key = key;
  return order;
}

// What was ever in the topic: a fault may have let the cluster remove some since.
std::vector<Outcome::StoredRecord> all_ever(const Outcome& outcome, const std::string& topic) {
  std::vector<Outcome::StoredRecord> all = outcome.records(topic);
  for (Outcome::LostRecord& lost : outcome.lost_records(topic)) {
    all.push_back(std::move(lost.record));
  }
  return all;
}

// ---- The checks; empty when nothing is wrong

std::string check_letters(const Outcome& outcome, const Setup& setup, OrderingsSeen* seen) {
  std::map<std::string, std::uint64_t> letters;  // by value, which no two orders share
  for (const Outcome::StoredRecord& letter : all_ever(outcome, kDlq)) {
    const std::string value(letter.value.view());
    if (!is(letter.value, " poison")) return "'" + value + "' is a dead letter, and was healthy";
    if (++letters[value] > 1 && !setup.has_faults) return "'" + value + "' is one twice";
  }
  if (seen != nullptr) seen->dead_letters += letters.size();
  for (const Outcome::StoredRecord& order : outcome.records(kOrders)) {
    if (!is(order.value, " poison") || !order.is_owed) continue;
    if (seen != nullptr) ++seen->poisoned;
    const std::string value(order.value.view());
    if (!letters.contains(value)) return "'" + value + "' is poisoned, and no dead letter";
  }
  return "";
}

// By its order's value: how old that was when it was sent first.
std::map<std::string, Duration> outputs_of(const Outcome& outcome) {
  std::map<std::string, Duration> ages;
  for (const Outcome::StoredRecord& output : all_ever(outcome, kDone)) {
    const std::string text(output.value.view());
    const std::size_t bar = text.find('|');
    const Duration age = milliseconds(std::stoll(text.substr(bar + 1)));
    const auto [place, is_new] = ages.emplace(text.substr(0, bar), age);
    if (!is_new) place->second = std::min(place->second, age);
  }
  return ages;
}

std::string check_outputs(const Outcome& outcome, const Setup& setup, OrderingsSeen* seen) {
  if (!setup.has_outputs) return "";
  const std::map<std::string, Duration> ages = outputs_of(outcome);
  // There a lane is free for each key; elsewhere one that fails has neighbours.
  const bool has_lane_for_each =
      setup.ordering.kind == Ordering::Kind::kKey && setup.ordering.lanes > 2 * kKeys;
  for (const Outcome::StoredRecord& order : outcome.records(kOrders)) {
    if (is(order.value, " poison") || !order.is_owed) continue;
    const std::string value(order.value.view());
    const auto age = ages.find(value);
    if (age == ages.end()) return "'" + value + "' has no output";
    if (setup.has_faults || !has_lane_for_each || is(order.value, " busy")) continue;
    if (age->second > kDoneWithin) {
      return "'" + value + "' had to wait for another key: its output came after " +
             format_duration(age->second);
    }
    if (seen != nullptr && setup.has_busy_key) ++seen->in_time;
  }
  return "";
}

}  // namespace

RunFunction ordering_life(int nodes, OrderingsSeen* seen) {
  return [nodes, seen](RunTape& tape, const RunSettings& settings) {
    const Setup setup = draw_setup(tape.plan);
    testing::World world({.brokers = nodes});
    world.topic(kOrders, {.partitions = setup.partitions}).topic(kDone).topic(kDlq);
    testing::Plan plan({.servers = setup.has_faults ? testing::Range(1, 3) : testing::Range(1),
                        .faults = setup.has_faults ? testing::any_faults() : testing::no_faults(),
                        .load = seconds(5)});
    std::uint64_t made = 0;
    plan.produce(kOrders, kRecords, [&](Draw& draw) { return any_order(draw, setup, ++made); });
    plan.check("exactly the poisoned records are dead letters",
               [&](const Outcome& outcome) { return check_letters(outcome, setup, seen); });
    plan.check("a key that fails delays no other",
               [&](const Outcome& outcome) { return check_outputs(outcome, setup, seen); });
    const std::function<App()> app = [setup] { return app_of(setup); };
    return run_once({.world = world, .plan = plan, .app = app}, tape, settings);
  };
}

}  // namespace rookery::sim
