// campaign_main.h
//
// The command line of a program's simulation: what `./rookery simulate` runs.
//
//   int main(int argc, char** argv) {
//     return campaign_main(argc, argv, {.name = "archive", .app = archive_app, .world = world,
//                                       .plan = plan});
//   }
//
// A program may have profiles: --profile NAME runs one of them, --profile all one after the other,
// which share the seeds. A replay line does not say which one it is of: the command that a failure
// prints does.
//
// The same as a word of the program, PROGRAM simulate: simulate_command.h.
//
// Standard output holds the summary, or one JSON object; all else goes to standard error. Exit
// code: 0 no violation, 1 a violation, 2 wrong usage.
#pragma once

#include <rookery/routing/app.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "simulations/world/plan.h"
#include "simulations/world/run_function.h"
#include "simulations/world/world.h"

namespace CLI {
class App;
}

namespace rookery::testing {

inline constexpr const char* kFrontDoorSimulates = "./rookery simulate";

// One way to run a program: the same records and faults, but other routes.
struct Profile {
  std::string name;  // "key"
  std::string what;  // in a few words, for --help
  std::function<App()> app;
  // Which cases of the program's test simulate the same: "*/key". Empty: all of them.
  std::string test_filter = {};
};

struct Program {
  std::string name;
  // Unless there are profiles.
  std::function<App()> app = {};
  World world = World();
  Plan plan = Plan();
  // The label of a test that simulates the same, and so can replay its failures: "//billing:test".
  // Empty: there is none.
  std::string test = {};
  // The first one is the default.
  std::vector<Profile> profiles = {};
  // What is typed before its options: begins the command that runs a failure again, unless the
  // variable ROOKERY_CALLED_AS says otherwise.
  std::string called_as = kFrontDoorSimulates;
};

int campaign_main(int argc, char** argv, const Program& program);
// Its options alone, for completion: what they are given goes nowhere.
void add_campaign_options(CLI::App& word, const Program& program);

// The same for a run that is no World's.
struct SimulatedRun {
  std::string name;
  std::string what;  // in a few words, for --help
  sim::RunFunction run;
  // Those that it may meet.
  FaultSet faults = {};
  // What else has to be typed to run it, after the front door's word: "--mutant NAME".
  std::string arguments = {};
  std::string test = {};  // as above
  std::string test_filter = {};
  std::string profile = {};                     // that it is; empty: the program has none
  std::string called_as = kFrontDoorSimulates;  // as above
  // What --seeds and --violations are without being said.
  std::uint64_t seeds = 1000;
  std::size_t violations = SimulateOptions().violations_most;
};

int campaign_main(int argc, char** argv, const SimulatedRun& program);

}  // namespace rookery::testing
