// billing_life.h
//
// A program with outputs and dead letters on a failing Kafka, as a RunFunction: each order gets an
// invoice, an order without an amount is sent to one of two dead letter topics, and some take long.
// Besides the promises that are checked in every simulation: no order is without its invoice or its
// dead letter, whichever it is owed, and each dead letter has its order's key.
#pragma once

#include <string_view>

#include "simulations/world/run_function.h"

namespace rookery::sim {

// A single node that loses its power has lost what it acknowledged.
RunFunction billing_life(int nodes = 3);

// The same program by key, whose records are finished later, by a thread of the program's.
RunFunction waiting_life(int nodes = 3);

// On how many nodes a mutant of the program's is hunted.
int nodes_to_hunt_on(std::string_view mutant);

}  // namespace rookery::sim
