// lane.h
//
// An ordered queue of work inside a partition, with its own long-lived consumer object: runs it
// over the records, does with what fails as the error policy and the dead letter queue say, and
// keeps each batch until all its records are done, so that it can be run again.
//
// Five sources: lane.cc runs, lane_failure.cc deals with what failed, lane_rewind.cc goes back,
// lane_dead_letters.cc deals with what was given up, lane_outputs.cc sends and marks.
//
// Thread rules: only inside its partition's step; the consumer's own questions come from inside
// that.
#pragma once

#include <rookery/processing/consumer.h>
#include <rookery/processing/output_producer.h>
#include <rookery/recovery/error_tracker.h>
#include <rookery/routing/settings.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/record_batch.h>

#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rookery {

class Partition;

// What an output, or a dead letter, that was not acknowledged means for its record.
struct OutputFailure {
  Offset offset = -1;        // of the input
  Offset suspects_end = -1;  // the input may be any in [offset, suspects_end)
  bool is_dead_letter = false;
  Error error;
  std::string trace_id = {};  // empty: of no trace
};

class Lane final : public ConsumerContext, private Outputs {
 public:
  Lane(Partition& partition, ConsumerFactory factory, const TopicSettings& settings);
  virtual ~Lane();

  void push(RecordBatch batch);
  // Records not yet run (or to be run again).
  std::size_t waiting() const { return waiting_; }
  // Whether what waits makes a batch: min_records, or max_bytes of them.
  bool has_a_batch() const;
  // The next batch is of one record: to find out whom to blame.
  bool is_slicing() const;
  bool runs_batches() const { return consumer_ && consumer_->consumes_batches(); }
  // A record, or its dead letter, has failed so often that its log is looked at: it may have lost
  // the record.
  bool is_stuck() const { return is_record_stuck() || dead_letter_failures_ >= kStuckAfter; }
  // When a failed record may run again; kNever when none waits.
  TimePoint retry_at() const { return retry_at_; }

  // Nothing can go on until something outside has happened, which schedules the partition: a dead
  // letter is acknowledged, a partition count is known, the process stops.
  bool is_blocked() const { return is_blocked_; }

  // Runs the consumer over one dispatch: one batch of records. Stops early when the partition is
  // interrupted or a record fails.
  void run();
  // An output of a record failed: the record has, and it and all after run again after a backoff.
  // Their marks are taken back by the partition.
  void rewind(const OutputFailure& failed);
  // What was taken at and above `offset` is not in the log any more: it is not run again, and what
  // becomes of its outputs no longer counts.
  void forget_from(Offset offset);
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
  const ErrorTracker& errors() const override { return tracker_; }
  bool is_revoked() const override;
  bool mark(const Record& record) override;

 private:
  static constexpr int kStuckAfter = 5;  // failures in a row

  // One error, as far as it is known where it is caught.
  struct Failure {
    std::string place;  // "consume", "output", "initialized", "dead_letter"
    std::string error_class;
    std::string message;
    std::exception_ptr exception = {};       // what rules are matched with; null: nothing to match
    const std::exception* thrown = nullptr;  // it, as long as `exception` is kept; null: unknown
    std::optional<Offset> blamed = {};       // by RecordFailed
    bool is_critical = false;                // the process cannot go on
    bool is_fatal = false;                   // nor can the producer of outputs
    bool is_passing = false;                 // a send's, that says nothing about the record
    bool is_the_records = true;              // false: initialized() threw
  };
  // Who is to blame: the record; or it is one of those below suspects_end.
  struct Blame {
    const Record* record = nullptr;
    bool is_known = true;
    Offset suspects_end = 0;
  };
  // A record that the consumer gets no more.
  struct TakenAway {
    std::string topic;  // of its dead letter; empty: it is skipped
    DeadLetterSource source;
    bool backs_off = false;
    bool is_passed = false;  // sent (or skipped) since the lane last went back before it
    bool is_told = false;
  };
  // What a batch consumer is given, of the next records in the lane.
  struct Slice {
    std::span<const Record> raw;      // with those that were taken away
    std::span<const Record> records;  // without
  };

  // Running (lane.cc).
  void make_consumer();
  void run_records();
  bool has_just_given_up() const;
  void run_batch();
  void end_batch(const Slice& slice, Batch& batch, const std::optional<Failure>& failure);
  std::span<const Record> next_records(std::size_t most);
  std::optional<Slice> next_slice();
  void advance(std::size_t records);

  // Failing (lane_failure.cc).
  template <class Action>
  static std::optional<Failure> guarded(Action action) {
    assert_no_locks_held("a consumer");
    // Each kind by itself: to throw once more, only to tell them apart, would take as long as all
    // else that is done about a failure.
    try {
      action();
      return std::nullopt;
    } catch (const RecordFailed& failed) {
      return failure_of(failed);
    } catch (const SendFailed& failed) {
      return failure_of(failed);
    } catch (const std::exception& exception) {
      return failure_of(exception);
    } catch (...) {
      return failure_of_anything();
    }
  }
  // Only while what is named is handled.
  static Failure failure_of(const RecordFailed& failed);
  static Failure failure_of(const SendFailed& failed);
  static Failure failure_of(const std::exception& exception);
  static Failure failure_of_anything();
  static Failure failure_of(const Error& output_error);
  Blame blame_in(const Slice& slice, const Batch& batch, const Failure& failure) const;
  void fail(const Blame& blame, const Failure& failure, bool is_again);
  bool is_record_stuck() const { return failures_ >= kStuckAfter && strikes_ > 0; }
  bool is_lost(Offset offset, const Decision& decision) const;
  void tell_of_loss(Offset offset, const std::string& trace_id, const std::string& message);
  Decision decide(const Failure& failure);
  std::string why_undeliverable(const Decision& decision) const;
  Decision resolve(const Decision& decision, std::uint64_t strikes) const;
  Decision when_exhausted() const;
  void give_up_on(const Blame& blame, const Failure& failure, const Decision& decision,
                  bool is_chosen);
  // The partition is being taken away, or gone: nothing more is decided or sent here.
  bool is_the_next_owners() const;
  void wait_for(Duration wait);
  void halt(const Failure& failure);
  void succeeded();
  bool pass_by(const Record& record);
  bool send_dead_letter(const Record& failed, TakenAway& taken);
  void note_dead_letter_failure(Offset offset, const Error& error);

  // Going back (lane_rewind.cc).
  const Record* record_at(Offset offset) const;
  void move_to(Offset offset);
  void abandon_from(Offset offset);

  // Outputs and marks (lane_outputs.cc).
  void send(const OutgoingRecord& record) override;
  bool mark_through(Offset last);
  const Record* current_record() const;

  Partition& partition_;
  const ConsumerFactory factory_;
  const TopicSettings& settings_;
  std::unique_ptr<ConsumerBase> consumer_;  // made at the first run
  bool is_initialized_ = false;
  bool is_halted_ = false;
  bool is_blocked_ = false;

  std::deque<RecordBatch> batches_;  // oldest first; kept until done
  std::size_t next_batch_ = 0;       // the next record to run: its batch's index ...
  std::size_t next_record_ = 0;      // ... and its own in it
  std::size_t waiting_ = 0;

  ErrorTracker tracker_;
  int failures_ = 0;  // in a row, of the record (or batch) that begins at:
  Offset failed_offset_ = -1;
  std::uint64_t strikes_ = 0;     // of them, those that say something about the record
  int dead_letter_failures_ = 0;  // in a row
  int attempt_ = 1;
  TimePoint retry_at_ = kNever;
  Offset slices_end_ = -1;  // below it batches are of one record: somebody there is to blame
  std::map<Offset, TakenAway> taken_away_;  // until done
  std::optional<Offset> awaited_;           // dispatch = sync: its acknowledgement

  // While the consumer runs.
  const Record* running_record_ = nullptr;
  Batch* running_batch_ = nullptr;
  Offset running_last_ = -1;      // of the batch
  std::vector<Record> gathered_;  // a dispatch that spans batches
  std::vector<Record> healthy_;   // a dispatch without those that were taken away

  // Outputs under way of records that are not yet allowed to be marked; held by us; in offset
  // order, at most one for each offset.
  std::deque<PendingRecord*> unmarked_;
  Offset marked_below_ = 0;  // marked, or will be when outputs under way are acknowledged
};

}  // namespace rookery
