// simulation.h
//
// The archive in simulation: its cluster, its records, and the totals they must lead to.

#pragma once

#include <rookery/testing.h>

#include <cstdint>

namespace archive {

// Three nodes, with the archive's topics.
rookery::testing::World simulated_world();

// Two to four servers under every kind of fault, 1,000 stanzas of many packages, some of them to be
// rejected. At the end of each run the totals of the output topics must be those of the input.
rookery::testing::Plan simulated_plan();
// The same with other servers, faults and so many stanzas.
rookery::testing::Plan simulated_plan(const rookery::testing::PlanOptions& options,
                                      std::uint64_t records);

}  // namespace archive
