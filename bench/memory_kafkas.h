// memory_kafkas.h
//
// The two Kafkas in memory, ours and librdkafka's mock, each with what the memory figures ask of
// it.
//
// Every turn checks what it measured: each record acknowledged, the contents as they were sent.
#pragma once

#include <cstdint>
#include <memory>

#include "bench/raw_kafka.h"
#include "bench/rounds.h"
#include "mockbroker/transport/in_process_kafka.h"

namespace rookery::bench {

class OurMemoryKafka {
 public:
  OurMemoryKafka();

  // From the first send to the last acknowledgement; in records a second.
  Result<Turn> produce(std::uint64_t records);
  // All that was produced, from the first record to the last; in records a second.
  Result<Turn> consume(std::uint64_t records);
  // From send() to consume(), the median of `samples`; in microseconds.
  Result<Turn> latency(int samples);
  // From Server::start() to consume(), the median of `samples`; in microseconds.
  Result<Turn> first_record(int samples);

  // For others who read what was produced.
  Transport& transport() { return kafka_.transport(); }
  static const char* topic();

 private:
  mock::InProcessKafka kafka_;
};

// The same.
class RawMemoryKafka {
 public:
  static Result<std::unique_ptr<RawMemoryKafka>> make();

  Result<Turn> produce(std::uint64_t records);
  Result<Turn> consume(std::uint64_t records);
  Result<Turn> latency(int samples);
  Result<Turn> first_record();

 private:
  explicit RawMemoryKafka(std::unique_ptr<RawMockCluster> cluster) : cluster_(std::move(cluster)) {}
  const std::unique_ptr<RawMockCluster> cluster_;
};

}  // namespace rookery::bench
