// billing_life.cc
//
// The program, its plan, and what must be there in the end.
#include "simulations/properties/billing_life.h"

#include <rookery/processing/consumer.h>
#include <rookery/recovery/dead_letter.h>
#include <rookery/routing/app.h>
#include <rookery/runtime/time.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "simulations/properties/later.h"
#include "simulations/world/run.h"

namespace rookery::sim {
namespace {

using testing::Draw;
using testing::Outcome;

constexpr const char* kOrders = "orders.v1";
constexpr const char* kInvoices = "invoices.v1";
constexpr const char* kUnpaidDlq = "orders.v1.unpaid.dlq";
constexpr const char* kBrokenDlq = "orders.v1.dlq";
constexpr std::uint64_t kRecords = 300;
// Longer than the grace at a revocation, for some.
constexpr Duration kLookedAtFor = std::chrono::seconds(12);

struct Broken : std::runtime_error {
  using runtime_error::runtime_error;
};
struct Unpaid : Broken {
  using Broken::Broken;
};

// An order's value: its number, and what it is.
enum class Kind { kGood, kUnpaid, kBroken };
Kind kind_of(std::string_view value) {
  if (value.ends_with(" unpaid") || value.ends_with(" slow")) return Kind::kUnpaid;
  return value.ends_with(" broken") ? Kind::kBroken : Kind::kGood;
}

class Billing final : public Consumer {
  void consume(const Record& order) override {
    const std::string_view value = order.value().view();
    if (value.ends_with(" slow")) sleep_until(deadline_in(kLookedAtFor));
    if (kind_of(value) == Kind::kUnpaid) throw Unpaid("without an amount");
    if (kind_of(value) == Kind::kBroken) throw Broken("no order");
    producer().send({.topic = kInvoices, .key = order.key(), .value = order.value()});
  }
};

// The same, done later by a thread of the program's; what is slow holds up nobody else.
class WaitingBilling final : public WaitingConsumer {
 public:
  explicit WaitingBilling(std::shared_ptr<Later> later) : later_(std::move(later)) {}

 private:
  void consume(const Record& order, Completion completion) override {
    const bool is_slow = order.value().view().ends_with(" slow");
    const Duration time = is_slow ? kLookedAtFor : std::chrono::milliseconds(order.offset() % 6);
    const auto shared = std::make_shared<Completion>(std::move(completion));
    later_->add(deadline_in(time), [&order, shared] { finish(order, *shared); });
  }
  static void finish(const Record& order, Completion& completion) {
    const std::string_view value = order.value().view();
    if (kind_of(value) == Kind::kUnpaid) {
      completion.fail(Unpaid("without an amount"));
      return;
    }
    if (kind_of(value) == Kind::kBroken) {
      completion.fail(Broken("no order"));
      return;
    }
    try {
      completion.send({.topic = kInvoices, .key = order.key(), .value = order.value()});
    } catch (const SendFailed& failed) {
      completion.fail(failed);
      return;
    }
    completion.done();
  }

  std::shared_ptr<Later> later_;
};

App billing_app_of(ConsumerFactory billing, Ordering ordering) {
  App app({.client_id = "billing"});
  app.group("billing").topic(
      kOrders,
      {.consumer = std::move(billing),
       .ordering = std::move(ordering),
       .retry_backoff =
           RetryBackoff{.first = std::chrono::milliseconds(100), .max = std::chrono::seconds(1)},
       .dead_letter_queue = DeadLetterQueue{.topic = kBrokenDlq, .max_retries = 1},
       .on_error = {on<Unpaid>(dispatch(kUnpaidDlq)), on<Broken>(retry(1)), on_any(retry())}});
  return app;
}

App billing_app() { return billing_app_of(consumer<Billing>(), in_partition()); }
App waiting_app() {
  return billing_app_of(consumer<WaitingBilling>(std::make_shared<Later>()),
                        by_key({.max_lanes = 8}));
}

testing::World billing_world(int nodes) {
  testing::World world({.brokers = nodes});
  world.topic(kOrders, {.partitions = 4})
      .topic(kInvoices, {.partitions = 6})
      .topic(kUnpaidDlq, {.partitions = 3})
      .topic(kBrokenDlq, {.partitions = 2});
  return world;
}

testing::PlannedRecord any_order(Draw& draw) {
  std::string value = std::to_string(draw.below(1'000'000'000));
  if (draw.one_in(8)) value += draw.one_in(2) ? " unpaid" : " broken";
  if (draw.one_in(60)) value += " slow";
  testing::PlannedRecord order{.value = std::move(value)};
  if (!draw.one_in(4)) order.key = draw.key(20);
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

using KeyAndValue = std::pair<OwnedBytes, OwnedBytes>;
std::set<KeyAndValue> contents(const Outcome& outcome, const std::string& topic) {
  std::set<KeyAndValue> all;
  for (Outcome::StoredRecord& record : all_ever(outcome, topic)) {
    all.emplace(std::move(record.key), std::move(record.value));
  }
  return all;
}

// Empty when every order that the cluster still holds, and that is owed anything, has it.
std::string what_is_missing(const Outcome& outcome) {
  const std::map<Kind, std::pair<const char*, std::set<KeyAndValue>>> owed = {
      {Kind::kGood, {kInvoices, contents(outcome, kInvoices)}},
      {Kind::kUnpaid, {kUnpaidDlq, contents(outcome, kUnpaidDlq)}},
      {Kind::kBroken, {kBrokenDlq, contents(outcome, kBrokenDlq)}}};
  for (const Outcome::StoredRecord& order : outcome.records(kOrders)) {
    const auto& [topic, there] = owed.at(kind_of(order.value.view()));
    if (!order.is_owed || there.contains({order.key, order.value})) continue;
    return order.topic_partition.text() + " @" + std::to_string(order.offset) + " (" +
           std::string(order.value.view()) + ") is not in " + topic + " with its key";
  }
  return "";
}

testing::Plan billing_plan() {
  testing::Plan plan(
      {.servers = {1, 3}, .faults = testing::any_faults(), .load = std::chrono::seconds(10)});
  plan.produce(kOrders, kRecords, any_order);
  plan.check("each order has its invoice or its dead letter", what_is_missing);
  return plan;
}

// What a run refers to.
struct Program {
  Program(int nodes, std::function<App()> its_app)
      : world(billing_world(nodes)), app(std::move(its_app)) {}

  testing::World world;
  testing::Plan plan = billing_plan();
  std::function<App()> app;
};

RunFunction life_of(std::shared_ptr<const Program> program) {
  return [program = std::move(program)](RunTape& tape, const RunSettings& settings) {
    return run_once({.world = program->world, .plan = program->plan, .app = program->app}, tape,
                    settings);
  };
}

}  // namespace

int nodes_to_hunt_on(std::string_view mutant) {
  const bool is_about_losses = mutant == "partition.keeps_what_was_truncated" ||
                               mutant == "commit.forgets_truncated_epoch" ||
                               mutant == "lanes.forget_without_waiting";
  return is_about_losses ? 1 : 3;
}

RunFunction billing_life(int nodes) {
  return life_of(std::make_shared<const Program>(nodes, billing_app));
}

RunFunction waiting_life(int nodes) {
  return life_of(std::make_shared<const Program>(nodes, waiting_app));
}

}  // namespace rookery::sim
