// plain_pool.h
//
// What is written without a framework to have keys run in parallel and each in order: a loop that
// reads, and threads with a queue each, one of which gets a record by its key's hash.
#pragma once

#include <rookery/base/result.h>
#include <rookery/transport/record.h>

#include <functional>

#include "bench/keyed_kafka.h"

namespace rookery::bench {

// Reads all records and runs `work` once for each. Commits nothing.
Status run_plain_pool(KeyedKafka& kafka, int threads,
                      const std::function<void(const Record&)>& work);

}  // namespace rookery::bench
