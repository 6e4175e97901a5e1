// keyed_kafka.h
//
// A topic whose records share keys, on the in-process Kafka: what orderings are measured with.
#pragma once

#include <rookery/base/result.h>
#include <rookery/transport/record.h>
#include <rookery/transport/transport.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "mockbroker/transport/in_process_kafka.h"

namespace rookery::bench {

struct Place {
  PartitionId partition = 0;
  std::uint64_t key = 0;
};

class KeyedKafka {
 public:
  static const char* topic();
  // Records number 0 ... count - 1, each in the partition and with the key that place_of answers.
  static Result<std::unique_ptr<KeyedKafka>> make(
      int partitions, std::uint64_t count,
      const std::function<Place(std::uint64_t number)>& place_of);

  Transport& transport() { return kafka_.transport(); }
  std::uint64_t records() const { return count_; }

 private:
  explicit KeyedKafka(std::uint64_t count) : count_(count) {}

  const std::uint64_t count_;
  mock::InProcessKafka kafka_;
};

std::uint64_t number_of(const Record& record);
std::uint64_t key_of(const Record& record);

// The same numbers in every run, in no order: 0 <= scattered(number) < 2^64.
std::uint64_t scattered(std::uint64_t number);

// Keys of which the k-th is 1/k times as frequent as the first.
class ZipfKeys {
 public:
  explicit ZipfKeys(std::size_t keys);
  std::uint64_t operator()(std::uint64_t number) const;

 private:
  std::vector<double> shares_;  // cumulated
};

}  // namespace rookery::bench
