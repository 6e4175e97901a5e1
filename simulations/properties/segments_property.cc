// segments_property.cc
//
// Consumers that count what they see, and key functions of every kind.

#include "simulations/properties/segments_property.h"

#include <rookery/rookery.h>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

#include "simulations/world/run.h"

namespace rookery::testing {
namespace {

using Key = SegmentsSetup::Key;
using Order = SegmentsSetup::Order;

constexpr const char* kOrders = "orders.v1";

struct NoKey : std::runtime_error {
  NoKey() : runtime_error("no key") {}
};

KeyFunction key_function(Key key) {
  switch (key) {
    case Key::kOwn:
      break;
    case Key::kValue:
      return [](const Record& record) { return Bytes(record.value().view().substr(0, 2)); };
    case Key::kBroken:
      return [](const Record& record) {
        if (record.value().view().ends_with("7")) throw NoKey();
        return record.key();
      };
    case Key::kOne:
      return [](const Record&) { return Bytes("one"); };
  }
  return {};
}

Ordering ordering_of(const SegmentsSetup& setup) {
  if (setup.order == Order::kVirtual) return virtual_partitions({.count = 3});
  return setup.order == Order::kKey ? by_key() : in_partition();
}

App app_of(const SegmentsSetup& setup) {
  App app({.client_id = "billing"});
  const bool is_manual = setup.is_manual;
  app.group("billing",
            {.parallel_segments = {{.count = setup.segments, .by = key_function(setup.key)}}})
      .topic(kOrders,
             {.consumer = consumer([is_manual](const Record& record, ConsumerContext& context) {
                if (is_manual) context.mark(record);
              }),
              .ordering = ordering_of(setup),
              .retry_backoff = RetryBackoff{.first = std::chrono::milliseconds(50),
                                            .max = std::chrono::milliseconds(500)},
              .marking = is_manual ? Marking::kManual : Marking::kAutomatic});
  return app;
}

World world_of(const SegmentsSetup& setup) {
  World world({.brokers = 3});
  world.topic(kOrders, {.partitions = setup.partitions});
  return world;
}

Plan plan_of(const SegmentsSetup& setup, std::uint64_t records) {
  Plan plan({.servers = setup.servers,
             .faults = setup.has_faults ? any_faults() : no_faults(),
             .load = std::chrono::seconds(5)});
  plan.produce(kOrders, records, [keys = setup.keys](Draw& draw) {
    PlannedRecord made{.value = std::to_string(10'000 + draw.below(90'000))};
    const std::uint64_t kind = draw.below(10);
    if (kind == 0) return made;  // without a key
    made.key = kind == 1 ? std::string() : draw.key(keys);
    return made;
  });
  return plan;
}

SegmentsSetup draw_setup(sim::Tape& tape) {
  SegmentsSetup setup;
  setup.segments = static_cast<std::size_t>(tape.between(1, 4));
  setup.partitions = static_cast<int>(tape.between(1, 4));
  setup.servers = static_cast<int>(tape.between(1, 3));
  setup.keys = static_cast<std::uint64_t>(tape.between(1, 20));
  setup.key = static_cast<Key>(tape.draw(4));
  setup.order = static_cast<Order>(tape.draw(3));
  return setup;
}

}  // namespace

Report simulate_segments(const SegmentsSetup& setup, std::uint64_t records, std::uint64_t seeds) {
  return world_of(setup).simulate([setup] { return app_of(setup); }, plan_of(setup, records),
                                  {.seeds = seeds,
                                   .first_seed = setup.seed,
                                   .threads = 1,
                                   .shrink_time_most = std::chrono::seconds(2)});
}

}  // namespace rookery::testing

namespace rookery::sim {

RunFunction segments_life() {
  return [](RunTape& tape, const RunSettings& settings) {
    const testing::SegmentsSetup setup = testing::draw_setup(tape.plan);
    const testing::World world = testing::world_of(setup);
    const testing::Plan plan = testing::plan_of(setup, /*records=*/60);
    const std::function<App()> app = [setup] { return testing::app_of(setup); };
    return run_once({.world = world, .plan = plan, .app = app}, tape, settings);
  };
}

}  // namespace rookery::sim
