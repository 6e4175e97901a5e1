// ordering_property.h
//
// What must hold in whichever order a partition is consumed, as a random program: any ordering,
// consumers of single records or of batches, marks by hand or not, outputs or none, keys that fail
// for good or for a while, slow records, and faults or none.
//
// That every record is done, that a key's records are in order and never two at once, and that no
// more lanes run than asked for, the simulator checks by itself. What is checked besides: exactly
// the poisoned records are dead letters, and a key that fails delays no other.
//
// simulations/properties/orderings_test.cc explores it,
// simulations/mutants/ordering_mutants_test.cc shows that it fails.
#pragma once

#include <atomic>
#include <cstdint>

#include "simulations/world/run_function.h"

namespace rookery::sim {

// What runs came to, for the figures; all of them add to the same.
struct OrderingsSeen {
  std::atomic<std::uint64_t> poisoned{0};
  std::atomic<std::uint64_t> dead_letters{0};
  std::atomic<std::uint64_t> in_time{0};  // records that were done while another key failed
};

// On so many nodes: acknowledged records of a single one may be lost by right. seen: null, or one
// that outlives the result.
RunFunction ordering_life(int nodes, OrderingsSeen* seen = nullptr);

}  // namespace rookery::sim
