// producer.h
//
// The producer for programs: feeders, request handlers, tests. (Inside consume, Outputs ties what
// is sent to the record that is consumed; see consumer.h.) One object for a process, shared by its
// threads; records of one partition keep the order in which they were sent.
//
//   Result<Producer> producer = Producer::make(transport, producer_config(app));
//   producer->send({.topic = "orders.v1", .key = id, .value = text});            // told by flush()
//   producer->send({.topic = "orders.v1", .value = text},
//                  [](const Result<Delivery>& delivered) { ... });               // told by a call
//   DeliveryFuture sent = producer->send_async({.topic = "orders.v1", .value = text});
//   Result<Delivery> done = producer->send_sync({...}, deadline_in(30s));        // waits
//   for (const Result<Delivery>& each : producer->send_many(records, deadline_in(30s))) ...
//   if (Status done = producer->close(deadline_in(30s)); !done) ...
//
// Whatever the way, each record has exactly one outcome: it is acknowledged as `acks` asks, or
// there is an error that says why; a record that fails takes no other with it. After kTimedOut it
// may be in the log all the same.
//
// A full buffer is waited for, to the deadline; then kQueueFull, naming the topic, how long was
// waited, and what is full. Other errors of a send come at once: kMessageTooLarge,
// kInvalidArgument, kClosed, a fatal error of the client.
//
// Ownership: records are copied before a send returns; nothing of the caller's is kept but its
// callbacks, each until it was called. Thread rules: everything from any thread. Handlers and
// callbacks run on the producer's own thread: from inside, flush, close and all that waits for an
// answer say kState and do nothing, and a full buffer is kQueueFull at once. No send may be under
// way when the object is destroyed.
#pragma once

#include <rookery/producing/delivery.h>
#include <rookery/transport/transport.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace rookery {

class Producer {
 public:
  // How long a send without a deadline waits for room: Kafka's default of max.block.ms.
  static constexpr Duration kWaitForRoom = std::chrono::seconds(60);

  // Called once for each record that was sent with a token. The same rules as OnDelivered.
  using OnDelivery = std::function<void(const DeliveryReport&)>;

  // Brokers may be away. Errors: kInvalidConfig, naming the setting.
  // on_error is told of trouble that is no record's (ProducerErrorHandler).
  static Result<Producer> make(Transport& transport, ConfigMap config, OnDelivery on_delivery = {},
                               ProducerErrorHandler on_error = {});
  Producer(Producer&&) noexcept;
  Producer& operator=(Producer&&) noexcept;
  ~Producer();  // closes with a deadline of 5 s

  // Sends and goes on. The token (below 2^63) comes back with the report; a failure is told by
  // flush() and close(), too. No allocation of its own.
  Status send(const OutgoingRecord& record, DeliveryToken token = 0,
              std::optional<TimePoint> deadline = {});
  // Sends and goes on; the outcome is told to the callback. After an error it is not called.
  Status send(const OutgoingRecord& record, OnDelivered told,
              std::optional<TimePoint> deadline = {});
  // Sends and goes on; the outcome is waited for later. What a send answers is an outcome, too.
  DeliveryFuture send_async(const OutgoingRecord& record, std::optional<TimePoint> deadline = {});
  // Sends and waits, for room and answer together. Each call costs a round trip and the linger.
  Result<Delivery> send_sync(const OutgoingRecord& record, TimePoint deadline);
  // Sends all, in order, and waits for all; as many answers as records, in their order. Those
  // behind one that could not be sent are sent nevertheless.
  std::vector<Result<Delivery>> send_many(std::span<const OutgoingRecord> records,
                                          TimePoint deadline);

  // Until everything sent before was reported. Error: kTimedOut, and the rest goes on; or the first
  // failure, since flush told of one, of the records sent with a token, with their count; or, when
  // none failed, what a callback threw first since then (kUserCode).
  Status flush(TimePoint deadline);
  // Flushes, then ends: what is not acknowledged by the deadline is reported as failed. Errors:
  // those of flush. Sends answer kClosed from now on.
  Status close(TimePoint deadline);

  // Of all records so far.
  std::uint64_t acknowledged() const;
  std::uint64_t failed() const;

 private:
  class Impl;
  explicit Producer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace rookery
