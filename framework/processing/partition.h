// partition.h
//
// One assigned partition as an actor: takes batches from its stream, runs its lane over them, keeps
// the ledger, and goes away in order. At most one worker is inside its step at a time; no lock is
// held around user code.
//
//   assigned -> running -> end() -> (running work ends, hook, outputs acknowledged) quiesced ->
//   finish() -> gone
//
// After finish() nothing of this assignment can mark or send: every such call says so.
// Thread rules: W: on a worker, inside step; C: on the control thread; any: any thread.
#pragma once

#include <rookery/instrumentation/events.h>
#include <rookery/processing/event_publisher.h>
#include <rookery/processing/event_relay.h>
#include <rookery/processing/lane.h>
#include <rookery/processing/ledger.h>
#include <rookery/processing/log_starts.h>
#include <rookery/processing/output_producer.h>
#include <rookery/processing/worker_pool.h>
#include <rookery/producing/partition_counts.h>
#include <rookery/routing/settings.h>
#include <rookery/transport/group_consumer.h>

#include <atomic>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rookery {

// What all partitions of a connection share. Outlives them.
struct PartitionEnvironment {
  std::string group;
  std::string origin;                      // of events
  const EventPublisher* events = nullptr;  // never null
  WorkerPool* pool = nullptr;
  EventRelay* relay = nullptr;  // for what the control thread tells; never null
  OutputProducer* outputs = nullptr;
  PartitionCounts* partition_counts = nullptr;  // of dead letter topics; null: there are none
  LogStarts* log_starts = nullptr;              // never null
  Duration output_timeout{};                    // how long a send may wait for room
  // All on any thread, no lock held.
  std::function<void()> on_quiesced;
  std::function<void(const Error&)> on_fatal;            // a client can never work again
  std::function<void(const std::string&)> on_bad_alloc;  // which thread has run out of memory
  Atomic<bool> is_quiet{false};                          // take nothing more
  std::atomic<std::uint64_t> records_consumed{0};
};

enum class Ending : int { kNone, kShutdown, kRevoked, kLost };

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

  // any
  const TopicPartition& topic_partition() const { return topic_partition_; }
  AssignmentId assignment() const { return assignment_; }
  const TopicSettings& settings() const { return settings_; }
  PartitionEnvironment& environment() { return *environment_; }
  bool is_quiesced() const;
  bool is_gone() const { return is_gone_.load(std::memory_order_acquire); }
  bool is_revoked() const;
  bool is_lost() const { return ending_.load() == static_cast<int>(Ending::kLost); }
  bool is_ending() const { return ending_.load() != static_cast<int>(Ending::kNone); }
  Offset committable() const;  // it falls only when the stream went back
  std::string describe() const;
  // Of the consume under way: its number, 0 when none is. For the watchdog.
  std::uint64_t consume_under_way() const { return consume_.load(std::memory_order_relaxed); }

  // W, for the lane.
  bool is_interrupted() const { return is_interrupted_.load(std::memory_order_relaxed); }
  void note_consume_began() { consume_.store(++consume_count_, std::memory_order_relaxed); }
  void note_consume_ended() { consume_.store(0, std::memory_order_relaxed); }
  void note_records_consumed(std::size_t count) {
    environment_->records_consumed.fetch_add(count, std::memory_order_relaxed);
  }
  bool mark_range(Offset first, Offset last);  // false when gone; an empty range asks only that
  PendingRecord* make_pending(Offset offset, bool is_dead_letter, std::string trace_id);
  // The consumer gets this record no more, and its dead letter marks it. mark_range passes it by:
  // with marks_itself it is marked when the dead letter is acknowledged, else when a range has
  // covered it, too.
  void take_away(Offset offset, bool marks_itself);
  bool is_dead_letter_acknowledged(Offset offset) const;
  // Whether retention has passed the record, as far as is known: asks in the background.
  bool has_left_the_log(Offset offset);
  // none: being asked for; a step follows when it is known.
  std::optional<Result<std::int32_t>> partition_count(const std::string& topic);

  // Of an attempt of a record; 0: of none.
  void publish_failure(const std::string& type, const std::string& error_class,
                       const std::string& message, std::optional<Offset> offset, int attempt,
                       const std::string& trace_id, bool is_fatal);
  void publish_retry(Offset offset, int attempt, Duration wait);
  void publish_taken(EventKind kind, const DeadLetterSource& source, const std::string& message);
  void publish_error(const std::string& type, const std::string& error_class,
                     const std::string& message, std::optional<Offset> offset = {},
                     const std::string& trace_id = {}, bool is_fatal = false);

  // any, from outputs
  void on_outputs_acknowledged(PendingRecord& pending) override;
  void on_output_failed(PendingRecord& pending, const Error& error, bool is_still_wanted) override;
  void on_pending_gone(PendingRecord& pending) override;

 private:
  void step() override;
  void advance();
  void break_down();
  bool step_to_the_end();
  void step_to_the_broken_end();
  void end_lane(Ending ending);
  void rewind_if_needed();
  void drop_done();
  bool take(std::size_t most);  // false: nothing there, or no room
  void look_at_the_log();
  void forget_from(Offset offset);
  bool must_wait_for_more();
  void mark_dead_letter_locked(Offset offset);
  void publish_output_failure(const OutputFailure& failed);

  const std::shared_ptr<PartitionEnvironment> environment_;
  const TopicPartition topic_partition_;
  const AssignmentId assignment_;
  const std::shared_ptr<PartitionStream> stream_;
  const TopicSettings settings_;

  Lane lane_;                                 // W
  TimePoint first_waiting_ = kNever;          // W: when the oldest record not yet run was taken
  std::optional<ErrorCode> last_take_error_;  // W
  TimePoint looked_at_{};                     // W: at the log, behind a record that fails for ever
  Offset taken_below_ = -1;                   // W: where the next batch begins, or above
  bool is_lane_ended_ = false;                // W
  bool is_broken_ = false;                    // W: a step had no memory to end with
  std::uint64_t consume_count_ = 0;           // W

  std::atomic<std::uint64_t> consume_{0};
  Atomic<bool> is_interrupted_{false};  // ending, or something to run again
  Atomic<bool> is_gone_{false};         // written under mutex_: no mark slips in after it
  Atomic<int> ending_{static_cast<int>(Ending::kNone)};

  mutable Mutex mutex_{"partition", ranks::kPartition};  // guards what follows
  static constexpr Offset kNoWake = std::numeric_limits<Offset>::max();
  Ledger ledger_;
  std::vector<PendingRecord*> pending_;          // records whose outputs are under way, in no order
  std::optional<OutputFailure> output_failure_;  // of the lowest offset: the lane goes back to it
  struct TakenAway {
    bool marks_itself = true;
    bool is_covered = false;  // by a range of marks
    bool is_acknowledged = false;
  };
  std::map<Offset, TakenAway> taken_away_;  // until done
  Offset wake_at_ = kNoWake;                // a step is due when the done prefix reaches this
  bool is_quiesced_ = false;
  bool is_ledger_closed_ = false;  // broken: nothing more is counted
};

}  // namespace rookery
