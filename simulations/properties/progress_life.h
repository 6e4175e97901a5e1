// progress_life.h
//
// A program whose records are finished in another order than they lie in the log, some of them
// slowly, as a RunFunction: what is done beyond the committed offset goes into commits, and is not
// done again by the next owner.
#pragma once

#include <rookery/routing/ordering.h>

#include <string_view>

#include "simulations/world/run_function.h"

namespace rookery::sim {

// On a failing Kafka of so many nodes, with outputs: nothing is lost, whatever was committed beside
// the offsets. A single node that loses its power has lost what it acknowledged.
RunFunction progress_life(const Ordering& ordering, int nodes = 3);

// On a Kafka that does not fail; servers come and go in order. One more promise: no record that was
// done runs again.
RunFunction orderly_progress_life(const Ordering& ordering);

// What finds a mutant of these.
RunFunction progress_life_to_hunt(std::string_view mutant);

}  // namespace rookery::sim
