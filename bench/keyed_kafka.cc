// keyed_kafka.cc
//
// Filled by the producer.
#include "bench/keyed_kafka.h"

#include <rookery/producing/producer.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace rookery::bench {
namespace {

constexpr Duration kPatience = std::chrono::seconds(60);

std::uint64_t number_in(Bytes bytes) {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

Bytes bytes_of(const std::uint64_t& number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

}  // namespace

const char* KeyedKafka::topic() { return "keyed.v1"; }

Result<std::unique_ptr<KeyedKafka>> KeyedKafka::make(
    int partitions, std::uint64_t count,
    const std::function<Place(std::uint64_t number)>& place_of) {
  std::unique_ptr<KeyedKafka> made(new KeyedKafka(count));
  if (Status created = made->kafka_.create_topic(topic(), partitions); !created) {
    return fail(created.error());
  }
  auto producer = Producer::make(made->transport(), {});
  if (!producer) return fail(producer.error());
  for (std::uint64_t number = 0; number < count; ++number) {
    const Place place = place_of(number);
    Status sent = producer->send({.topic = topic(),
                                  .key = bytes_of(place.key),
                                  .value = bytes_of(number),
                                  .partition = place.partition});
    if (!sent) return fail(sent.error());
  }
  if (Status closed = producer->close(deadline_in(kPatience)); !closed) {
    return fail(closed.error());
  }
  return made;
}

std::uint64_t number_of(const Record& record) { return number_in(record.value()); }
std::uint64_t key_of(const Record& record) { return number_in(record.key()); }

// The finaliser of splitmix64.
std::uint64_t scattered(std::uint64_t number) {
  number += 0x9e3779b97f4a7c15U;
  number = (number ^ (number >> 30U)) * 0xbf58476d1ce4e5b9U;
  number = (number ^ (number >> 27U)) * 0x94d049bb133111ebU;
  return number ^ (number >> 31U);
}

ZipfKeys::ZipfKeys(std::size_t keys) {
  double sum = 0;
  for (std::size_t rank = 1; rank <= keys; ++rank) {
    sum += 1 / static_cast<double>(rank);
    shares_.push_back(sum);
  }
}

std::uint64_t ZipfKeys::operator()(std::uint64_t number) const {
  const double share = static_cast<double>(scattered(number) >> 11U) * 0x1p-53 * shares_.back();
  const auto found = std::upper_bound(shares_.begin(), shares_.end(), share);
  return static_cast<std::uint64_t>(
      std::min<std::ptrdiff_t>(found - shares_.begin(), std::ssize(shares_) - 1));
}

}  // namespace rookery::bench
