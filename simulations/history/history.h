// history.h
//
// What happened in one run, in one total order: what the cluster acknowledged and what user code
// saw.
//
// Never what the framework believes: its own books are what the checkers are to judge. Names are
// interned, events are small, so that a run of thousands of records costs little.
//
//   History history;
//   const auto orders = history.partition({"orders.v1", 3});
//   history.add({.at = now, .kind = EventKind::kAppended, .partition = orders, .offset = 41});
//   for (const std::string& line : history.timeline({.partition = orders}))
//   std::puts(line.c_str());
//
// Belongs to one run. Not thread-safe: only one fiber of a run is at work at a time.
#pragma once

#include <rookery/base/topic_partition.h>
#include <rookery/runtime/time_types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::sim {

// Interned names; kNone where an event has none.
using ProcessIndex = std::uint32_t;
using GroupIndex = std::uint32_t;
using PartitionIndex = std::uint32_t;
inline constexpr std::uint32_t kNone = UINT32_MAX;

// One partition in one process's hands, until it is taken away; one object of user code, from its
// making to its end, of which an ownership may have several; one run of a record through it; one
// send.
using OwnershipId = std::uint32_t;
using ConsumerId = std::uint32_t;
using RunId = std::uint64_t;
using SendId = std::uint64_t;

enum class EventKind : std::uint8_t {
  // Told by the cluster.
  kAppended = 1,  // partition, offset, key, detail: hash of key and value
  kGeneration,    // group, detail: its number; kMember and kAssigned follow
  kMember,        // group, process: takes part in the generation
  kAssigned,      // group, partition, process: owns it in the generation
  kRemoved,       // partition, offset: what lies below it went; detail: why (note)
  kCommitted,     // group, partition, offset, process, detail: generation
  // Told by whoever filled the input topics.
  kProduced,  // partition, offset, detail: hash; acknowledged to the producer
  // Told by user code.
  // process, group, partition, ownership, consumer, offset, run, batch, key, detail: hash
  kConsumeStarted,
  kConsumeEnded,        // the same fields: it returned
  kConsumeThrew,        // the same
  kMarked,              // the same: everything up to the offset (unordered: it alone), by the user
  kSent,                // process, run, send, detail: hash of the output
  kOutputAcknowledged,  // process, run, send, and partition and offset of the output
  kOutputFailed,        // process, run, send
  // Told by the world.
  kProcessStarted,  // process
  kProcessCrashed,
  kProcessPaused,
  kProcessResumed,
  kProcessStopped,  // in order
  kCutOff,          // process: cannot reach some node
  kReachable,       // process: it can again
  kFaultBegan,      // detail: place in the texts (note)
  kFaultEnded,      // the same
  // Told by the cluster.
  kAppendedWeakly,  // the same as kAppended; with acks=1 or 0, which promise little
  // partition, offset: from there on the log's records are in no leader's log any more, never seen
  // by consumers, and never by acks=all
  kLost,
  kLostLegally,  // the same, whoever saw them: an unclean election, or power was lost
  // Told by the transport, of what the framework sends by itself.
  kDeadLetterSent,    // process, group, partition and offset of the source, detail: hash
  kDeadLettered,      // the same: acknowledged
  kDeadLetterFailed,  // the same
  // The same, no hash: a failed record counts as done, as the policy says; or, with detail
  // kSkippedByFilter, a filter has dropped it.
  kSkipped,
  // Told by the cluster: the same as kAppended; an older leader wrote it, others followed another,
  // and an unclean election brings it back.
  kRestored,
  // Told by user code: process, group, partition, ownership; its partition may go elsewhere from
  // now on, and goes on at the offset.
  kSeekBegan,
  kSought,
  // Told by user code, the same fields as kMarked: it waits until its mark is committed, and goes
  // on.
  kCommitAwaited,
  kCommitWaitEnded,
};

// Of kSkipped.
inline constexpr std::uint64_t kSkippedByFilter = 1;

struct Event {
  TimePoint at{};
  EventKind kind = EventKind::kAppended;
  ProcessIndex process = kNone;
  GroupIndex group = kNone;
  PartitionIndex partition = kNone;
  OwnershipId ownership = kNone;
  ConsumerId consumer = kNone;
  Offset offset = -1;
  RunId run = 0;    // 0: none
  RunId batch = 0;  // of a run: the first run of its batch; the run itself when it is alone
  SendId send = 0;  // 0: none
  // Of a record: a hash of what orders it, its key unless the route says otherwise; 0: it has none.
  std::uint64_t key = 0;
  std::uint64_t detail = 0;
};

// Which part of a history a timeline tells. Faults and processes are always part of it; single
// records only of one about a partition.
struct TimelineOptions {
  PartitionIndex partition = kNone;  // kNone: all
  GroupIndex group = kNone;          // kNone: all
  Offset offset = -1;                // of the partition's records this one only; -1: all
  std::size_t lines_most = 16;
};

class History {
 public:
  using Listener = std::function<void(const Event&)>;

  History() = default;
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // Called for each event as it is added, in order of subscription.
  void subscribe(Listener listener) { listeners_.push_back(std::move(listener)); }

  void add(const Event& event);
  const std::vector<Event>& events() const { return events_; }

  ProcessIndex add_process(std::string name);
  GroupIndex group(std::string_view name);
  PartitionIndex partition(const TopicPartition& partition);
  std::uint64_t note(std::string text);  // for the detail of a fault's events
  RunId next_run() { return ++last_run_; }
  SendId next_send() { return ++last_send_; }
  OwnershipId next_ownership() { return ++last_ownership_; }
  ConsumerId next_consumer() { return ++last_consumer_; }

  const std::string& process_name(ProcessIndex process) const { return processes_[process]; }
  const std::string& group_name(GroupIndex group) const { return groups_[group]; }
  const TopicPartition& partition_name(PartitionIndex partition) const {
    return partitions_[partition];
  }
  const std::string& note_text(std::uint64_t note) const { return notes_[note]; }
  std::size_t process_count() const { return processes_.size(); }
  std::size_t group_count() const { return groups_.size(); }
  std::size_t partition_count() const { return partitions_.size(); }

  // One line: "12.345678 s  server-2     consume orders.v1-3 @41 starts".
  std::string text(const Event& event) const;
  static std::string line(TimePoint at, std::string who, const std::string& what);
  // The latest events that touch the partition (or those around one record), oldest first, a line
  // each, with times to the millisecond: their order says the rest.
  std::vector<std::string> timeline(const TimelineOptions& options) const;
  // The faults that have begun and are not over: "leader_move to node 2, since 3.250 s".
  std::vector<std::string> faults_at_work() const;

 private:
  bool belongs(const Event& event, const TimelineOptions& options) const;
  std::string members_after(std::size_t place) const;
  std::string who(const Event& event) const;
  std::string what(const Event& event) const;

  std::vector<Event> events_;
  std::vector<Listener> listeners_;
  std::vector<std::string> processes_;
  std::vector<std::string> groups_;
  std::vector<TopicPartition> partitions_;
  std::vector<std::string> notes_;
  std::map<std::string, GroupIndex, std::less<>> group_indices_;
  std::map<TopicPartition, PartitionIndex> partition_indices_;
  RunId last_run_ = 0;
  SendId last_send_ = 0;
  OwnershipId last_ownership_ = 0;
  ConsumerId last_consumer_ = 0;
};

}  // namespace rookery::sim
