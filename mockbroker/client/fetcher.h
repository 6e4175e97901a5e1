// fetcher.h
//
// Keeps streams filled: long polls to the leaders of all partitions that have room.
//
// Each node has one fetch under way with all its partitions. A partition that gets room, or comes
// to us, while that fetch waits does not wait with it: up to kChannels fetches, of different
// partitions and over connections of their own, may be under way to one node.
//
// Before it reads from another leader than the one that wrote what it read last, it asks that
// leader where that epoch ends in its log: when it ends below our position, the log was truncated
// under us (KIP-320). Source: Kafka's OffsetFetcher.validatePositionsOnMetadataChange.
//
// Thread rules: drive() by one thread; the rest from any. Errors are told with no lock held.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/time.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "mockbroker/client/metadata.h"
#include "mockbroker/client/network_client.h"
#include "mockbroker/client/record_stream.h"

namespace rookery::mock {

class Fetcher {
 public:
  static constexpr std::size_t kChannels = 4;

  struct Settings {
    Duration max_wait = std::chrono::milliseconds(500);
    std::size_t min_bytes = 1;
    std::size_t max_bytes = std::size_t{50} << 20;
    std::size_t partition_max_bytes = std::size_t{1} << 20;
    Duration request_timeout = std::chrono::seconds(30);
    Duration retry_backoff = std::chrono::milliseconds(100);
  };
  // An error of one partition that fetching alone cannot mend (it is not fetched until its stream
  // starts anew), or that is worth telling (it is tried again).
  using OnError = std::function<void(const std::shared_ptr<RecordStream>& stream,
                                     std::uint64_t version, Error error)>;

  // What was read from `end` on is in the leader's log no more; -1: nothing that was read is.
  using OnTruncation = std::function<void(const std::shared_ptr<RecordStream>& stream,
                                          std::uint64_t version, Offset end, Error error)>;

  Fetcher(NetworkClient& client, Metadata& metadata, Settings settings, OnError on_error,
          OnTruncation on_truncation);

  void add(std::shared_ptr<RecordStream> stream);
  void remove(const std::shared_ptr<RecordStream>& stream);

  // Sends what can be sent. Answers when it wants to be called again, without an event before.
  TimePoint drive();

 private:
  struct Entry {
    std::shared_ptr<RecordStream> stream;
    // The fetch it is part of; 0: none. It may be asked for again elsewhere when its leader moved
    // before that fetch was answered: a node that is gone answers only by the time limit.
    std::uint64_t fetch = 0;
    NodeId asked_node = -1;
    // Of the leader whose log is known to have what was read; -1: nothing was read yet.
    std::int32_t valid_epoch = -1;
    // Its leader proved wrong: wait for metadata newer than this version.
    std::uint64_t stale_metadata = 0;
    TimePoint retry_at{};
    ErrorCode last_error = ErrorCode::kUnknown;  // kUnknown: none
  };
  // One partition of a fetch under way.
  struct Asked {
    TopicPartition partition;
    std::shared_ptr<RecordStream> stream;
    std::uint64_t version = 0;
    // To be validated.
    Offset offset = -1;
    std::int32_t epoch = -1;
    std::int32_t leader_epoch = -1;
  };
  struct Complaint {
    std::shared_ptr<RecordStream> stream;
    std::uint64_t version = 0;
    Error error;
  };

  using ByNode = std::map<NodeId, std::vector<TopicPartition>>;

  ByNode candidates(TimePoint at, TimePoint& next, ByNode& to_validate);
  bool needs_validation(Entry& entry, const RecordStream::FetchPlan& plan,
                        std::int32_t leader_epoch) const;
  void validate(NodeId node, const std::vector<TopicPartition>& partitions);
  void handle_validation(std::uint64_t fetch, const std::vector<Asked>& asked,
                         Result<Response> response);
  void settle_validation(const Asked& asked, const OffsetsForLeaderEpochResponse::Partition& answer,
                         std::vector<Complaint>& complaints);
  void end_fetch(std::uint64_t fetch, const std::vector<Asked>& asked);
  std::size_t free_channel(NodeId node);
  void send(NodeId node, std::size_t channel, const std::vector<TopicPartition>& partitions);
  void handle(NodeId node, std::size_t channel, std::uint64_t fetch,
              const std::vector<Asked>& asked, Result<Response> response);
  bool is_current(const Asked& asked, std::uint64_t fetch);
  void handle_partition(const Asked& asked, FetchResponse::Partition& from,
                        std::vector<Complaint>& complaints);

  NetworkClient& client_;
  Metadata& metadata_;
  const Settings settings_;
  const OnError on_error_;
  const OnTruncation on_truncation_;
  Mutex mutex_{"mock.fetcher", ranks::kFetcher};
  std::map<TopicPartition, Entry> entries_;
  std::map<NodeId, std::uint32_t> busy_channels_;  // a bit for each
  std::uint64_t last_fetch_ = 0;
};

}  // namespace rookery::mock
