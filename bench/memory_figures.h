// memory_figures.h
//
// memory.produce, memory.consume, memory.latency, memory.first_record: the public producer and a
// server on the in-process Kafka, on real threads; beside them librdkafka on its own mock cluster.
#pragma once

#include "bench/rounds.h"

namespace rookery::bench {

void add_memory_figures(Measurements& measurements);

}  // namespace rookery::bench
