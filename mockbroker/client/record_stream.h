// record_stream.h
//
// The records of one assigned partition, from the fetches that bring them to the worker that takes
// them. Blocks stay shared with the broker's log: a take parses views into them and copies nothing.
//
// Two halves. Fetched blocks arrive under the stream's lock; take() moves them to its own side
// and parses there without a lock. A seek or revocation makes a new version: what was fetched for
// an older one is dropped.
//
// Thread rules: take by one thread at a time; start and fail by the control thread while no take
// runs; the rest from any thread. The ready handler runs under the stream's lock.
#pragma once

#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/transport/partition_stream.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "mockbroker/client/batch_pool.h"
#include "mockbroker/client/inbox.h"
#include "mockbroker/protocol/protocol.h"

namespace rookery::mock {

class RecordStream final : public PartitionStream {
 public:
  // What may wait to be taken; the block that reaches a limit is still let in.
  struct Limits {
    std::size_t bytes = std::size_t{16} << 20;
    std::size_t records = 100'000;
  };
  struct FetchPlan {
    Offset offset = -1;
    std::uint64_t version = 0;
    bool is_end_known = false;  // the log's end was seen since the last start
    std::int32_t epoch = -1;    // of the leader that wrote the block before it; -1: not known
  };

  // `io`: woken when a stream that was full has room again.
  RecordStream(TopicPartition partition, AssignmentId assignment, Limits limits,
               std::shared_ptr<BatchPool> pool, std::shared_ptr<Inbox> io);

  const TopicPartition& topic_partition() const override { return handle_->topic_partition; }
  AssignmentId assignment() const override { return assignment_; }
  Taken take(std::size_t max_records, std::size_t max_bytes) override;
  void set_ready(std::function<void()> handler) override;
  void clear_ready() override;
  Offset log_end() const override;

  // Fetching goes on from here; what waited is dropped. `epoch`: of the record before; -1: not
  // known.
  void start(Offset offset, std::int32_t epoch = -1);
  // The same, unless another start or a revocation came since `version`.
  void start_if(std::uint64_t version, Offset offset);
  // The leader's log has nothing that was fetched from `end` on: fetching goes on there, or, when
  // not all below was taken yet, after what was. Unless another start or a revocation came since.
  void truncate_if(std::uint64_t version, Offset end);
  // Stops fetching and tells the next take why. A later start mends it.
  void fail_if(std::uint64_t version, Error error);
  // Stops fetching until the next start: its position is being looked up.
  void stop_if(std::uint64_t version);
  // No more records: takes come back empty. `is_final`: they answer kRevoked.
  void revoke(bool is_final);
  void set_limits(Limits limits);

  std::uint64_t version() const;
  bool is_revoked() const;
  // Where the next take begins; -1: not known yet.
  Offset position() const;
  // Of the leader that wrote the record before the offset, as far as it was read or told since the
  // last start; -1: not known.
  std::int32_t epoch_before(Offset offset) const;

  // What to fetch next; none: nothing now (no position, full, revoked).
  std::optional<FetchPlan> fetch_plan();
  // Blocks that follow the position planned in `version`.
  void accept(std::uint64_t version, std::vector<FetchResponse::Block> blocks,
              Offset high_watermark);

 private:
  struct Segment {
    std::shared_ptr<const RecordBlock> block;
    Offset base_offset = 0;
    Offset first_offset = 0;  // records below were seen before
    std::int32_t leader_epoch = -1;
    const char* at = nullptr;
    std::uint32_t records_left = 0;
  };
  struct EpochStart {
    std::int32_t epoch = -1;
    Offset offset = -1;
  };
  enum class Revocation { kNone, kBegun, kFinal };
  struct Progress;

  void restart_locked(Offset offset, std::int32_t epoch = -1);
  void hint_locked();
  bool is_full_locked() const;
  void parse(Progress& progress, std::size_t max_records, std::size_t max_bytes);
  Taken revoked_locked() const;

  const std::shared_ptr<const PartitionHandle> handle_;
  const AssignmentId assignment_;
  const std::shared_ptr<BatchPool> pool_;
  const std::shared_ptr<Inbox> io_;

  // The taker's side.
  std::deque<Segment> current_;
  std::uint64_t current_version_ = 0;

  mutable Mutex mutex_{"mock.stream", ranks::kStream};
  Limits limits_;
  std::uint64_t version_ = 1;
  Revocation revocation_ = Revocation::kNone;
  std::deque<Segment> incoming_;
  std::size_t waiting_bytes_ = 0;  // in both halves
  std::size_t waiting_records_ = 0;
  Offset fetch_offset_ = -1;
  std::int32_t fetch_epoch_ = -1;
  std::vector<EpochStart> epochs_;  // of what was fetched since the last start; both grow
  // Of what was fetched before the log was found truncated, as far as the second's offset. Who
  // commits it commits its epoch, or the next owner could not find the truncation out.
  std::vector<EpochStart> truncated_epochs_;
  Offset truncated_end_ = -1;
  Offset position_ = -1;
  Offset high_watermark_ = -1;
  bool is_stopped_ = true;      // no position, or failed
  bool is_end_due_ = false;     // the end was reached and not told yet
  bool was_end_told_ = false;   // since the last record
  bool was_full_ = false;       // fetching waits for room
  bool is_hint_wanted_ = true;  // the taker saw everything there was
  std::optional<Error> error_;
  std::function<void()> ready_;
};

}  // namespace rookery::mock
