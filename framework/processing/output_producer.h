// output_producer.h
//
// What consumers' outputs go through: one producer for a server, and the count of acknowledgements
// that a consumed record still waits for.
//
// Thread rules: any thread.
#pragma once

#include <rookery/producing/bounded_sender.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/mutex.h>
#include <rookery/tracing/tracer.h>
#include <rookery/transport/transport.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace rookery {

class PendingRecord;
struct LaneDesk;

// Told what became of a record's outputs: on the producer's thread, or on the worker that drops the
// last hold; no lock is held.
class OutputListener {
 public:
  // All outputs are acknowledged, and the consumer has let go: the record is done.
  virtual void on_outputs_acknowledged(PendingRecord& pending) = 0;
  // An output was not acknowledged. Told of each, as soon as it is known. is_still_wanted: the
  // record has failed by it; else it was abandoned before, and this is only to be told.
  virtual void on_output_failed(PendingRecord& pending, const Error& error,
                                bool is_still_wanted) = 0;
  // Last word of each pending record, after either of the others, also when they threw, or alone
  // when it was abandoned.
  virtual void on_pending_gone(PendingRecord& pending) = 0;

 protected:
  ~OutputListener() = default;
};

// A consumed record with outputs under way. Counts its holds: one for each output, and one for the
// consumer until the record may be marked; the last to be released tells the listener and destroys
// it.
class PendingRecord {
 public:
  // Begins with the consumer's hold.
  // trace_id: of errors; empty when the record belongs to no trace.
  // origin: of its outputs' spans; null: they have none.
  PendingRecord(std::shared_ptr<OutputListener> listener, Offset offset, bool is_dead_letter,
                std::string trace_id, std::shared_ptr<const OutputOrigin> origin = {})
      : listener_(std::move(listener)),
        offset_(offset),
        is_dead_letter_(is_dead_letter),
        trace_id_(std::move(trace_id)),
        origin_(std::move(origin)),
        suspects_end_(offset + 1) {}

  Offset offset() const { return offset_; }
  // The output is the record itself, given up.
  bool is_dead_letter() const { return is_dead_letter_; }
  const std::string& trace_id() const { return trace_id_; }
  const std::shared_ptr<const OutputOrigin>& origin() const { return origin_; }
  // Outputs may be of any record in [offset, suspects_end): a batch consumer sent them while it
  // stood on none.
  Offset suspects_end() const { return suspects_end_.load(std::memory_order_relaxed); }
  void set_suspects_end(Offset end) { suspects_end_.store(end, std::memory_order_relaxed); }
  void hold() { holds_.fetch_add(1, std::memory_order_relaxed); }
  void release();
  // Releases the hold of an output that was not acknowledged.
  void release_failed(const Error& error);
  // Releases the consumer's hold of a record that will be run again, or by another owner: its
  // acknowledgement no longer counts. A failure is told all the same.
  void abandon();
  // An output could not even be sent, and the consumer was told so by an exception. If it returns
  // all the same, the record fails when it lets go, once for all that it caught.
  void note_unsent(const Error& error);

  // The listener's own notes, guarded by it: whose record it is, its place among those under way,
  // and whether the record is to be run again, so that what becomes of these outputs no longer
  // counts.
  LaneDesk* lane = nullptr;
  std::size_t place = 0;
  bool is_superseded = false;

 private:
  ~PendingRecord() = default;
  // The listener's last word, and its own.
  void end();

  std::shared_ptr<OutputListener> listener_;
  const Offset offset_;
  const bool is_dead_letter_;
  const std::string trace_id_;
  const std::shared_ptr<const OutputOrigin> origin_;
  Atomic<Offset> suspects_end_;
  Atomic<int> holds_{1};
  Mutex mutex_{"pending_record", ranks::kLeaf};  // guards what follows
  std::optional<Error> unsent_;
  bool has_failed_ = false;  // an output that was sent
  bool is_abandoned_ = false;
};

class OutputProducer {
 public:
  // on_error, on_restored as in ProducerOptions. on_bad_alloc: there was no memory to deal with a
  // report; on the producer's thread. tracer: outlives it; null: outputs have no spans.
  static Result<std::unique_ptr<OutputProducer>> make(Transport& transport, ConfigMap config,
                                                      ProducerErrorHandler on_error,
                                                      ProducerRestoredHandler on_restored,
                                                      std::function<void()> on_bad_alloc,
                                                      const Tracer* tracer = nullptr);

  // Sends a record as an output of `pending`, which is held until the report. Waits while the
  // buffer is full, to the deadline or until give_up() answers an error. On an error, or when it
  // throws (std::bad_alloc), nothing is held.
  Status send(const OutgoingRecord& record, PendingRecord& pending, TimePoint deadline,
              const std::function<Status()>& give_up) {
    return send(record, pending, pending.origin().get(), deadline, give_up);
  }
  // As before, but its span is of that origin; null: it has none.
  Status send(const OutgoingRecord& record, PendingRecord& pending, const OutputOrigin* origin,
              TimePoint deadline, const std::function<Status()>& give_up);

  ClientStatistics statistics() const { return sender_->client().statistics(); }
  // Makes waiting senders ask give_up() again.
  void wake() { sender_->wake(); }
  Status close(TimePoint deadline) { return sender_->client().close(deadline); }

 private:
  OutputProducer(std::unique_ptr<BoundedSender> sender, const Tracer* tracer)
      : sender_(std::move(sender)), tracer_(tracer) {}
  Status send_held(const OutgoingRecord& record, DeliveryToken token, PendingRecord& pending,
                   TimePoint deadline, const std::function<Status()>& give_up);
  Status send_traced(const OutgoingRecord& record, PendingRecord& pending,
                     const OutputOrigin& origin, TimePoint deadline,
                     const std::function<Status()>& give_up);

  const std::unique_ptr<BoundedSender> sender_;
  const Tracer* const tracer_;
};

}  // namespace rookery
