// test_cluster.h
//
// A cluster with a clock that the test turns: sends requests and finds their answers.
#pragma once

#include "mockbroker/cluster/cluster.h"
#include "mockbroker/cluster/inspection.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rookery::mock {

// 2024-01-01, so that records may have timestamps on both sides of it.
inline constexpr std::int64_t kStartMs = 1'704'067'200'000;

class TestCluster {
 public:
  explicit TestCluster(const ClusterOptions& options = {}) : cluster(options) {}

  WallTime wall() const {
    return WallTime(Milliseconds(kStartMs) +
                    std::chrono::duration_cast<Milliseconds>(now.time_since_epoch()));
  }
  std::int64_t wall_ms() const { return wall().time_since_epoch().count(); }

  // Sends, and answers a name for the reply.
  ReplyTo send(NodeId node, Request request, const std::string& client_id = "client") {
    const ReplyTo name = ++last_reply_to_;
    cluster.handle(now, wall(), node, name, {.client_id = client_id, .correlation = name},
                   std::move(request));
    collect();
    return name;
  }
  bool is_answered(ReplyTo name) {
    collect();
    return replies_.contains(name);
  }
  template <class R>
  R reply(ReplyTo name) {
    collect();
    const auto found = replies_.find(name);
    if (found == replies_.end()) {
      ADD_FAILURE() << "request " << name << " was not answered";
      return {};
    }
    if (!found->second || !std::holds_alternative<R>(*found->second)) {
      ADD_FAILURE() << "request " << name << " has another answer";
      return {};
    }
    return std::get<R>(*found->second);
  }
  Milliseconds throttle_time(ReplyTo name) {
    collect();
    const auto found = throttle_times_.find(name);
    EXPECT_NE(found, throttle_times_.end()) << "request " << name << " was not answered";
    return found == throttle_times_.end() ? Milliseconds(-1) : found->second;
  }
  std::optional<Error> closed(ReplyTo name) {
    collect();
    const auto found = replies_.find(name);
    if (found == replies_.end() || found->second) return std::nullopt;
    return found->second.error();
  }
  // Sends what is answered at once.
  template <class R>
  R ask(NodeId node, Request request, const std::string& client_id = "client") {
    return reply<R>(send(node, std::move(request), client_id));
  }

  // Lets time pass, from deadline to deadline.
  void pass(Duration duration) {
    const TimePoint end = now + duration;
    while (cluster.next_deadline() <= end) {
      now = std::max(now, cluster.next_deadline());
      cluster.tick(now, wall());
    }
    now = end;
    cluster.tick(now, wall());
    collect();
  }

  void create(const std::string& topic, std::int32_t partitions = 1,
              std::map<std::string, std::string> config = {}, std::int16_t replicas = -1) {
    const Status created =
        cluster.create_topic(now, {topic, partitions, replicas, std::move(config)});
    ASSERT_TRUE(created) << created.error().text();
  }
  NodeId leader(const TopicPartition& partition) const {
    return cluster.inspect().placement(partition).value().leader;
  }

  struct Put {
    OwnedBytes key;
    OwnedBytes value;
    std::int64_t timestamp_ms = kStartMs;
  };
  static std::shared_ptr<const RecordBlock> block(const std::vector<Put>& records) {
    BlockBuilder builder;
    for (const Put& record : records)
      builder.append(record.timestamp_ms, record.key, record.value, {});
    return builder.finish();
  }
  ProduceResponse::Partition produce(const TopicPartition& partition,
                                     const std::vector<Put>& records, std::int16_t acks = -1) {
    return produce(ProduceRequest::Partition{partition, block(records)}, acks);
  }
  ProduceResponse::Partition produce(ProduceRequest::Partition wanted, std::int16_t acks = -1) {
    const NodeId node = leader(wanted.partition);
    ProduceRequest request{.acks = acks};
    request.partitions.push_back(std::move(wanted));
    const auto response = ask<ProduceResponse>(node, std::move(request));
    if (response.partitions.size() != 1) return {};
    return response.partitions.front();
  }
  FetchResponse fetch(const TopicPartition& partition, Offset offset,
                      std::size_t max_bytes = 1 << 20) {
    FetchRequest request{.max_wait = Milliseconds(0)};
    request.partitions.push_back(
        {.partition = partition, .fetch_offset = offset, .max_bytes = max_bytes});
    return ask<FetchResponse>(leader(partition), std::move(request));
  }
  std::vector<std::string> values(const TopicPartition& partition, Offset from = 0) const {
    std::vector<std::string> values;
    for (const StoredRecord& record : cluster.inspect().records(partition, from)) {
      values.push_back(record.value.is_null() ? "null" : std::string(record.value.view()));
    }
    return values;
  }

  Cluster cluster;
  TimePoint now{};

 private:
  void collect() {
    for (OutgoingReply& reply : cluster.take_replies()) {
      const bool is_new = replies_.emplace(reply.reply_to, std::move(reply.response)).second;
      EXPECT_TRUE(is_new) << "request " << reply.reply_to << " was answered twice";
      throttle_times_[reply.reply_to] = reply.throttle_time;
    }
  }

  ReplyTo last_reply_to_ = 0;
  std::map<ReplyTo, Result<Response>> replies_;
  std::map<ReplyTo, Milliseconds> throttle_times_;
};

}  // namespace rookery::mock
