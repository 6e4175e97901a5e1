// group_producer.h
//
// Who writes what groups that live read: a real client with a thread of its own, in the members'
// process.
#pragma once

#include <cstdint>

#include "simulations/properties/life.h"

namespace rookery::sim {

// Sends so many records to partitions drawn one by one, spread over `time`, and returns when all
// are acknowledged. That they are is a promise. On a thread of the members.
void produce_for_groups(LifeStage& stage, std::uint64_t records, int partitions, Duration time);

}  // namespace rookery::sim
