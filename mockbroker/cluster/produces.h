// produces.h
//
// Produce requests with acks=all that wait until the replicas in sync have their records.
//
// Each partition is settled by itself: the high watermark passed its records, its leader moved, its
// topic went, or the time was up. The last one sends the answer. Source: Kafka's DelayedProduce and
// Partition.checkEnoughReplicasReachOffset.
#pragma once

#include "mockbroker/cluster/core.h"
#include "mockbroker/cluster/quotas.h"
#include "mockbroker/cluster/topics.h"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace rookery::mock {

class Produces {
 public:
  Produces(Core& core, Topics& topics, Quotas& quotas)
      : core_(core), topics_(topics), quotas_(quotas) {}

  // The records of one partition of an answer that is otherwise complete.
  struct Need {
    std::size_t place = 0;  // in the answer
    Partition* partition = nullptr;
    Offset end = -1;         // one past its records
    std::int32_t epoch = 0;  // of the leader that appended them
  };
  // What the request counts for its client's quota, once it is answered.
  struct Charge {
    std::string client_id;
    std::size_t bytes = 0;  // 0: there are no quotas
  };
  // Answers when all needs are settled, or the time is up.
  void park(Requester requester, ProduceResponse response, std::vector<Need> needs,
            Milliseconds timeout, Charge charge);
  void reply(Requester requester, ProduceResponse response, const Charge& charge);
  // The partition's high watermark, its leader or its being there changed.
  void wake(Partition& partition);
  void forget(ReplyTo reply_to);
  // Its connections are gone: what waits there is never answered.
  void forget_node(NodeId node);
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiting {
    NodeId node = -1;
    ProduceResponse response;
    std::vector<Need> needs;  // not settled yet
    Timer deadline;
    Charge charge;
  };
  using ByReply = std::map<ReplyTo, Waiting>;

  // Writes the outcome into the answer; false: it is not known yet.
  bool settle(NodeId node, const Need& need, ProduceResponse& response) const;
  void expire(ReplyTo reply_to);
  void finish(ByReply::iterator waiting);
  ByReply::iterator unpark(ByReply::iterator waiting);

  Core& core_;
  Topics& topics_;
  Quotas& quotas_;
  ByReply waiting_;
};

}  // namespace rookery::mock
