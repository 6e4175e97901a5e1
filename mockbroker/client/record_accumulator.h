// record_accumulator.h
//
// Records on their way out: batches by partition, what is under way, what is tried again, and how
// much of the send buffer all of it takes.
//
// Order: one batch of a partition is under way at a time, and a failed one goes first again, so
// that records of a partition reach the log in the order they were sent.
//
// Thread rules: none of its own; guarded by the producer's lock.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/producer_client.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mockbroker/protocol/record_block.h"

namespace rookery::mock {

struct AccumulatorSettings {
  std::size_t batch_bytes = 1'000'000;
  std::size_t batch_records = 10'000;
  Duration linger = std::chrono::milliseconds(5);
  // A batch need not linger while nothing is under way. The default; an explicit linger.ms is kept.
  bool is_sent_when_idle = true;
  Duration delivery_timeout = std::chrono::minutes(5);
  std::size_t buffer_records = 100'000;
  std::size_t buffer_bytes = std::size_t{1} << 30;
  bool is_null_key_hashed = false;  // partitioner murmur2: null is a key like another
};

struct ProduceBatch {
  std::uint64_t number = 0;  // in order of creation
  BlockBuilder builder;
  std::shared_ptr<const RecordBlock> block;  // once it was sent
  std::vector<DeliveryToken> tokens;
  TimePoint linger_until;
  TimePoint deadline;
  std::int64_t producer_id = -1;  // of the first attempt; kept for all
  std::int16_t producer_epoch = -1;
  std::int32_t base_sequence = -1;
  bool was_sent = false;
  // The version of metadata from which on its leader is believed to miss records before it; 0: no
  // leader has said so.
  std::uint64_t believed_from = 0;
  std::string problem = "not sent yet";
};

class RecordAccumulator {
 public:
  struct Partition {
    TopicPartition id;
    std::size_t index = 0;                              // in order of appearance
    std::deque<std::unique_ptr<ProduceBatch>> waiting;  // the last is open
    bool is_under_way = false;
    TimePoint retry_at{};
    // Its leader proved wrong: wait for metadata newer than this version.
    std::uint64_t stale_metadata = 0;
    std::int32_t next_sequence = 0;
    std::size_t last_batch_bytes = 0;
  };
  struct Appended {
    Partition* partition = nullptr;  // null: kept until the topic's partitions are known
    bool is_first = false;           // of a new batch
    bool is_last = false;            // the batch is full now
  };
  // How many partitions a topic has; none: not known yet.
  using CountPartitions = std::function<std::optional<std::int32_t>(const std::string& topic)>;

  RecordAccumulator(AccumulatorSettings settings, CountPartitions count_partitions);

  // Errors: kQueueFull, kUnknownTopicOrPartition (a partition that does not exist).
  Result<Appended> append(const OutgoingRecord& record, DeliveryToken token,
                          std::int64_t timestamp_ms);

  // ---- Records of topics whose partitions are not known yet

  // Topics that have some, and since when.
  std::map<std::string, TimePoint> unknown_topics() const;
  // If they are known by now, records go to their partitions. Answers those that named one that
  // does not exist.
  std::vector<DeliveryToken> distribute(const std::string& topic);
  // Gives up on those sent until `until`.
  std::vector<DeliveryToken> drop_unknown(const std::string& topic, TimePoint until);

  // ---- Batches

  std::size_t partition_count() const { return partitions_.size(); }
  Partition& partition(std::size_t index) { return *partitions_[index]; }
  // Partitions (by index) with a batch that waits.
  const std::set<std::size_t>& waiting() const { return waiting_; }
  bool is_full(const ProduceBatch& batch) const;
  // Takes the first batch out.
  std::unique_ptr<ProduceBatch> take(Partition& partition);
  // It goes first again.
  void put_back(Partition& partition, std::unique_ptr<ProduceBatch> batch);
  // Its records leave the buffer: their outcome is known, and is reported next.
  void free_room(const ProduceBatch& batch);
  // They were reported.
  void forget(const ProduceBatch& batch);

  std::uint64_t newest_number() const { return last_number_; }
  // Whether a record of a number up to this one is not reported.
  bool has_unreported(std::uint64_t until) const {
    return !unreported_.empty() && *unreported_.begin() <= until;
  }
  std::size_t records() const { return records_; }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Unknown {
    std::uint64_t number = 0;
    OwnedBytes key;
    OwnedBytes value;
    Headers headers;
    std::int32_t partition = -1;
    std::int64_t timestamp_ms = -1;
    DeliveryToken token = 0;
    TimePoint sent_at;
    std::size_t bytes = 0;
  };
  struct Topic {
    std::string name;
    std::vector<Partition*> partitions;
    std::deque<Unknown> unknown;
    std::int32_t sticky = -1;  // where records without a key go now
  };

  Topic& topic(std::string_view name);
  void grow(Topic& topic, std::int32_t count);
  std::int32_t choose(Topic& topic, const OutgoingRecord& record);
  bool has_room(const ProduceBatch& batch, const OutgoingRecord& record) const;
  Appended append_to(Topic& topic, Partition& partition, const OutgoingRecord& record,
                     DeliveryToken token, std::int64_t timestamp_ms);
  void keep_unknown(Topic& topic, const OutgoingRecord& record, DeliveryToken token,
                    std::int64_t timestamp_ms, std::size_t bytes);
  void forget_number(std::uint64_t number) { unreported_.erase(unreported_.find(number)); }

  const AccumulatorSettings settings_;
  const CountPartitions count_partitions_;
  std::map<std::string, Topic, std::less<>> topics_;
  Topic* last_topic_ = nullptr;
  std::vector<std::unique_ptr<Partition>> partitions_;
  std::set<std::size_t> waiting_;
  std::multiset<std::uint64_t> unreported_;
  std::uint64_t last_number_ = 0;
  std::size_t records_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace rookery::mock
