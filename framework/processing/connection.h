// connection.h
//
// One membership of one consumer group: the control thread that polls its consumer, gives
// partitions their actors, commits what they finished, hands back what is revoked, and leaves in
// order.
//
// It never runs user code, so it never stops polling: however long consumers take, the member stays
// in its group. Thread rules: start, stop and join from the server; the rest is the control
// thread's.
#pragma once

#include <rookery/instrumentation/events.h>
#include <rookery/processing/ending_set.h>
#include <rookery/processing/partition.h>
#include <rookery/processing/progress.h>
#include <rookery/processing/server_statistics.h>
#include <rookery/processing/vitals.h>
#include <rookery/routing/app.h>
#include <rookery/runtime/thread.h>
#include <rookery/transport/transport.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rookery {

struct ConnectionOptions {
  std::string group;
  GroupSettings settings;
  std::map<std::string, std::pair<ConsumerFactory, TopicSettings>> topics;
  Duration shutdown_timeout{};
};

class Connection {
 public:
  Connection(ConnectionOptions options, std::unique_ptr<GroupConsumer> consumer,
             std::shared_ptr<PartitionEnvironment> environment);
  ~Connection();

  Status start();
  void stop();                          // returns at once; idempotent
  bool join_until(TimePoint deadline);  // true: the control thread has ended
  // After the end: whether all work ended in time, its last commit succeeded and the consumer
  // closed.
  bool ended_cleanly() const { return ended_cleanly_; }
  // Any thread.
  std::string describe() const;
  void add_progress(std::vector<PartitionProgress>& all) const;
  void add_gauges(std::vector<PartitionGauges>& all) const;
  void add_vitals(TimePoint time, Vitals& vitals) const;
  // As the control thread saw them last, at most a second ago; of none when it has ended.
  void add_statistics(std::vector<ServerStatistics>& all) const;

 private:
  struct Owned {
    std::shared_ptr<Partition> partition;
    Offset committed = -1;   // acknowledged
    Offset committing = -1;  // asked for, not yet answered; -1: none
    CommitId commit;         // of `committing`
    // Of the record before each; -1: not known, as of what an earlier owner committed.
    std::int32_t committed_epoch = -1;
    std::int32_t committing_epoch = -1;
    // What was, and is to be, committed with them. None: not known, a commit failed.
    std::optional<std::string> committed_metadata;
    std::string committing_metadata = {};
    std::size_t metadata_bytes_most = kCommitMetadataBytesMost;
    bool is_overflow_told = false;
  };

  void run();
  bool advance();  // false: it is over
  void tick() { ticked_at_.store(now(), std::memory_order_relaxed); }
  Duration commit_interval() const;
  bool note_bad_alloc();  // false: it cannot go on
  TimePoint next_deadline() const;
  void handle(Assigned& assigned);
  void handle(Revoking& revoking);
  void handle(CommitDone& done);
  void handle(ConsumerError& error);
  void handle(ConnectionRestored& restored);
  void handle(Statistics&) {}
  // is_asked_for: by somebody who wants the coordinator's word, also for what is committed already.
  CommitId commit(const std::vector<AssignmentId>& assignments, bool is_asked_for = false);
  // What consumers wait for (connection_requests.cc).
  void serve_requests();
  void answer_commits(const CommitDone& done);
  void give_up_requests(const std::vector<AssignmentId>& assignments);
  void seek(Partition& partition, const std::shared_ptr<ControlRequest>& request);
  Status move(Partition& partition, const ControlRequest& request);
  void return_strays();
  Offset position_of(const TopicPartition& partition) const;
  std::string encode(Owned& owned, const PartitionMarks::Committable& done);
  static bool is_told(const Owned& owned, const PartitionMarks::Committable& done,
                      const std::string& metadata);
  static void note_answer(Owned& owned, const CommitResult& result, bool is_latest);
  void commit_if_due();
  void watch();
  PartitionProgress progress_of(const Owned& owned) const;
  void add_slow_runs(Partition& partition, TimePoint time, std::vector<Event>& events);
  void advance_endings();
  void end_work(EndingSet& ending);
  void commit_last(EndingSet& ending);
  void end_commits(EndingSet& ending);
  void begin_shutdown();
  void close();
  void publish(EventKind kind, std::string message);
  void publish(EventKind kind, const std::vector<TopicPartition>& partitions);
  // And the offsets where they start; none: at the initial one.
  void publish_assigned(const std::map<TopicPartition, std::optional<Offset>>& starts);
  void publish_error(const std::string& type, const Error& error,
                     std::optional<TopicPartition> partition = {},
                     std::optional<Offset> offset = {});
  void forget(const std::vector<AssignmentId>& assignments);

  const ConnectionOptions options_;
  const std::unique_ptr<GroupConsumer> consumer_;
  const std::shared_ptr<PartitionEnvironment> environment_;
  const Duration watch_interval_;
  Thread thread_;
  Atomic<bool> is_stopping_{false};
  // When the control thread last went round; kNever: it has ended in order, or not begun. An error
  // leaves it as it is.
  std::atomic<TimePoint> ticked_at_{kNever};
  bool ended_cleanly_ = true;  // written before the thread's end

  // Control thread.
  TimePoint next_commit_ = kNever;
  TimePoint next_watch_ = kNever;
  std::vector<EndingSet> endings_;
  bool is_shutting_down_ = false;
  int bad_allocs_ = 0;
  std::vector<std::pair<CommitId, std::shared_ptr<ControlRequest>>> asked_commits_;
  std::map<AssignmentId, Offset> strays_;  // where a seek failed: where the stream is to be again
  TimePoint return_again_ = kNever;

  mutable Mutex mutex_{"connection", ranks::kGroupControl};
  // Written by the control thread under mutex_, read by describe().
  std::map<AssignmentId, Owned> owned_;
  std::string consumer_text_;
  ClientStatistics statistics_;
};

}  // namespace rookery
