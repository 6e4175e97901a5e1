// partition_marks.h
//
// What is known of a partition's records under one lock: which were taken and are done, which
// outputs are under way, which the consumer gets no more, and what lanes and their partition have
// to tell each other. It calls nobody; what follows from a change is answered, and done by who
// asked.
//
// Thread rules: any thread.
#pragma once

#include <rookery/processing/lane_desk.h>
#include <rookery/processing/ledger.h>
#include <rookery/processing/output_producer.h>
#include <rookery/progress/commit_metadata.h>
#include <rookery/progress/done_beyond.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace rookery {

class PartitionMarks {
 public:
  // inherited: what earlier owners have done beyond the committed offset (0: there is none), and
  // the user's string that came with it.
  PartitionMarks(std::size_t window, DoneBeyond inherited, Offset committed,
                 std::string own_metadata)
      : window_(window), inherited_(std::move(inherited)) {
    if (!own_metadata.empty()) own_metadata_[committed] = std::move(own_metadata);
  }

  // Whose step is due.
  struct Due {
    bool lane = false;
    bool partition = false;  // with several lanes: there is room, or one is free
  };

  // ---- Lanes. The desk outlives the marks' use of it.
  void add_lane(LaneDesk& desk);
  void interrupt_all();  // the partition ends: from now on no output makes its record run again
  bool are_all_ended() const;
  // Runs of user code that have gone on for `timeout`; each is told once. Control thread.
  struct SlowRun {
    Offset offset = -1;          // its first record; -1: none
    const char* hook = nullptr;  // null: consume
    Duration lasts{};            // at least
  };
  std::vector<SlowRun> slow_runs(TimePoint time, Duration timeout);
  std::size_t busy_lanes() const;  // that run user code now
  // The longest that goes on, as far as was seen by then.
  std::optional<SlowRun> longest_run(TimePoint time) const;
  std::string describe() const;

  // ---- Taking
  // How many records may be taken now, 0 when that is to wait: until there is room for `wanted`, or
  // for any when no lane has something to run. A step is due then, but with wanted = 0.
  // While what is done beyond the prefix takes most of the room in a commit's metadata (75 %),
  // lanes end what they have first, and nothing is taken as long as one can run something: those
  // records are the holes. When all wait or are idle it goes on.
  std::size_t room(std::size_t wanted);
  void take(std::span<const Record> records, Offset next_offset);
  // Of what was taken, what is to be run: without the records that an earlier owner has done, which
  // are done here, too.
  RecordBatch keep_undone(RecordBatch batch);
  // Forgets what was taken at and above `offset`. Answers failures that no longer matter.
  std::vector<OutputFailure> forget_from(Offset offset);
  // Has every lane forget that, too. Answers the tasks to be scheduled; none when there is no lane.
  std::vector<Task*> ask_to_forget(Offset offset);
  bool is_forgetting() const;  // a lane has not yet
  // Puts shares on the desks, which are by lane. Answers whose task is to be scheduled.
  void give(LaneDesk& desk, LaneBatch batch);
  // What lanes have left since the last time.
  struct Note {
    std::size_t lane = 0;
    std::size_t completed = 0;
    std::size_t forgotten = 0;
    std::vector<LaneBatch> returned;
  };
  std::vector<Note> collect_notes();
  // At the partition's end, nothing waits for a lane: has each lane tell its consumer, if all are
  // idle. Answers the tasks to be scheduled; none when a lane is not idle: a step is due when all
  // are.
  std::optional<std::vector<Task*>> tell_end();
  // Whether records wait for a free lane. True: one may have become free since the last collecting.
  bool set_lanes_wanted(bool are_wanted);

  // ---- A lane's step
  struct Orders {
    std::vector<LaneBatch> given;
    std::optional<Offset> forget_from;
    bool is_moved = false;  // by a seek
    bool is_end = false;    // of the partition, before what was given: to be told
  };
  Orders collect_orders(LaneDesk& desk);
  // The failure to go back for, of the lane's outputs; its interruption ends.
  std::optional<OutputFailure> take_failure(LaneDesk& desk);
  // Takes back the marks of the lane's records at and above `offset`: it has these batches. They
  // run again, and so will their outputs: those under way no longer count.
  void unmark_from(LaneDesk& desk, Offset offset, const std::deque<LaneBatch>& batches);
  // Ends a step. is_busy: there is more to run.
  struct Report {
    std::size_t completed = 0;
    std::optional<std::size_t> forgotten = {};  // it did forget, as these orders say
    std::optional<Offset> forgotten_from = {};
    bool is_moved = false;
    std::vector<Offset> begun = {};  // after a seek: what is brought to its end below it
    bool is_busy = false;
    bool is_in_turn = true;               // or it has something to run, and is not to now
    bool is_idle = false;                 // nothing is left to run, not even later
    std::span<const Record> undone = {};  // the oldest share that was run and is not done
    bool is_ended = false;
  };
  Due report(LaneDesk& desk, Report report);
  void give_back(LaneDesk& desk, LaneBatch batch);
  // All below `done` is over; a step is due when the done prefix reaches wake_at. False: it has.
  bool set_wake_at(LaneDesk& desk, Offset done, std::optional<Offset> wake_at);

  // ---- Seeking (partition_seek.cc)
  // The stream goes on at `target`. What was taken there and above is forgotten; what was taken
  // below and not begun counts as done as soon as all lanes have heard. Answers their tasks, to be
  // scheduled. Control thread, while nothing is taken.
  std::vector<Task*> move_to(Offset target);
  // A partition's only lane has heard.
  void heard(LaneDesk& desk, const Orders& orders, std::vector<Offset> begun);
  // Has all lanes stop behind what they run. Answers their tasks, for when they go on.
  std::vector<Task*> interrupt_lanes();

  // ---- Committing (partition_commit.cc)
  // From the commit on that has all below `offset` done, commits carry it.
  void set_own_metadata(Offset offset, std::string text);
  // Until all these records of the lane are done.
  Status wait_until_done(LaneDesk& desk, std::span<const Offset> offsets, TimePoint deadline);

  // ---- Marks
  // False when gone, or when the lane's records there are forgotten; an empty range asks only that.
  // by: null: no lane's.
  bool mark_range(Offset first, Offset last, const LaneDesk* by = nullptr);
  bool mark(std::span<const Record> records, const LaneDesk& by);  // in offset order
  bool counts(Offset offset, const LaneDesk& by) const;
  // How many of the first are done.
  std::size_t done_prefix(std::span<const Record> records) const;
  Offset committable() const;  // it falls only when the stream went back
  // What a commit says: the offset, and what is done beyond it, records of one lane in their order:
  // nothing behind a record whose outputs are under way, or have failed and will be sent again.
  struct Committable {
    Offset offset = -1;              // -1: nothing was ever taken
    std::int32_t leader_epoch = -1;  // of the last record below; -1: unknown
    CommitProgress progress;
  };
  Committable committable_progress() const;
  std::size_t outstanding() const;
  void forget_taken_away_below(Offset done);
  // The consumer gets this record no more, and its dead letter marks it. Marks pass it by: with
  // marks_itself it is marked when the dead letter is acknowledged, else when marks have covered
  // it, too.
  void take_away(Offset offset, bool marks_itself);
  bool is_dead_letter_acknowledged(Offset offset) const;

  // ---- Outputs under way
  void add_pending(LaneDesk& desk, PendingRecord& pending);
  std::size_t pending() const;
  Due acknowledged(PendingRecord& pending, bool is_awaited);
  struct Failed {
    bool will_run_again = false;
    std::optional<OutputFailure> told_here;  // not by the lane that goes back
  };
  Failed failed(PendingRecord& pending, OutputFailure failure, bool is_still_wanted);
  // is_last: no other is under way.
  struct Gone {
    bool is_last = false;
    bool is_lane_due = false;
  };
  Gone gone(PendingRecord& pending);

  // ---- The end
  bool is_gone() const { return is_gone_.load(std::memory_order_acquire); }
  void set_gone();
  void close();  // broken: gone, and nothing more is counted
  bool is_quiesced() const;
  // Whether that is new. is_forced: whatever is under way.
  bool quiesce(bool is_forced);

 private:
  struct TakenAway {
    bool marks_itself = true;
    bool is_covered = false;  // by marks
    bool is_acknowledged = false;
  };

  std::size_t done_prefix_locked(std::span<const Record> records) const;
  bool has_room(std::size_t wanted) const;
  std::size_t room_left() const;
  bool is_metadata_nearly_full() const;
  OffsetRanges done_in_order() const;
  void add_inherited(CommitProgress& progress, Offset committable) const;
  void mark_dead_letter(Offset offset);
  void mark_one(Offset offset);
  bool is_fed();  // the partition waits for room, and there is
  void note(LaneDesk& desk);
  void forget_late(LaneDesk& desk, Offset offset);
  bool counts_locked(Offset last, const LaneDesk* by) const;
  void forget_at(Offset offset);
  bool end_forgetting(LaneDesk& desk, std::optional<Offset> from, bool is_moved,
                      std::vector<Offset> begun);
  void skip_unbegun();
  const std::string& own_metadata_at(Offset committable) const;
  void notify_waiting();

  const std::size_t window_;
  Atomic<bool> is_gone_{false};  // written under the lock: no mark slips in after it
  mutable Mutex mutex_{"partition", ranks::kPartition};  // guards what follows
  Ledger ledger_;
  DoneBeyond inherited_;                        // what was not yet taken of it
  std::map<Offset, std::string> own_metadata_;  // by the committed offset from which on each holds
  Offset failed_at_the_end_ = LaneDesk::kNoWake;  // the lowest record whose output has
  std::vector<PendingRecord*> pending_;     // records whose outputs are under way, in no order
  std::map<Offset, TakenAway> taken_away_;  // until done
  std::vector<LaneDesk*> desks_;
  std::vector<LaneDesk*> noted_;
  std::size_t busy_ = 0;              // lanes
  std::size_t not_idle_ = 0;          // lanes
  std::size_t forgetting_ = 0;        // lanes
  std::optional<Offset> skip_below_;  // when none is any more: what was not begun there is done ...
  std::vector<Offset> begun_;         // ... and this was
  ConditionVariable waited_for_{"partition.waited_for"};
  std::size_t waiting_ = 0;  // threads
  std::size_t ended_ = 0;    // lanes
  std::size_t wanted_ = 0;   // room that the partition waits for; 0: it does not
  bool are_lanes_wanted_ = false;
  bool is_end_waiting_ = false;  // for all lanes to be idle
  bool is_ending_ = false;
  bool is_quiesced_ = false;
  bool is_closed_ = false;
};

}  // namespace rookery
