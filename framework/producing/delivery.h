// delivery.h
//
// What became of records that were sent: the answer of a broker, or the reason why there is none.
//
//   const DeliveryFuture sent = producer.send_async({.topic = "orders.v1", .value = text});
//   ...
//   const Result<Delivery> delivered = sent.wait(deadline_in(30s));
//   if (!delivered) log(delivered.error().text());
//
// Ownership: copies of a future share one answer; it outlives the producer. Thread rules: any
// thread; wait() not from a delivery handler or callback of the same producer (kState at once: the
// answer would come on the thread that waits).
#pragma once

#include <rookery/base/result.h>
#include <rookery/base/topic_partition.h>
#include <rookery/runtime/time_types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rookery {

// Where an acknowledged record is.
struct Delivery {
  PartitionId partition = -1;
  // -1: unknown, with acks=0, and when an idempotent producer's second try was known to the broker.
  Offset offset = -1;

  friend bool operator==(const Delivery&, const Delivery&) = default;
};

// Told once, on the producer's own thread with no lock held. Must not throw and not block for long.
// May send: from inside no send waits, a full buffer is kQueueFull at once.
using OnDelivered = std::function<void(const Result<Delivery>&)>;

// Records whose fates are waited for together. For the façade; programs have DeliveryFuture.
class DeliveryGroup {
 public:
  // producer: whose reports decide; topics: of each record, for the texts of errors.
  DeliveryGroup(const void* producer, std::vector<std::string> topics);
  ~DeliveryGroup();

  // Each record once.
  void decide(std::size_t index, Result<Delivery> result);
  bool is_decided(std::size_t index) const;
  // The fate of each record once all are decided, or at the deadline: then kTimedOut for those that
  // are not. They go on, and may be asked for again.
  std::vector<Result<Delivery>> wait(TimePoint deadline) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

class DeliveryFuture {
 public:
  explicit DeliveryFuture(std::shared_ptr<DeliveryGroup> group) : group_(std::move(group)) {}

  bool is_decided() const { return group_->is_decided(0); }
  // Errors: why the record was not acknowledged; or kTimedOut, when the deadline came first: the
  // outcome is open, and wait() may be called again. Every future is decided when its producer has
  // closed.
  Result<Delivery> wait(TimePoint deadline) const { return group_->wait(deadline).front(); }

 private:
  std::shared_ptr<DeliveryGroup> group_;
};

}  // namespace rookery
