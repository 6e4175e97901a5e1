// partition.h
//
// One assigned partition as an actor: takes batches from its stream, has its lanes run over them,
// and goes away in order. At most one worker is inside its step at a time; no lock is held around
// user code.
//
//   assigned -> running -> end() -> (running work ends, hook, outputs acknowledged) quiesced ->
//   finish() -> gone
//
// With one lane (in_partition) that lane runs in the partition's own steps; several lanes run
// beside it (PartitionLanes), each by itself. What all of them know lies in PartitionMarks.
//
// After finish() nothing of this assignment can mark or send: every such call says so.
// Thread rules: W: on a worker, inside step; L: inside a step of a lane's task, which with one lane
// is the same; C: on the control thread; any: any thread.
#pragma once

#include <rookery/instrumentation/events.h>
#include <rookery/lanes/segment_filter.h>
#include <rookery/processing/filter_stage.h>
#include <rookery/processing/lane.h>
#include <rookery/processing/offsets.h>
#include <rookery/processing/partition_environment.h>
#include <rookery/processing/partition_lanes.h>
#include <rookery/processing/partition_marks.h>
#include <rookery/routing/settings.h>
#include <rookery/transport/group_consumer.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace rookery {

// Keeps the control thread and a step apart, without either waiting for the other.
class StepGate {
 public:
  bool enter();  // the step; false: it is closed
  bool leave();  // true: who wanted to close it is to be woken
  bool close();  // the control thread; false: a step is inside
  void open();

 private:
  enum State : int { kFree, kInside, kInsideAwaited, kClosed };
  std::atomic<int> state_{kFree};
};

class Partition final : public Task, public OutputListener {
 public:
  Partition(std::shared_ptr<PartitionEnvironment> environment, const AssignedPartition& assigned,
            ConsumerFactory factory, TopicSettings settings);
  ~Partition() override;

  // C, once: from now on it runs.
  void start();
  // C: no new work; running work may finish, then on_quiesced tells. Idempotent; a stronger ending
  // (lost) replaces a weaker.
  void end(Ending ending);
  // C: the end, quiesced or not: marks and sends answer "no longer ours" from now on.
  void finish();
  // C: runs of user code that have gone on for consume_timeout; each is told once.
  std::vector<PartitionMarks::SlowRun> slow_runs(TimePoint time) {
    return marks_.slow_runs(time, settings_.consume_timeout);
  }
  Offset log_end() const { return stream_->log_end(); }
  // Null: nobody wants to know how long consumers run.
  TopicTimes* times() const { return times_; }
  std::optional<PartitionMarks::SlowRun> longest_run(TimePoint time) const {
    return marks_.longest_run(time);
  }

  // any
  const TopicPartition& topic_partition() const { return topic_partition_; }
  AssignmentId assignment() const { return assignment_; }
  const TopicSettings& settings() const { return settings_; }
  PartitionEnvironment& environment() { return *environment_; }
  const std::shared_ptr<PartitionEnvironment>& shared_environment() const { return environment_; }
  PartitionMarks& marks() { return marks_; }
  bool is_quiesced() const { return marks_.is_quiesced(); }
  bool is_gone() const { return marks_.is_gone(); }
  bool is_revoked() const;
  bool is_lost() const { return ending_.load() == static_cast<int>(Ending::kLost); }
  bool is_ending() const { return ending_.load() != static_cast<int>(Ending::kNone); }
  Offset committable() const { return marks_.committable(); }
  // The user's string that came with the committed offset; empty: none.
  const std::string& committed_metadata() const { return committed_metadata_; }
  // What a commit says now; and why what was found in the last one was ignored, empty: it was not.
  PartitionMarks::Committable committable_progress() const { return marks_.committable_progress(); }
  const std::string& metadata_problem() const { return metadata_problem_; }
  std::string describe() const;

  // What consumers ask, and wait for (offsets.h). L, inside user code; pause and resume: any.
  Result<Offset> seek(const SeekTo& to, TimePoint deadline);  // partition_seek.cc
  Status commit(TimePoint deadline);                          // partition_commit.cc
  bool commit_async();
  Error no_longer_ours(const char* what) const;
  void pause(Duration time);  // partition_pause.cc
  void resume();
  bool is_paused() const;
  TimePoint paused_until() const;  // in the past, or beginning of time: it is not paused

  // C: a seek. Nothing is taken while it is held; false: a step takes, and wakes the control thread
  // when it is through.
  bool hold_still();
  void move_to(Offset target);  // the stream has moved
  void let_go();
  // C: where the stream stands is not known: nothing is taken.
  void set_adrift(bool is_adrift) { is_adrift_.store(is_adrift); }

  // L
  void note_records_consumed(std::size_t count) {
    environment_->records_consumed.fetch_add(count, std::memory_order_relaxed);
    if (environment_->events->wants(EventKind::kRecordsConsumed)) publish_consumed(count);
    if (times_ != nullptr) times_->records.fetch_add(count, std::memory_order_relaxed);
  }
  PendingRecord* make_pending(LaneDesk& desk, Offset offset, bool is_dead_letter,
                              std::string trace_id, std::shared_ptr<const OutputOrigin> origin);
  // Whether retention has passed the record, as far as is known: asks in the background.
  bool has_left_the_log(Offset offset);
  // none: being asked for; a step of `asking` follows when it is known.
  std::optional<Result<std::int32_t>> partition_count(const std::string& topic, Task& asking);
  // The lane's end: its hook, and all that it holds.
  void end_lane(Lane& lane, LaneDesk& desk);
  // A step had no memory to end with: all lanes stop where they are, and nothing is marked.
  void break_down();
  bool is_broken() const { return is_broken_.load(std::memory_order_relaxed); }

  // Of an attempt of a record; 0: of none.
  void publish_failure(const std::string& type, const std::string& error_class,
                       const std::string& message, std::optional<Offset> offset, int attempt,
                       const std::string& trace_id, bool is_fatal);
  void publish_retry(std::optional<Offset> offset, int attempt, Duration wait);
  void publish_taken(EventKind kind, const DeadLetterSource& source, const std::string& message);
  void publish_error(const std::string& type, const std::string& error_class,
                     const std::string& message, std::optional<Offset> offset = {},
                     const std::string& trace_id = {}, bool is_fatal = false);

  // any, from outputs
  void on_outputs_acknowledged(PendingRecord& pending) override;
  void on_output_failed(PendingRecord& pending, const Error& error, bool is_still_wanted) override;
  void on_pending_gone(PendingRecord& pending) override;

 private:
  static constexpr Duration::rep kNotPaused = Duration::min().count();

  Partition(std::shared_ptr<PartitionEnvironment> environment, const AssignedPartition& assigned,
            ConsumerFactory factory, TopicSettings settings, DecodedMetadata inherited);

  // The only lane of a partition.
  struct Sole {
    Sole(Partition& partition, ConsumerFactory factory);

    LaneDesk desk;
    Lane lane;
    TimePoint first_waiting = kNever;  // when the oldest record not yet run was taken
    TimePoint looked_at{};             // at the log, behind a record that fails for ever
    bool is_ended = false;
  };

  void step() override;
  bool step_to_the_end();
  void start_over_if_moved();
  void hear_of_seek();
  bool waits_for_resume();
  void tell_of_pause(EventKind kind, const std::string& message);

  // One lane (partition_sole.cc).
  void advance_sole();
  void go_back_if_needed();
  void drop_done();
  bool push_next(std::size_t most);  // false: nothing there, or no room
  bool must_wait_for_more();
  void look_at_the_log();

  // Several (partition.cc).
  void advance_lanes();

  // The end, and ticks (partition_life.cc).
  void note_end(const Taken& taken);
  bool is_end_due() const;
  bool tell_end_if_due();
  void rest();

  // Taking (partition_take.cc).
  RecordBatch take(std::size_t most);
  RecordBatch keep_undone(RecordBatch batch);
  std::optional<Taken> fetch(std::size_t most);
  void keep_own(Taken& taken);
  bool is_quiet() const { return environment_->is_quiet.load(std::memory_order_relaxed); }
  void tell_take_error(const Taken& taken);
  bool is_of_the_next_life(const RecordBatch& batch);
  bool forget_from(Offset offset);  // false: lanes have not all heard yet

  // Filters (partition_filters.cc).
  RecordBatch take_filtered(std::size_t most);
  void look_behind_what_waits();
  void tell_of_filters(const FilterStage::Outcome& outcome);

  void publish_consumed(std::size_t count);
  void publish_truncated(Offset offset);
  void publish_output_failure(const OutputFailure& failed);

  const std::shared_ptr<PartitionEnvironment> environment_;
  const TopicPartition topic_partition_;
  const AssignmentId assignment_;
  const std::shared_ptr<PartitionStream> stream_;
  const TopicSettings settings_;
  TopicTimes* const times_;
  const std::string metadata_problem_;
  const std::string committed_metadata_;

  const std::unique_ptr<const SegmentFilter> segment_;  // W; null: all records are ours
  Atomic<int> ending_{static_cast<int>(Ending::kNone)};
  std::atomic<bool> is_broken_{false};
  StepGate gate_;                     // of a partition with several lanes
  std::atomic<Offset> moved_to_{-1};  // by a seek; the step has not heard
  std::atomic<bool> is_adrift_{false};
  std::atomic<Duration::rep> paused_until_{kNotPaused};
  PartitionMarks marks_;
  std::unique_ptr<Sole> sole_;                // W: one of these two
  std::unique_ptr<PartitionLanes> lanes_;     // W
  std::unique_ptr<FilterStage> filters_;      // W; null: there are none
  std::optional<ErrorCode> last_take_error_;  // W
  bool is_at_end_ = false;                    // W: of what was taken, and not told yet
  Offset taken_below_ = -1;                   // W: where the next batch begins, or above
  std::optional<Taken> held_;  // W: of the log's next life, until lanes have forgotten the last
};

}  // namespace rookery
