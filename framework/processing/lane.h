// lane.h
//
// An ordered queue of work inside a partition, with its own long-lived consumer object: runs it
// over the records, retries what fails after a backoff, and keeps each batch until all its records
// are done, so that it can be run again.
//
// Thread rules: only inside its partition's step; the consumer's own questions come from inside
// that.
#pragma once

#include <rookery/processing/consumer.h>
#include <rookery/processing/output_producer.h>
#include <rookery/routing/settings.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/record_batch.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rookery {

class Partition;

class Lane final : public ConsumerContext, private Outputs {
 public:
  Lane(Partition& partition, ConsumerFactory factory, const TopicSettings& settings);
  virtual ~Lane();

  void push(RecordBatch batch);
  // Records not yet run (or to be run again).
  std::size_t waiting() const { return waiting_; }
  // Whether what waits makes a batch: min_records, or max_bytes of them.
  bool has_a_batch() const;
  bool runs_batches() const { return consumer_ && consumer_->consumes_batches(); }
  // When a failed record may run again; kNever when none waits.
  TimePoint retry_at() const { return retry_at_; }

  // Runs the consumer over one dispatch: one batch of records. Stops early when the partition is
  // interrupted or a record fails.
  void run();
  // An output of the record at `offset` failed: the record has, and it and all after run again
  // after a backoff. Their marks are taken back by the partition.
  void rewind(Offset offset, const Error& error);
  // Gives back the batches all of whose records are below `done`. Answers the end of the oldest one
  // kept; none when none is.
  std::optional<Offset> drop_below(Offset done);

  // The end.
  void run_hook(void (ConsumerBase::*hook)(), const char* name);  // a throw becomes an event
  // Gives back batches and the consumer object. Outputs under way no longer count for records the
  // consumer has not marked.
  void clear();

  // ConsumerContext
  Outputs& outputs() override { return *this; }
  const TopicPartition& topic_partition() const override;
  const std::string& group() const override;
  int attempt() const override { return attempt_; }
  bool is_revoked() const override;
  bool mark(const Record& record) override;

 private:
  struct Failure {
    std::string type;  // "consume", "output", ...
    std::string error_class;
    std::string message;
  };

  void send(const OutgoingRecord& record) override;

  void make_consumer();
  void run_records();
  void run_batch();
  std::span<const Record> next_dispatch();
  bool mark_through(Offset last);
  void advance(std::size_t records);
  void move_to(Offset offset);
  void abandon_from(Offset offset);
  void note_failure(Offset offset, const Failure& failure, bool is_again);
  template <class Action>
  std::optional<Failure> guarded(Action action);
  const Record* current_record() const;

  Partition& partition_;
  const ConsumerFactory factory_;
  const TopicSettings& settings_;
  std::unique_ptr<ConsumerBase> consumer_;  // made at the first run
  bool is_initialized_ = false;

  std::deque<RecordBatch> batches_;  // oldest first; kept until done
  std::size_t next_batch_ = 0;       // the next record to run: its batch's index ...
  std::size_t next_record_ = 0;      // ... and its own in it
  std::size_t waiting_ = 0;

  int failures_ = 0;  // in a row, of the record (or dispatch) that begins at:
  Offset failed_offset_ = -1;
  int attempt_ = 1;
  TimePoint retry_at_ = kNever;

  // While the consumer runs.
  const Record* running_record_ = nullptr;
  Batch* running_batch_ = nullptr;
  std::optional<Offset> blamed_offset_;  // by RecordFailed
  std::vector<Record> gathered_;         // a dispatch that spans batches

  // Outputs under way of records that are not yet allowed to be marked; held by us; in offset
  // order, at most one for each offset.
  std::deque<PendingRecord*> unmarked_;
  Offset marked_below_ = 0;  // marked, or will be when outputs under way are acknowledged
};

}  // namespace rookery
