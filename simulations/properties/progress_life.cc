// progress_life.cc
//
// One key in eight is slow: its records hold the committed offset back, and all others go on.
#include "simulations/properties/progress_life.h"

#include <rookery/processing/consumer.h>
#include <rookery/routing/app.h>
#include <rookery/runtime/time.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "simulations/world/run.h"

namespace rookery::sim {
namespace {

using namespace std::chrono_literals;
using testing::Draw;

constexpr const char* kOrders = "orders.v1";
constexpr const char* kInvoices = "invoices.v1";
constexpr std::uint64_t kRecords = 300;
constexpr Duration kSlow = 2s;
// A server that stops in order is gone before it is to be back.
constexpr Duration kSlowInOrder = 300ms;

// How often user code has returned from each record, by the text of its place.
using Returns = std::map<std::string, int>;

App orders_app(const Ordering& ordering, bool has_outputs, std::shared_ptr<Returns> returns) {
  App app({.client_id = "orders"});
  const auto consume = [has_outputs, returns = std::move(returns)](const Record& order,
                                                                   ConsumerContext& context) {
    if (order.value().view().ends_with(" slow"))
      sleep_until(deadline_in(has_outputs ? kSlow : kSlowInOrder));
    if (has_outputs && order.value().view().ends_with(" sends")) {
      context.outputs().send({.topic = kInvoices, .key = order.key(), .value = order.value()});
    }
    ++(*returns)[order.topic_partition().text() + " @" + std::to_string(order.offset())];
  };
  app.group("orders").topic(kOrders, {.consumer = consumer(consume),
                                      .ordering = ordering,
                                      .retry_backoff = RetryBackoff{.first = 100ms, .max = 1s}});
  return app;
}

testing::PlannedRecord any_order(Draw& draw) {
  const std::uint64_t key = draw.below(8);
  std::string value = std::to_string(draw.below(1'000'000'000));
  if (key == 0 && draw.one_in(3)) {
    value += " slow";
  } else if (draw.one_in(3)) {
    value += " sends";
  }
  return {.key = "key-" + std::to_string(key), .value = std::move(value)};
}

struct Program {
  Program(Ordering ordering_of, bool is_orderly_life, int nodes)
      : ordering(std::move(ordering_of)),
        is_orderly(is_orderly_life),
        world({.brokers = nodes}),
        plan({.servers = is_orderly ? testing::Range(2, 3) : testing::Range(1, 3),
              .faults = is_orderly ? FaultSet{FaultKind::kScaleUp, FaultKind::kScaleDown}
                                   : testing::any_faults(),
              .load = 10s}) {
    world.topic(kOrders, {.partitions = 3}).topic(kInvoices, {.partitions = 3});
    plan.produce(kOrders, kRecords, any_order);
  }

  Ordering ordering;
  bool is_orderly;
  testing::World world;
  testing::Plan plan;
};

RunFunction life(std::shared_ptr<const Program> program) {
  return [program = std::move(program)](RunTape& tape, const RunSettings& settings) {
    auto returns = std::make_shared<Returns>();
    const std::function<App()> app = [&] {
      return orders_app(program->ordering, !program->is_orderly, returns);
    };
    RunOutcome outcome =
        run_once({.world = program->world, .plan = program->plan, .app = app}, tape, settings);
    if (outcome.broken || !program->is_orderly) return outcome;
    for (const auto& [record, times] : *returns) {
      if (times == 1) continue;
      outcome.broken =
          BrokenPromise{.promise = "what was done is not run again",
                        .text = record + " was done " + std::to_string(times) + " times"};
      break;
    }
    return outcome;
  };
}

}  // namespace

RunFunction progress_life(const Ordering& ordering, int nodes) {
  return life(std::make_shared<const Program>(ordering, /*is_orderly_life=*/false, nodes));
}

RunFunction progress_life_to_hunt(std::string_view mutant) {
  const Ordering ordering = by_key({.max_lanes = 6});
  if (mutant == "progress.is_not_written") return orderly_progress_life(ordering);
  return progress_life(ordering, mutant == "progress.believes_another_life" ? 1 : 3);
}

RunFunction orderly_progress_life(const Ordering& ordering) {
  return life(std::make_shared<const Program>(ordering, /*is_orderly_life=*/true, /*nodes=*/3));
}

}  // namespace rookery::sim
