// simulation_main.cc
//
// `./rookery simulate`: the archive under faults, seed by seed.

#include "examples/archive/archive_app.h"
#include "examples/archive/simulation.h"
#include "simulations/explorer/campaign_main.h"

int main(int argc, char** argv) {
  return rookery::testing::campaign_main(argc, argv,
                                         {.name = "archive",
                                          .app = archive::archive_app,
                                          .world = archive::simulated_world(),
                                          .plan = archive::simulated_plan(),
                                          .test = "//examples/archive:simulation_test"});
}
