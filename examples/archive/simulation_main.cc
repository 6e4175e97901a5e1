// simulation_main.cc
//
// The archive in a binary that links the simulator: `./rookery simulate` gives it the word
// simulate, and it runs under faults, seed by seed; --profile says how.

#include <rookery/cli/main.h>

#include "examples/archive/archive_app.h"
#include "examples/archive/profiles.h"
#include "examples/archive/simulation.h"

int main(int argc, char** argv) {
  const rookery::Command simulate =
      rookery::testing::simulate_command({.name = "archive",
                                          .world = archive::simulated_world(),
                                          .plan = archive::simulated_plan(),
                                          .test = "//examples/archive:simulation_test",
                                          .profiles = archive::simulated_profiles()});
  return rookery::main(archive::archive_app, argc, argv,
                       {.description = "The archive, with its simulation", .commands = {simulate}});
}
