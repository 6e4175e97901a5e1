// producer.h
//
// A producer for programs that are not consumers (feeders, tests, benchmarks): waits while the
// buffer is full, counts what was acknowledged, keeps the first failure.
//
//   Result<Producer> producer = Producer::make(transport, {{"client.id", "feed"}});
//   producer->send({.topic = "orders.v1", .key = id, .value = text});
//   if (Status done = producer->flush(deadline_in(30s)); !done) ...
//
// Thread rules: send and flush from any thread.
#pragma once

#include <rookery/transport/transport.h>

#include <cstdint>
#include <functional>
#include <memory>

namespace rookery {

class Producer {
 public:
  // Called once for each record, on the producer's own thread with no lock held. Must not throw,
  // and must not send: with a full buffer it would wait for itself.
  using OnDelivery = std::function<void(const DeliveryReport&)>;

  static Result<Producer> make(Transport& transport, ConfigMap config, OnDelivery on_delivery = {});
  Producer(Producer&&) noexcept;
  Producer& operator=(Producer&&) noexcept;
  ~Producer();  // closes with a deadline of 5 s

  // Copies the record into the send buffer; waits up to `deadline` while that is full (kQueueFull
  // then). The token comes back with the report.
  Status send(const OutgoingRecord& record, DeliveryToken token = 0, TimePoint deadline = kNever);

  // Until everything sent before was reported. Error: kTimedOut; or the first delivery failure
  // since the last flush, with the count.
  Status flush(TimePoint deadline);
  // Flushes, then ends. What is not acknowledged by the deadline is reported as failed.
  Status close(TimePoint deadline);

  std::uint64_t acknowledged() const;
  std::uint64_t failed() const;

 private:
  class Impl;
  explicit Producer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace rookery
