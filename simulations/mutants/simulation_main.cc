// simulation_main.cc
//
// `./rookery simulate --mutant NAME`: groups that live, a program with outputs and dead letters, or
// a server that is stopped, with a known bug put back, seed by seed until a promise breaks.
// `--list-mutants` lists them, by name and mark; a mark is as good as a name.

#include <rookery/runtime/mutant.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "simulations/explorer/campaign_main.h"
#include "simulations/properties/billing_life.h"
#include "simulations/properties/dead_letter_property.h"
#include "simulations/properties/group_life.h"
#include "simulations/stop/stop_life.h"

namespace {

using rookery::MutantEntry;

int print_list() {
  for (const MutantEntry& mutant : rookery::all_mutants()) {
    std::printf("%-40s %-4s %s\n", std::string(mutant.name).c_str(),
                std::string(mutant.mark).c_str(), std::string(mutant.description).c_str());
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}

// "S1" is "stop.told_outside_lock".
std::string name_of(const std::string& name_or_mark) {
  for (const MutantEntry& mutant : rookery::all_mutants()) {
    if (mutant.mark == name_or_mark) return std::string(mutant.name);
  }
  return name_or_mark;
}

// Which kind of program a mutant needs: that of the client (D, R) a group, F a program, S a stop.
char kind_of(const std::string& name) {
  for (const MutantEntry& mutant : rookery::all_mutants()) {
    if (mutant.name == name) return mutant.mark.front();
  }
  return 'D';
}

int usage_error(const std::string& message) {
  std::fprintf(stderr, "simulate: %s\n", message.c_str());
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  // What is not about mutants is left to the campaign.
  std::vector<char*> rest;
  std::string name;
  for (int i = 0; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--list-mutants") return print_list();
    if (word == "--mutant" && i + 1 == argc) return usage_error("--mutant wants a name");
    if (word == "--mutant") {
      name = argv[++i];
    } else if (word.starts_with("--mutant=")) {
      name = word.substr(std::string_view("--mutant=").size());
    } else {
      rest.push_back(argv[i]);
      continue;
    }
    if (name.empty()) return usage_error("--mutant wants a name");
  }
  name = name_of(name);
  if (!rookery::switch_mutant_on(name)) {
    return usage_error("there is no mutant '" + name + "': --list-mutants lists them");
  }
  rookery::testing::SimulatedRun program{.name = "group life",
                                         .what = "members of a group under faults",
                                         .run = rookery::sim::group_life};
  if (name == "dead_letters.partitioned_by_key" || name == "dead_letters.neighbour_sent") {
    program = {.name = "dead letters",
               .what = "a program with dead letters under faults",
               .run = rookery::sim::dead_letter_life()};
  } else if (kind_of(name) == 'S') {
    program = {.name = "stop",
               .what = "a server that is stopped in the middle of something",
               .run = rookery::stopping::stop_life};
  } else if (kind_of(name) == 'F') {
    program = {.name = "billing",
               .what = "a program with outputs and dead letters under faults",
               .run = rookery::sim::billing_life(rookery::sim::nodes_to_hunt_on(name))};
  }
  if (!name.empty()) {
    program.name += " with mutant " + name;
    program.arguments = "--mutant " + name;
    program.seeds = 10'000;
    program.violations = 1;
  }
  return rookery::testing::campaign_main(static_cast<int>(rest.size()), rest.data(), program);
}
