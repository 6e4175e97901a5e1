// simulation_main.cc
//
// `./rookery simulate`: the archive under faults, seed by seed; --profile says how.

#include "examples/archive/profiles.h"
#include "examples/archive/simulation.h"
#include "simulations/explorer/campaign_main.h"

int main(int argc, char** argv) {
  return rookery::testing::campaign_main(argc, argv,
                                         {.name = "archive",
                                          .world = archive::simulated_world(),
                                          .plan = archive::simulated_plan(),
                                          .test = "//examples/archive:simulation_test",
                                          .profiles = archive::simulated_profiles()});
}
