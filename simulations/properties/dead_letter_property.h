// dead_letter_property.h
//
// What must hold of dead letters, as a simulated program and a check of what it left behind:
// exactly the poisoned records become dead letters, each byte for byte, those of one source
// partition in one partition; without faults in order and once.
//
// simulations/properties/dlq_test.cc explores it, simulations/mutants/dlq_mutants_test.cc shows
// that it fails.
#pragma once

#include <rookery/testing.h>

#include <cstdint>

#include "simulations/world/run_function.h"

namespace rookery::testing {

struct DeadLetterSetup {
  int source_partitions = 1;
  int dlq_partitions = 1;
  bool is_batch = false;
  bool is_blame_known = true;
  bool is_sync = false;
  bool is_manual = false;
  bool is_independent = false;
  int max_retries = 1;
  enum class Faults : std::uint8_t {
    kNone,    // in order, once
    kServer,  // of one server and its cluster: in order, the last letter of each record counting
    kAll,     // several owners at once, and what is lost by right: no order
  };
  Faults faults = Faults::kNone;
  std::uint64_t poison_one_in = 8;
  std::uint64_t seed = 1;
};

// Poisoned records and dead letters in all, for the figures.
struct DeadLettersSeen {
  std::uint64_t poisoned = 0;
  std::uint64_t dead_letters = 0;
};

// `seen` outlives the call. Runs one after the other.
Report simulate_dead_letters(const DeadLetterSetup& setup, std::uint64_t records,
                             std::uint64_t seeds, DeadLettersSeen& seen);

}  // namespace rookery::testing

namespace rookery::sim {

// The same as a RunFunction: each run draws its setup.
RunFunction dead_letter_life();

}  // namespace rookery::sim
