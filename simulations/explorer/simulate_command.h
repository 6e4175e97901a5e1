// simulate_command.h
//
// The word `simulate` of a program, for a binary that links the simulator:
//
//   int main(int argc, char** argv) {
//     return rookery::main(billing_app, argc, argv,
//                          {.commands = {simulate_command({.name = "billing",
//                                                          .app = billing_app,
//                                                          .world = world,
//                                                          .plan = plan})}});
//   }
//
//   billing simulate --seeds 500
//   billing simulate --replay LINE
//
// Options, output and exit codes are those of `./rookery simulate` (campaign_main.h). All other
// words of the program are there, too.
#pragma once

#include <rookery/cli/main_options.h>

#include "simulations/explorer/campaign_main.h"

namespace rookery::testing {

// `called_as` is the program as it was called and "simulate", whatever it was.
Command simulate_command(Program program);

}  // namespace rookery::testing
