// producer_state.h
//
// What a partition remembers of idempotent producers: the epoch and the last five blocks of each,
// to tell a retry from a new block.
//
// Sources: KIP-98, KIP-360; Kafka's ProducerStateManager and ProducerAppendInfo. Not thread-safe.
#pragma once

#include <rookery/base/result.h>
#include <rookery/base/topic_partition.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

namespace rookery::mock {

class ProducerStates {
 public:
  static constexpr std::size_t kRemembered = 5;

  struct Batch {
    std::int64_t producer_id = -1;
    std::int16_t epoch = -1;
    std::int32_t base_sequence = -1;
    std::uint32_t count = 0;  // records, >= 1
  };
  // At most one is set; none: append.
  struct Verdict {
    std::optional<ErrorCode> error;      // kInvalidProducerEpoch, kOutOfOrderSequenceNumber
    std::optional<Offset> duplicate_of;  // the base offset of the block that this one repeats
  };
  // A producer that is not known (new, or forgotten) may begin with any sequence number.
  Verdict check(const Batch& batch) const;
  void appended(const Batch& batch, Offset base_offset, std::int64_t wall_ms);
  bool knows(std::int64_t producer_id) const { return producers_.contains(producer_id); }
  // Forgets producers that have not written since.
  void expire(std::int64_t before_wall_ms);
  std::size_t size() const { return producers_.size(); }

  // Reads the states anew from a log, when what it holds from some offset on was replaced. Of
  // producers that the log does not know any more, what lay below as a whole stays: Kafka keeps it
  // in snapshots.
  class Reload;

  // The last of `count` sequence numbers from `first`: they wrap to 0 after the greatest.
  static std::int32_t last_sequence(std::int32_t first, std::uint32_t count);

 private:
  struct Remembered {
    std::int32_t first = -1;
    std::int32_t last = -1;
    Offset base_offset = -1;
    Offset last_offset = -1;
  };
  struct State {
    std::int16_t epoch = -1;
    std::deque<Remembered> batches;  // never empty
    std::int64_t wall_ms = 0;        // of the last append
  };
  std::map<std::int64_t, State> producers_;
};

class ProducerStates::Reload {
 public:
  Reload(ProducerStates& states, Offset replaced_from);
  Reload(const Reload&) = delete;
  Reload& operator=(const Reload&) = delete;
  ~Reload();
  // All batches of the log, in order.
  void add(const Batch& batch, Offset base_offset, std::int64_t wall_ms) {
    loaded_.appended(batch, base_offset, wall_ms);
  }

 private:
  ProducerStates& states_;
  ProducerStates loaded_;
};

}  // namespace rookery::mock
