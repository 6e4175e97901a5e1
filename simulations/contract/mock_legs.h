// mock_legs.h
//
// The contract suite's legs on the in-process Kafka: simulated, over a network with latency in
// virtual time, once for each of a few seeds; and on real threads.
//
// ROOKERY_CONTRACT_SEEDS says how many seeds, ROOKERY_CONTRACT_SEED names the only one.
#pragma once

#include <cstdint>

#include "simulations/contract/leg.h"

namespace rookery::contract {

LegFactory mock_simulated_leg(int nodes, std::uint64_t seeds = 3);
LegFactory mock_threaded_leg(int nodes);

}  // namespace rookery::contract
