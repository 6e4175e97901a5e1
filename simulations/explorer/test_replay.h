// test_replay.h
//
// How a failure inside a test is told and replayed: the argument of the test program that names one
// run, --replay=LINE, and the command that gives it.
//
//   TEST(GroupLife, KeepsItsPromises) {
//     const testing::Report report = run_in_test({.run = group_life, .options = {.seeds = 200}});
//     for (const auto& violation : report.violations) ADD_FAILURE() << violation.story();
//   }
//
// The command names the case that runs: with the argument, every campaign of that case is that one
// run. Thread rules: from within a GoogleTest case.
#pragma once

#include <string>
#include <vector>

#include "simulations/explorer/campaign.h"
#include "simulations/world/report.h"

namespace rookery::sim {

// Empty: there is none.
std::string replay_argument();
// What to type to run the case again with this line. Empty: nobody knows.
std::vector<std::string> replay_commands(const std::string& line);

// A campaign that replays what the argument names, or runs as its options say. `front_door`: what
// replays its lines, too ("./rookery simulate"); empty: nothing else does.
testing::Report run_in_test(CampaignInput input, const std::string& front_door = {});

}  // namespace rookery::sim
