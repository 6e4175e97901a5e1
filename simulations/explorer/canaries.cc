// canaries.cc
//
// The list. What each does wrong stands beside its name.

#include "simulations/explorer/canaries.h"

#include <rookery/processing/consumer.h>
#include <rookery/runtime/choice_point.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/random.h>
#include <rookery/runtime/time.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "simulations/world/run.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Forwarder : public Consumer {
  void consume(const Record& order) override {
    producer().send({.topic = "invoices.v1", .key = order.key(), .value = order.value()});
    sleep_until(deadline_in(milliseconds(20)));
  }
};

class MarksFirst : public Consumer {
  void consume(const Record& order) override {
    mark(order);
    sleep_until(deadline_in(milliseconds(700)));
    producer().send({.topic = "invoices.v1", .key = order.key()});
  }
};

class Slow : public Consumer {
  void consume(const Record&) override { sleep_until(deadline_in(milliseconds(200))); }
};

class Stubborn : public Consumer {
  void consume(const Record& order) override {
    if (order.offset() == 7) throw std::runtime_error("never");
  }
};

class Lingers : public Consumer {
  void consume(const Record&) override {}
  void shutdown() override { sleep_until(deadline_in(std::chrono::minutes(10))); }
};

struct Locks {
  Mutex one{"one", 2000};
  Mutex other{"other", 2000};
};

class Deadlocks : public Consumer {
 public:
  explicit Deadlocks(std::shared_ptr<Locks> locks) : locks_(std::move(locks)) {}

 private:
  void consume(const Record& order) override {
    MutexLock first(order.partition() == 0 ? locks_->one : locks_->other);
    choice_point("between the locks");
    MutexLock second(order.partition() == 0 ? locks_->other : locks_->one);
  }
  std::shared_ptr<Locks> locks_;
};

App app_of(ConsumerFactory consumer, TopicOptions options = {}) {
  App app({.client_id = "canary", .shutdown_timeout = seconds(20)});
  options.consumer = std::move(consumer);
  app.group("canary", {.commit_interval = milliseconds(300)}).topic("orders.v1", options);
  return app;
}

// A record of the same place and another content.
void forge(std::vector<Record>& records) {
  const Record& first = records[0];
  static const PartitionHandle handle{{"orders.v1", first.partition()}, nullptr};
  if (first.partition() != handle.topic_partition.partition) return;
  records[0] = Record({.partition = &handle, .offset = first.offset(), .value = "forged"});
}

std::vector<Canary> make_canaries() {
  const testing::Plan calm = canary_plan({});
  const testing::Plan crashes = canary_plan({FaultKind::kProcessRestart});
  return {
      {"marks too early",
       "no loss",
       [] { return app_of(consumer<MarksFirst>(), {.marking = Marking::kManual}); },
       canary_plan({FaultKind::kProcessRestart}, 100),
       {1, 3, 1, 2}},
      {"commits too far",
       "commit never past undone work",
       forwarding_app,
       calm,
       {1, 1, 0, 0},
       {.commit = [](Offset offset) { return offset + 1; }}},
      {"commits fall",
       "commits only forwards, by the owner",
       forwarding_app,
       calm,
       {1, 20, 0, 0},
       {.commit = [](Offset offset) { return offset > 9 ? 1 : offset; }}},
      {"loses outputs",
       "commit never past undone work",
       forwarding_app,
       calm,
       {1, 1, 0, 0},
       {.lose_output_one_in = 50}},
      {"passes a record over",
       "order per partition",
       forwarding_app,
       calm,
       {1, 3, 0, 0},
       {.take =
            [](std::vector<Record>& records) {
              if (records.size() > 2) records.erase(records.begin() + 1);
            }}},
      {"gives a record twice",
       "justified duplicates",
       forwarding_app,
       calm,
       {1, 3, 0, 0},
       {.take =
            [](std::vector<Record>& records) {
              if (records.size() > 2) records.insert(records.begin() + 1, records[0]);
            }}},
      {"forges a record", "records unchanged", forwarding_app, calm, {1, 1, 0, 0}, {.take = forge}},
      {"hands back too late",
       "no work after hand-back",
       [] { return app_of(consumer<Slow>()); },
       crashes,
       {2, 20, 1, 2},
       {.late_revocation = seconds(3)},
       7},
      {"never succeeds",
       "everything is consumed in the end",
       [] { return app_of(consumer<Stubborn>()); },
       canary_plan({}, 60),
       {1, 8, 0, 0}},
      {"does not stop",
       "servers stop in order",
       [] { return app_of(consumer<Lingers>()); },
       canary_plan({}, 60),
       {1, 1, 0, 0}},
      {"locks in two orders",
       "locks",
       [] { return app_of(consumer<Deadlocks>(std::make_shared<Locks>())); },
       calm,
       {1, 1, 0, 0}},
  };
}

}  // namespace

testing::World canary_world() {
  testing::World world({.brokers = 3});
  world.topic("orders.v1", {.partitions = 3}).topic("invoices.v1", {.partitions = 3});
  return world;
}

App forwarding_app() { return app_of(consumer<Forwarder>()); }

testing::Plan canary_plan(testing::FaultSet faults, std::uint64_t records) {
  testing::Plan plan({.servers = {2, 3}, .faults = faults, .load = seconds(10)});
  plan.produce("orders.v1", records, [](testing::Draw& draw) {
    return testing::record({.key = draw.key(20), .value = draw.key(1000)});
  });
  return plan;
}

RunFunction Canary::run() const {
  static const testing::World world = canary_world();
  RunInput input{.world = world, .plan = plan, .app = app};
  input.sabotage = [this](Transport& inner) { return make_saboteur(inner, sabotage); };
  return run_function(std::move(input));
}

Canary healthy_canary() {
  return {"healthy", "", forwarding_app, canary_plan(testing::any_faults())};
}

const std::vector<Canary>& all_canaries() {
  static const std::vector<Canary> canaries = make_canaries();
  return canaries;
}

const Canary& canary(const std::string& name) {
  for (const Canary& one : all_canaries()) {
    if (one.name == name) return one;
  }
  std::fprintf(stderr, "there is no canary '%s'\n", name.c_str());
  std::abort();
}

}  // namespace rookery::sim
