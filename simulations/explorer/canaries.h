// canaries.h
//
// Programs, transports and worlds that are wrong on purpose, each in one way. Campaigns must find
// them, shrinking must make them small, and their texts must tell what is wrong.
#pragma once

#include <rookery/routing/app.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "simulations/explorer/saboteur.h"
#include "simulations/world/plan.h"
#include "simulations/world/report.h"
#include "simulations/world/run_function.h"
#include "simulations/world/world.h"

namespace rookery::sim {

struct Canary {
  std::string name;
  std::string promise;  // that it breaks
  std::function<App()> app;
  testing::Plan plan;
  // Shrinking must make it no larger than this.
  testing::RunSize small = {};
  Sabotage sabotage = {};
  // Of the hunt. A late hand-back at the group's beginning shrinks to 11 records; the first seed
  // that fails, 6, does so at a restart, and ends at 52.
  std::uint64_t first_seed = 1;

  RunFunction run() const;
};

// One group on topic orders.v1 that may send to invoices.v1.
testing::World canary_world();
// Forwards each order as an invoice, and takes 20 ms for it. Nothing is wrong with it.
App forwarding_app();
// Keys and values of a few kinds to orders.v1.
testing::Plan canary_plan(testing::FaultSet faults, std::uint64_t records = 300);

// Nothing is wrong: any fault is allowed.
Canary healthy_canary();
// The canary of this name. Aborts when there is none.
const Canary& canary(const std::string& name);
const std::vector<Canary>& all_canaries();

}  // namespace rookery::sim
