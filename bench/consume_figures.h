// consume_figures.h
//
// consume.framework and consume.framework_1k: a server of ours on a real Apache Kafka with a
// consumer that does nothing, beside librdkafka's partition queues on the same topics.
#pragma once

#include "bench/rounds.h"

namespace rookery::bench {

// Only with brokers in the settings; else says on stderr what is left out.
void add_consume_figures(Measurements& measurements);

}  // namespace rookery::bench
