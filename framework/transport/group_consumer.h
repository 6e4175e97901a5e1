// group_consumer.h
//
// The control plane of one connection that consumes: membership in a consumer group (or direct
// assignment), commits, positions.
//
// Thread rules: everything on one control thread, but for wake(), which any thread may call, and
// the streams' own rules. Callbacks do not exist: poll_events answers what happened.
#pragma once

#include <rookery/runtime/time.h>
#include <rookery/transport/client_statistics.h>
#include <rookery/transport/partition_stream.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace rookery {

// Kafka's special offsets (ListOffsets).
inline constexpr Offset kLatestOffset = -1;
inline constexpr Offset kEarliestOffset = -2;

struct AssignedPartition {
  TopicPartition partition;
  AssignmentId assignment;
  std::shared_ptr<PartitionStream>
      stream;                       // starts at `committed`, without one by auto.offset.reset
  std::optional<Offset> committed;  // none: nothing was ever committed (or direct assignment)
  std::string metadata;             // what was committed with it, byte for byte
};

struct OwnedPartition {
  TopicPartition partition;
  AssignmentId assignment;
};

// Partitions came to us. Their streams count as ready. Never empty.
struct Assigned {
  std::vector<AssignedPartition> partitions;
};

// Partitions are being taken away: finish, commit, then call hand_back(revocation). Polling goes on
// meanwhile. lost: they are somebody else's already (session expired, fenced): commits will be
// refused; hand back at once.
struct RevocationId {
  std::uint64_t value = 0;
  friend bool operator==(RevocationId, RevocationId) = default;
};
struct Revoking {
  RevocationId revocation;
  std::vector<OwnedPartition> partitions;
  bool lost = false;
};

// Counted from 1; 0 is none.
struct CommitId {
  std::uint64_t value = 0;
  friend bool operator==(CommitId, CommitId) = default;
};
struct OffsetToCommit {
  TopicPartition partition;
  AssignmentId assignment;  // a stale one is refused with kRevoked
  Offset offset = 0;
  std::string metadata;  // at most 4096 bytes (kOffsetMetadataTooLarge)
  // Of the last record below it (KIP-320); -1: as the client knows. librdkafka cannot be told
  // before 2.1, and gives records without one.
  std::int32_t leader_epoch = -1;
};
struct CommitResult {
  TopicPartition partition;
  AssignmentId assignment;
  Offset offset = 0;
  Status status;
};
// One for each commit(), in the order of the calls.
struct CommitDone {
  CommitId commit;
  std::vector<CommitResult> results;
};

// Something is wrong, or was for a moment. `error.fatal`: this consumer can never work again.
struct ConsumerError {
  Error error;
  std::optional<TopicPartition> partition;
};

// Brokers that an error told of answer again; "<client_id=...>: kafka-2:9092 answers again, after
// 12s". Such an error comes once for each broker and kind of trouble until then. Transports without
// an outage of their own never send it.
struct ConnectionRestored {
  std::string message;
};

// librdkafka's statistics object, once per statistics.interval.ms; transports without one never
// send it.
struct Statistics {
  std::string json;
};

using GroupEvent =
    std::variant<Assigned, Revoking, CommitDone, ConsumerError, ConnectionRestored, Statistics>;

struct CommittedOffset {
  TopicPartition partition;
  std::optional<Offset> offset;
  std::string metadata;
};

struct Position {
  TopicPartition partition;
  Offset next = -1;  // see Taken::next_offset
};

// What a transactional producer needs to commit this group's offsets (KIP-447).
struct GroupMetadata {
  std::string group_id;
  std::int32_t generation = -1;
  std::string member_id;
};

enum class CloseOutcome {
  kTerminated,  // all is done, and no thread of this consumer is left
  kTimedOut,    // the library is late; the rest is finished by a reaper
  // What was asked for goes on without the caller. Called on a thread of the consumer's own, from a
  // callback: that thread ends when the callback has returned. Or while another thread closes.
  kClosing,
};

struct CloseReport {
  CloseOutcome outcome = CloseOutcome::kTerminated;
  std::size_t batches_held =
      0;  // batches the caller still has: they keep memory, not the close, waiting

  bool timed_out() const { return outcome == CloseOutcome::kTimedOut; }
  std::string text() const {
    const std::string what = timed_out()                            ? "timed out"
                             : outcome == CloseOutcome::kTerminated ? "terminated"
                                                                    : "closing";
    if (batches_held == 0 && !timed_out()) return what;
    return what + ", " + std::to_string(batches_held) + " batches held";
  }
};

class GroupConsumer {
 public:
  // Closes with a deadline of 5 s if close() was not called.
  virtual ~GroupConsumer() = default;

  // "<client_id=orders node_id=2 host=... port=... state=connected>"
  virtual std::string text() const = 0;
  virtual ClientStatistics statistics() const { return {}; }

  // Joins the group in the background. A name that begins with '^' is a regular expression.
  virtual Status subscribe(std::vector<std::string> topics) = 0;
  // Direct assignment, instead of a group's: answers with an Assigned event. Offsets may be the
  // special ones.
  virtual Status assign(std::vector<TopicPartitionOffset> partitions) = 0;

  // Drives membership and answers what happened, in order; returns early when there is something,
  // or on wake().
  virtual std::vector<GroupEvent> poll_events(TimePoint deadline) = 0;
  virtual void wake() = 0;

  // Ends a revocation: the partitions may go to their next owner. Their streams answer kRevoked.
  virtual void hand_back(RevocationId revocation) = 0;

  // Asynchronous; a CommitDone follows, within the request timeout and the retries, at the latest
  // at close (as an error).
  virtual CommitId commit(std::vector<OffsetToCommit> offsets) = 0;

  virtual Result<std::vector<CommittedOffset>> committed(std::vector<TopicPartition> partitions,
                                                         TimePoint deadline) = 0;

  // Moves the position of an assigned, quiesced partition; records taken before stay valid. Special
  // offsets allowed.
  virtual Status seek(const TopicPartition& partition, Offset offset, TimePoint deadline) = 0;
  virtual std::vector<Position> positions() const = 0;
  virtual Result<GroupMetadata> group_metadata() const = 0;

  // Leaves the group. No revocation events: the caller has quiesced and committed. Keeps its
  // deadline whatever the library or the brokers do. Idempotent; once closed, later calls return
  // at once, with the same outcome (but kTerminated when a close that went on is over). librdkafka
  // runs nothing of ours on its threads, and is closed by one thread: it never answers kClosing.
  virtual CloseReport close(TimePoint deadline) = 0;
};

}  // namespace rookery
