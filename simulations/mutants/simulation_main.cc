// simulation_main.cc
//
// `./rookery simulate --mutant NAME`: groups that live, a program with outputs and dead letters,
// one with segments, or a server that is stopped, with a known bug put back, seed by seed until a
// promise breaks.
// `--without-mutant NAME` runs the same with nothing put back; `--list-mutants` lists them, by name
// and mark; a mark is as good as a name.

#include <rookery/runtime/mutant.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "simulations/explorer/campaign_main.h"
#include "simulations/properties/billing_life.h"
#include "simulations/properties/consumer_life.h"
#include "simulations/properties/dead_letter_property.h"
#include "simulations/properties/filter_life.h"
#include "simulations/properties/group_life.h"
#include "simulations/properties/offsets_life.h"
#include "simulations/properties/ordering_property.h"
#include "simulations/properties/progress_life.h"
#include "simulations/properties/segments_property.h"
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

// Which kind of program a mutant needs: that of the client (D, R) a group, F a program, C one whose
// consumers watch their life, L one with lanes, G one with segments, P one that finishes out of
// order, S a stop.
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

// What its failures are found by, and replayed by.
rookery::testing::SimulatedRun program_of(const std::string& mutant) {
  if (mutant == "dead_letters.partitioned_by_key" || mutant == "dead_letters.neighbour_sent") {
    return {.name = "dead letters",
            .what = "a program with dead letters under faults",
            .run = rookery::sim::dead_letter_life()};
  }
  if (mutant.starts_with("filters.")) {
    return {.name = "filters",
            .what = "a program with filters under faults",
            .run = rookery::sim::filter_life()};
  }
  if (kind_of(mutant) == 'L') {
    return {.name = "orderings",
            .what = "a program consumed in any order, under faults",
            .run = rookery::sim::ordering_life(rookery::sim::nodes_to_hunt_on(mutant))};
  }
  if (kind_of(mutant) == 'G') {
    return {.name = "segments",
            .what = "a program with parallel segments under faults",
            .run = rookery::sim::segments_life()};
  }
  if (kind_of(mutant) == 'C') {
    return {.name = "consumer life",
            .what = "a program whose consumers watch their life, under faults",
            .run = rookery::sim::consumer_life()};
  }
  if (kind_of(mutant) == 'P') {
    return {.name = "progress",
            .what = "a program that finishes records out of order",
            .run = rookery::sim::progress_life_to_hunt(mutant)};
  }
  if (kind_of(mutant) == 'O') {
    return {.name = "offsets",
            .what = "a program that seeks, pauses and waits for commits",
            .run = rookery::sim::offsets_life_to_hunt(mutant)};
  }
  if (kind_of(mutant) == 'S') {
    return {.name = "stop",
            .what = "a server that is stopped in the middle of something",
            .run = rookery::stopping::stop_life};
  }
  if (mutant == "waiting.marked_on_return") {
    return {.name = "waiting billing",
            .what = "a program whose records are finished later, under faults",
            .run = rookery::sim::waiting_life()};
  }
  if (kind_of(mutant) == 'F') {
    return {.name = "billing",
            .what = "a program with outputs and dead letters under faults",
            .run = rookery::sim::billing_life(rookery::sim::nodes_to_hunt_on(mutant))};
  }
  return {.name = "group life",
          .what = "members of a group under faults",
          .run = rookery::sim::group_life};
}

}  // namespace

int main(int argc, char** argv) {
  // What is not about mutants is left to the campaign.
  std::vector<char*> rest;
  std::string name;
  std::string healthy;
  bool is_replay = false;
  for (int i = 0; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--list-mutants") return print_list();
    std::string* named = word.starts_with("--mutant")           ? &name
                         : word.starts_with("--without-mutant") ? &healthy
                                                                : nullptr;
    const std::string option = named == &name ? "--mutant" : "--without-mutant";
    if (named != nullptr && word == option) {
      if (i + 1 == argc) return usage_error(option + " wants a name");
      *named = argv[++i];
    } else if (named != nullptr && word.starts_with(option + "=")) {
      *named = word.substr(option.size() + 1);
    } else {
      is_replay = is_replay || word.starts_with("--replay");
      rest.push_back(argv[i]);
      continue;
    }
    if (named->empty()) return usage_error(option + " wants a name");
  }
  name = name_of(name);
  healthy = name_of(healthy);
  if (!name.empty() && !healthy.empty()) {
    return usage_error("--mutant and --without-mutant: one of them");
  }
  const std::string& chosen = name.empty() ? healthy : name;
  if (!rookery::switch_mutant_on(chosen)) {
    return usage_error("there is no mutant '" + chosen + "': --list-mutants lists them");
  }
  if (name.empty()) rookery::switch_mutant_on("");
  if (chosen.empty() && is_replay) {
    std::fprintf(stderr,
                 "simulate: this replays group life; a line of a mutant but D and R wants "
                 "--mutant NAME, or --without-mutant NAME for the healthy code\n");
  }
  rookery::testing::SimulatedRun program = program_of(chosen);
  program.test = "//simulations/mutants:command_line_test";
  if (!healthy.empty()) program.arguments = "--without-mutant " + healthy;
  if (!name.empty()) {
    program.name += " with mutant " + name;
    program.arguments = "--mutant " + name;
    program.seeds = 10'000;
    program.violations = 1;
  }
  return rookery::testing::campaign_main(static_cast<int>(rest.size()), rest.data(), program);
}
