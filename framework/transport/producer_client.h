// producer_client.h
//
// Sends records; each ends in exactly one delivery report.
//
// Thread rules: send, flush from any thread; reports come in batches on the producer's own thread,
// with no lock held.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/client_statistics.h>
#include <rookery/transport/record.h>

#include <functional>
#include <span>
#include <string>

namespace rookery {

// The caller's own number for a record; given back with its report.
using DeliveryToken = std::uint64_t;

struct DeliveryReport {
  DeliveryToken token = 0;
  PartitionId partition = -1;
  Offset offset = -1;            // -1: unknown (acks=0, or failed)
  const Error* error = nullptr;  // null: acknowledged as `acks` asks. Valid during the call only.
};

// Must not throw, must not block for long; may call send(). The records reported no longer take
// room in the send buffer. flush() and close() would wait for the handler itself: from inside they
// answer kState at once and change nothing.
using DeliveryHandler = std::function<void(std::span<const DeliveryReport>)>;

// Trouble that is no record's own: brokers that are down or refuse us, a fatal error (then the
// producer sends no more). Called where delivery handlers are, by their rules.
using ProducerErrorHandler = std::function<void(const Error&)>;
// Brokers that an error told of answer again (ConnectionRestored in group_consumer.h). As above.
using ProducerRestoredHandler = std::function<void(const std::string& message)>;

class ProducerClient {
 public:
  // Closes with a deadline of 5 s if close() was not called.
  virtual ~ProducerClient() = default;

  virtual std::string text() const = 0;
  // Any thread.
  virtual ClientStatistics statistics() const { return {}; }

  // Copies the record into the send buffer. Errors, with no report to follow: kQueueFull (try again
  // later), kMessageTooLarge, kInvalidArgument, kClosed, a fatal error.
  virtual Status send(const OutgoingRecord& record, DeliveryToken token) = 0;

  // Until every record sent before is reported. Error: kTimedOut, naming how many were left (they
  // go on).
  virtual Status flush(TimePoint deadline) = 0;

  // Flushes, then ends. What is not acknowledged by the deadline is reported as failed (kTimedOut:
  // outcome unknown).
  virtual Status close(TimePoint deadline) = 0;
};

}  // namespace rookery
