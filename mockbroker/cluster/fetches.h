// fetches.h
//
// Reading partitions: fetches that are answered at once, and those that wait for something to say.
//
// A fetch waits until min_bytes are there for it, a partition of it has an error, or max_wait ends.
// A high watermark that rose, a leader that moved and a deleted topic wake it. What lies between
// the high watermark and the log's end is not out of range, but not there yet. Sources: KIP-74
// (limits in bytes), KIP-320 (leader epochs), KIP-207 (a new leader does not know the end at once);
// Kafka's ReplicaManager and DelayedFetch.
#pragma once

#include "mockbroker/cluster/core.h"
#include "mockbroker/cluster/quotas.h"
#include "mockbroker/cluster/topics.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::mock {

class Fetches {
 public:
  Fetches(Core& core, Topics& topics, Quotas& quotas)
      : core_(core), topics_(topics), quotas_(quotas) {}

  void handle(Requester requester, std::string_view client_id, FetchRequest request);
  ListOffsetsResponse list_offsets(NodeId node, const ListOffsetsRequest& request) const;
  OffsetsForLeaderEpochResponse epoch_ends(NodeId node,
                                           const OffsetsForLeaderEpochRequest& request) const;

  // The node has this many bytes more of the partition for consumers.
  void appended(Partition& partition, NodeId node, std::size_t bytes);
  // Something else about the partition changed: those who wait for it are answered now. A partition
  // of a topic that is being deleted is not found by its name any more.
  void wake(Partition& partition);
  // The node has learnt something about it: only those who wait there.
  void wake_at(NodeId node, Partition& partition);
  void forget(ReplyTo reply_to);
  // Its connections are gone: what waits there is never answered.
  void forget_node(NodeId node);
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiting {
    NodeId node = -1;
    std::string client_id;  // empty: it has no quota
    FetchRequest request;
    std::vector<Partition*> partitions;
    std::size_t bytes = 0;  // there for it
    Timer deadline;
  };
  using ByReply = std::map<ReplyTo, Waiting>;

  struct Read {
    FetchResponse response;
    std::size_t bytes = 0;
    bool has_error = false;
  };
  void look_up(NodeId node, const Partition& partition, std::int64_t timestamp_ms,
               ListOffsetsResponse::Partition& answer) const;
  Read read(NodeId node, const FetchRequest& request, bool says_all) const;
  void park(Requester requester, std::string_view client_id, FetchRequest request,
            std::size_t bytes);
  void reply(Requester requester, std::string_view client_id, Read read);
  void answer(ByReply::iterator waiting, bool says_all);
  ByReply::iterator unpark(ByReply::iterator waiting);

  Core& core_;
  Topics& topics_;
  Quotas& quotas_;
  ByReply waiting_;
};

// What keeps a node from serving the partition, if anything. `epoch`: what the client believes, -1:
// nothing.
MaybeError serving_error(const Core& core, const Partition* partition, NodeId node,
                         std::int32_t epoch);

}  // namespace rookery::mock
