// world.h
//
// A Kafka cluster, a program's processes, their network and their clocks, all run by one seed.
//
//   World world({.brokers = 3});
//   world.topic("orders.v1", {.partitions = 6}).topic("invoices.v1");
//   const Report report = world.simulate(billing_app, plan, {.seeds = 500});
//   EXPECT_THAT(report, HasNoViolation());
//
// The App is the production App. Each run: records are produced and faults happen; then everything
// is healed, lag must reach zero, the group must settle and the servers stop in order, within a
// bound of virtual time. Every promise of simulations/checkers is checked after every event.
//
// A World is a value: runs do not change it.
#pragma once

#include <rookery/routing/app.h>
#include <rookery/runtime/time_types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "simulations/world/plan.h"
#include "simulations/world/report.h"

namespace rookery::testing {

struct WorldOptions {
  int brokers = 3;
};

struct TopicShape {
  int partitions = 1;
  // Topic settings under Kafka's names.
  std::map<std::string, std::string> config = {};
};

struct SimulateOptions {
  std::uint64_t seeds = 100;
  std::uint64_t first_seed = 1;
  // A line that a violation printed: that run alone, again. Otherwise empty.
  std::string replay = {};
  // OS threads, a run at a time on each; 0: as many as the machine has. Changes nothing but the
  // time it takes, unless the program has state outside of its objects.
  unsigned threads = 0;
  // No new run begins later than this after the start; zero: no limit.
  Duration wall_time_most{0};
  // The campaign ends at so many violations.
  std::size_t violations_most = 5;
  // The first failure of each promise is made smaller, for so long at most; zero: not at all.
  Duration shrink_time_most = std::chrono::seconds(30);
};

class World {
 public:
  explicit World(WorldOptions options = {}) : options_(options) {}

  World& topic(std::string name, TopicShape shape = {}) {
    topics_.emplace_back(std::move(name), std::move(shape));
    return *this;
  }

  // Errors in the call itself (a replay line that is none, a topic that is missing) are violations
  // of the report, too.
  Report simulate(const std::function<App()>& app, const Plan& plan,
                  const SimulateOptions& options = {}) const;

  const WorldOptions& options() const { return options_; }
  const std::vector<std::pair<std::string, TopicShape>>& topics() const { return topics_; }

 private:
  WorldOptions options_;
  std::vector<std::pair<std::string, TopicShape>> topics_;
};

}  // namespace rookery::testing
