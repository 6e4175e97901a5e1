// simulation_main.cc
//
// The program in a binary that links the simulator: `simulation simulate --seeds 500`, beside all
// its other words.

#include <rookery/testing.h>

#include "billing_app.h"

using namespace rookery::testing;

int main(int argc, char** argv) {
  World world({.brokers = 3});
  world.topic("orders.v1", {.partitions = 6}).topic("orders.v1.dlq").topic("invoices.v1");
  Plan plan({.servers = 3, .faults = any_faults()});
  plan.produce("orders.v1", 1'000, [](Draw& draw) {
    return record({.key = draw.key(50), .value = draw.one_in(100) ? "" : "12.50"});
  });
  return rk::main(billing_app, argc, argv,
                  {.commands = {simulate_command(
                       {.name = "billing", .app = billing_app, .world = world, .plan = plan})}});
}
