// partition_stream.h
//
// The data plane of one assigned partition: a worker takes batches straight out of it. Backpressure
// is simply not taking.
//
// Thread rules: one thread at a time touches a stream (take); set_ready and clear_ready are the
// control thread's.
#pragma once

#include <rookery/base/result.h>
#include <rookery/transport/record_batch.h>

#include <functional>
#include <memory>
#include <optional>

namespace rookery {

struct Taken {
  RecordBatch batch;  // may be empty
  bool end_of_partition =
      false;  // the log's end was reached after this batch (and everything before was taken)
  std::optional<Error> error;  // kRevoked after a revocation; kOffsetOutOfRange, authorisation, ...
  // Where the next fetch will begin. Runs past transaction markers and compacted gaps: with an
  // empty batch too. -1 while nothing is known.
  Offset next_offset = -1;
};

class PartitionStream {
 public:
  virtual ~PartitionStream() = default;

  virtual const TopicPartition& topic_partition() const = 0;
  virtual AssignmentId assignment() const = 0;

  // At most max_records; max_bytes (of keys and payloads) is soft: the batch ends with the record
  // that reaches it. Never blocks. Only an empty take means empty. Must not be called while holding
  // a lock that the ready handler takes.
  virtual Taken take(std::size_t max_records, std::size_t max_bytes) = 0;

  // The end of the log (its high watermark), as the last fetch told; -1: none told yet. Asks
  // nobody, so while nothing is taken, and so nothing fetched, it may lie behind. Any thread.
  virtual Offset log_end() const = 0;

  // A hint that the stream turned from empty to non-empty (or has an end or error to tell). Called
  // on any thread, under the transport's lock: it may only enqueue. Hints may be lost after an
  // assign, a seek and a take that filled its limit: a stream counts as ready after each of these.
  virtual void set_ready(std::function<void()> handler) = 0;
  // When it returns, the handler is not running and will not be called again.
  virtual void clear_ready() = 0;
};

}  // namespace rookery
