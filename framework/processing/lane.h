// lane.h
//
// An ordered queue of work inside a partition, with its own long-lived consumer object: runs it
// over the records, does with what fails as the error policy and the dead letter queue say, and
// keeps each batch until all its records are done, so that it can be run again.
//
// A partition has one, or several that run at once. Records of a lane come in offset order, and are
// marked as the lane's own: those of its neighbours lie between.
//
// Eight sources: lane.cc runs, lane_waiting.cc runs what is finished later, lane_batches.cc keeps
// what there is to run, lane_failure.cc deals with what failed, lane_rewind.cc goes back,
// lane_dead_letters.cc deals with what was given up, lane_outputs.cc sends and marks,
// lane_offsets.cc is what else the consumer does with offsets, lane_life.cc runs hooks.
//
// Thread rules: only inside a step of its task (LaneDesk::task); the consumer's own questions come
// from inside that.
#pragma once

#include <rookery/lanes/lane_batch.h>
#include <rookery/processing/completion_slot.h>
#include <rookery/processing/consumer.h>
#include <rookery/processing/lane_desk.h>
#include <rookery/processing/lane_trace.h>
#include <rookery/processing/output_producer.h>
#include <rookery/recovery/error_tracker.h>
#include <rookery/routing/settings.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/record.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rookery {

class Partition;

class Lane final : public ConsumerContext, private Outputs, private Offsets {
 public:
  // The desk and the settings outlive it.
  Lane(Partition& partition, LaneDesk& desk, ConsumerFactory factory,
       const TopicSettings& settings);
  virtual ~Lane();

  void push(LaneBatch batch);
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
  // letter is acknowledged, a partition count is known, the process stops, a record is finished.
  bool is_blocked() const { return is_blocked_ || is_under_way_; }
  // A record's consume has returned, and its Completion is not finished: the lane stands at it.
  // Nothing but settle, push and drop_* may be called.
  bool is_under_way() const { return is_under_way_; }
  // Deals with what became of it. False: still under way.
  bool settle();

  // Runs the consumer over one dispatch: one batch of records, below `below` alone. Stops early
  // when the partition is interrupted or a record fails.
  void run(Offset below = std::numeric_limits<Offset>::max());
  // The first of those that wait; there is one.
  Offset next_offset() const { return next_record().offset(); }
  // The record that failed and runs again; of a batch whose failed record is not known, the last.
  Offset last_failed() const { return std::max(suspects_end_ - 1, next_offset()); }
  // An output of a record failed: the record has, and it and all after run again after a backoff.
  // Their marks are taken back by the partition.
  void rewind(const OutputFailure& failed);
  // What was taken at and above `offset` is not in the log any more: it is not run again, and what
  // becomes of its outputs no longer counts. Answers how many batches are gone.
  std::size_t forget_from(Offset offset);
  // A seek to `target`: what lies there and above is taken anew, and what was not begun below it is
  // nobody's any more. Answers how many batches are gone.
  std::size_t leave(Offset target);
  // What is kept: after a seek, what was begun and is brought to its end.
  std::vector<Offset> begun() const;
  // Gives back the batches all of whose records are below `done`. Answers the end of the oldest one
  // kept; none when none is.
  std::optional<Offset> drop_below(Offset done);
  // Gives back the oldest batches all of whose records are done. Answers how many.
  std::size_t drop_done();
  // The oldest batch that was run and is not done; empty when none is.
  std::span<const Record> undone() const;
  // Takes back the marks of the lane's records at and above `offset`.
  void unmark_from(Offset offset);
  // Gives back what has no order, behind a record that is waited for: for other lanes.
  void give_back_loose();

  // The consumer's life. A throw of a hook becomes an event.
  // Nothing is left to run, or under way, but outputs.
  bool is_idle() const;
  // Idle, at the partition's end: makes the consumer if need be, and tells it. False: it could not
  // be made, again at retry_at().
  bool tell_end();
  // Idle: has the consumer tick when it is time. Answers when the next tick is due; kNever: none.
  TimePoint tick_if_due();
  void run_hook(void (ConsumerBase::*hook)(), const char* name);
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
  Offsets& offsets() override { return *this; }
  std::optional<Duration> consumption_lag() const override;
  Duration processing_lag() const override;

 private:
  static constexpr int kStuckAfter = 5;  // failures in a row
  // How long the lane runs record after record while other tasks wait for a worker.
  static constexpr Duration kTurn = std::chrono::milliseconds(1);

  // One error, as far as it is known where it is caught.
  struct Failure {
    std::string place;  // "consume", "wrap", "output", "initialized", "dead_letter"
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
    std::shared_ptr<const OutputOrigin> origin = {};  // of its dead letter's span
  };
  // What a batch consumer is given, of the next records in the lane.
  struct Slice {
    std::span<const Record> raw;      // with those that were taken away
    std::span<const Record> records;  // without
  };

  // Running (lane.cc).
  // What running_record_ or running_batch_ points at: while the consumer runs and no longer,
  // however that ends. Hooks that run after memory was out may ask.
  template <class T>
  class Running {
   public:
    Running(T*& place, T& what) : place_(place) { place_ = &what; }
    ~Running() { place_ = nullptr; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    T*& place_;
  };
  bool is_interrupted() const { return desk_.is_interrupted.load(std::memory_order_relaxed); }
  // Of records in [first, end).
  void note_consume_began(Offset first, Offset end) {
    tried_below_ = std::max(tried_below_, end);
    desk_.note_began(++consume_count_, first);
  }
  void note_consume_ended() { desk_.note_ended(); }
  void run_records();
  bool goes_on_with(std::size_t batch, std::size_t records) const;
  bool is_turn_over(const WorkerPool& pool) const;
  void run_batch();
  std::optional<Failure> run_consumer(const Record& record);
  std::optional<Failure> run_consumer(Batch& batch);
  void end_batch(const Slice& slice, Batch& batch, const std::optional<Failure>& failure);
  std::optional<Slice> next_slice();

  // The consumer's life (lane_life.cc).
  void make_consumer();
  void fail_without_record(const Failure& failure);

  // Finishing later (lane_waiting.cc).
  void run_waiting();
  void begin_waiting();
  void end_waiting(const std::optional<Failure>& failure);
  void hold_own_outputs();

  // Tracing; all nothing where none is on.
  void trace_begin(const Record& record) {
    if (trace_) trace_->begin(record, attempt_);
  }
  void trace_end(const std::optional<Failure>& failure) {
    if (trace_) trace_->end(failure ? failure->error_class : "", failure ? failure->message : "");
  }
  std::shared_ptr<const OutputOrigin> origin_of(const Record& input) const {
    return trace_ ? trace_->origin_of(input) : nullptr;
  }
  std::string output_trace_id(const Record& input) const;

  // What there is to run (lane_batches.cc).
  const Record& next_record() const { return batches_[next_batch_][next_record_]; }
  std::span<const Record> next_records(std::size_t most);
  void advance(std::size_t records);
  void forget_taken_below(Offset done);

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
    } catch (const WrapFailed& failed) {
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
  static Failure failure_of(const WrapFailed& failed);
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
  std::size_t forget_from(Offset offset, bool is_lost);

  // Outputs, marks and offsets (lane_outputs.cc, lane_offsets.cc).
  void send(const OutgoingRecord& record) override;
  bool mark(const Record& record, std::string metadata) override;
  Status mark_and_commit(const Record& record, Duration timeout) override;
  Status mark_and_commit(const Record& record, std::string metadata, Duration timeout) override;
  Status commit(Duration timeout) override;
  bool commit_async() override;
  const std::string& committed_metadata() const override;
  Result<Offset> seek(const SeekTo& to, Duration timeout) override;
  void pause(Duration time) override;
  void resume() override;
  bool is_paused() const override;
  Status commit_marked(const Record& record, TimePoint deadline);
  bool is_loose() const { return !batches_.empty() && batches_.front().is_loose(); }
  bool mark_through(Offset last);
  bool mark_own(Offset first, Offset last);
  const Record* current_record() const;

  Partition& partition_;
  LaneDesk& desk_;
  const ConsumerFactory factory_;
  const TopicSettings& settings_;
  std::unique_ptr<ConsumerBase> consumer_;  // made at the first run
  bool is_initialized_ = false;
  bool is_halted_ = false;
  bool is_blocked_ = false;

  std::deque<LaneBatch> batches_;  // oldest first; kept until done
  std::size_t next_batch_ = 0;     // the next record to run: its batch's index ...
  std::size_t next_record_ = 0;    // ... and its own in it
  std::size_t waiting_ = 0;
  Offset begun_below_ = 0;  // the lane has run (or passed by) what it had below
  Offset tried_below_ = 0;  // the consumer was given what it had below, done or not

  ErrorTracker tracker_;
  int failures_ = 0;  // in a row, of the record (or batch) that begins at:
  Offset failed_offset_ = -1;
  Offset suspects_end_ = -1;      // it is below: the record, or one of its batch
  std::uint64_t strikes_ = 0;     // of them, those that say something about the record
  int dead_letter_failures_ = 0;  // in a row
  int attempt_ = 1;
  TimePoint retry_at_ = kNever;
  TimePoint next_tick_ = kNever;  // kNever: it was not idle
  Offset slices_end_ = -1;        // below it batches are of one record: somebody there is to blame
  std::map<Offset, TakenAway> taken_away_;  // until done
  std::optional<Offset> awaited_;           // dispatch = sync: its acknowledgement

  std::unique_ptr<LaneTrace> trace_;             // null: nothing is traced
  std::shared_ptr<CompletionSlot> completions_;  // of a consumer that finishes later
  bool is_under_way_ = false;                    // the next record to run

  // While the consumer runs.
  Offset run_below_ = std::numeric_limits<Offset>::max();
  TimePoint turn_ends_ = kNever;  // when others wait
  std::uint64_t consume_count_ = 0;
  mutable std::uint64_t lag_of_ = 0;  // the run whose processing lag is known:
  mutable Duration lag_{};
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
