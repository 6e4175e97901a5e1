// metadata.h
//
// What a client knows of the cluster: leaders of partitions, partition counts, topics that exist.
// Refreshed at an interval and at once when something proved stale.
//
// Thread rules: any thread. drive() sends, and holds no lock while it does.
#pragma once

#include <rookery/base/result.h>
#include <rookery/base/topic_partition.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/time.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mockbroker/client/network_client.h"

namespace rookery::mock {

class Metadata {
 public:
  struct Settings {
    Duration refresh_interval = std::chrono::seconds(5);
    // Between two refreshes that something stale asked for.
    Duration retry_backoff = std::chrono::milliseconds(100);
    // While a topic of interest is unknown.
    Duration unknown_interval = std::chrono::milliseconds(500);
    // No answer for so long: another node is asked.
    Duration request_timeout = std::chrono::seconds(5);
  };
  struct Leader {
    NodeId node = -1;
    std::int32_t epoch = -1;
  };

  Metadata(NetworkClient& client, Settings settings);

  // What to ask for; a topic not known yet makes a refresh due. `all`: every topic (patterns).
  void add_interest(const std::string& topic);
  void set_interest(std::set<std::string> topics, bool all);
  // Something proved stale: refresh soon.
  void request_refresh();
  // A leader epoch known from elsewhere, such as that of a committed offset; -1: none. A leader of
  // before it is none: it could not tell what its successors' logs hold (KIP-320).
  void observe_epoch(const TopicPartition& partition, std::int32_t epoch);

  std::optional<Leader> leader(const TopicPartition& partition) const;
  // None: unknown, or not there (see topic_error).
  std::optional<std::int32_t> partition_count(const std::string& topic) const;
  std::map<std::string, std::int32_t> partition_counts(const std::set<std::string>& topics) const;
  std::vector<std::string> topics() const;
  // Errors of topics in the last answer.
  std::map<std::string, ErrorCode> topic_errors() const;
  NodeId controller() const;
  // Grows with each answer; 0: none yet.
  std::uint64_t version() const;

  // Sends a request when one is due. Answers when it wants to be called again.
  TimePoint drive();

 private:
  struct Topic {
    std::vector<Leader> partitions;
    std::uint64_t id = 0;
  };
  TimePoint due_locked(TimePoint at) const;
  const Leader* find_locked(const TopicPartition& partition) const;
  void handle(Result<Response> response);
  void update_locked(const MetadataResponse& answer);

  NetworkClient& client_;
  const Settings settings_;
  mutable Mutex mutex_{"mock.metadata", ranks::kMetadata};
  std::set<std::string> interest_;
  bool is_all_ = false;
  std::map<std::string, Topic> topics_;
  // Above those of the leaders in topics_.
  std::map<TopicPartition, std::int32_t> observed_;
  std::map<std::string, ErrorCode> errors_;
  NodeId controller_ = -1;
  std::uint64_t version_ = 0;
  bool is_under_way_ = false;
  bool is_requested_ = false;
  // Interest grew while a request was under way, or was never asked for: no backoff applies.
  bool has_new_interest_ = true;
  TimePoint last_refresh_{};
};

}  // namespace rookery::mock
