// consumer.h
//
// A GroupConsumer on librdkafka: one queue of events, polled by the control thread.
//
// Rebalances are answered by us, never by librdkafka: an assignment once its committed offsets are
// known, a revocation by hand_back. Thread rules: as GroupConsumer; librdkafka's threads touch
// nothing here.
#pragma once

#include <rookery/runtime/mutex.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/group_consumer.h>
#include <rookery/transport/librdkafka/batch.h>
#include <rookery/transport/librdkafka/commits.h>
#include <rookery/transport/librdkafka/partition_lists.h>
#include <rookery/transport/librdkafka/statistics.h>
#include <rookery/transport/librdkafka/stream.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rookery::librdkafka {

struct ConsumerSettings {
  std::string client_id;
  std::string group_id;
  std::string auto_offset_reset;  // as the user wrote it
  bool is_cooperative = false;
  Duration commit_timeout{};
  Duration statistics_interval{};  // zero: none are handed on
  bool has_round_trips = true;     // false: whoever set that interval to 0 wants none
};

class Consumer final : public GroupConsumer {
 public:
  static Result<std::unique_ptr<GroupConsumer>> make(const ConfigMap& common,
                                                     GroupConsumerOptions options,
                                                     LogHandler on_log,
                                                     std::shared_ptr<Reaper> reaper);
  Consumer(std::shared_ptr<ConsumerCore> core, ConsumerSettings settings,
           std::shared_ptr<Reaper> reaper);
  ~Consumer() override;

  std::string text() const override;
  ClientStatistics statistics() const override;
  Status subscribe(std::vector<std::string> topics) override;
  Status assign(std::vector<TopicPartitionOffset> partitions) override;
  std::vector<GroupEvent> poll_events(TimePoint deadline) override;
  void wake() override;
  void hand_back(RevocationId revocation) override;
  CommitId commit(std::vector<OffsetToCommit> offsets) override;
  Result<std::vector<CommittedOffset>> committed(std::vector<TopicPartition> partitions,
                                                 TimePoint deadline) override;
  Status seek(const TopicPartition& partition, Offset offset, TimePoint deadline) override;
  std::vector<Position> positions() const override;
  Result<GroupMetadata> group_metadata() const override;
  CloseReport close(TimePoint deadline) override;

 private:
  enum class Mode { kIdle, kSubscribed, kAssigned, kClosed };

  // An assignment that waits for its committed offsets.
  struct Starting {
    std::vector<TopicPartition> partitions;
    std::map<TopicPartition, CommittedOffset> found;
    std::uint64_t request = 0;  // under way; 0: none
    TimePoint next_try;
    TimePoint next_report;  // when to tell of failures again
  };
  struct Revocation {
    PartitionListHandle list;
    std::vector<OwnedPartition> owned;
    bool lost = false;
  };

  rd_kafka_t* client() const { return core_->connection->get(); }
  Status closed_error() const;
  void tell(Error error, std::optional<TopicPartition> partition = std::nullopt);

  // consumer.cc
  void handle(rd_kafka_event_t* event);
  void on_error(rd_kafka_event_t* event);
  void on_statistics(rd_kafka_event_t* event);
  void on_committed(rd_kafka_event_t* event);
  void serve(TimePoint present);
  bool may_commit(TimePoint present) const;
  void send_commit(const CommitQueue::Request& request);
  TimePoint next_timer() const;

  // consumer_rebalance.cc
  void on_rebalance(rd_kafka_event_t* event);
  void on_assign(const rd_kafka_topic_partition_list_t* list);
  void on_revoke(const rd_kafka_topic_partition_list_t* list);
  void lose_everything();
  bool is_being_revoked(const TopicPartition& partition) const;
  void ask_back(Revocation revocation);
  void on_offsets(rd_kafka_event_t* event);
  void ask_for_offsets(Starting& starting, TimePoint present);
  void start(Starting& starting);
  AssignedPartition open_stream(const TopicPartition& partition, Offset start);
  void answer_assign(const rd_kafka_topic_partition_list_t* list);
  void answer_revoke(const rd_kafka_topic_partition_list_t* list);
  void end_stream(const OwnedPartition& owned);
  Offset start_offset(const CommittedOffset& committed) const;

  // consumer_close.cc
  void answer_everything();
  bool wait_until_left(TimePoint deadline);

  std::shared_ptr<ConsumerCore> core_;  // null once closed
  const ConsumerSettings settings_;
  const std::shared_ptr<Reaper> reaper_;

  Mutex wake_mutex_{"librdkafka.wake", ranks::kTransport};
  rd_kafka_queue_t* wake_queue_ = nullptr;  // guarded by wake_mutex_; null once closed
  std::atomic<bool> is_woken_{false};

  Mode mode_ = Mode::kIdle;
  std::vector<GroupEvent> events_;
  std::map<TopicPartition, std::shared_ptr<Stream>> streams_;
  std::uint64_t last_assignment_ = 0;
  std::uint64_t last_revocation_ = 0;
  std::uint64_t last_request_ = 0;
  std::vector<Starting> starting_;
  std::map<std::uint64_t, Revocation> revocations_;
  CommitQueue commits_;
  MembershipSeen membership_;
  TimePoint next_statistics_;
  std::optional<CloseReport> report_;
};

}  // namespace rookery::librdkafka
