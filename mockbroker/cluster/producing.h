// producing.h
//
// Writing partitions: what a leader checks before it appends, and producer ids.
//
// With acks=1 and 0 the leader's log is enough; with acks=all the answer waits for the replicas in
// sync, that of a repeated block too.
//
// Sources: KIP-98 and KIP-360 (idempotence), KIP-32 and KIP-937 (timestamps); Kafka's UnifiedLog
// and LogValidator.
#pragma once

#include "mockbroker/cluster/core.h"
#include "mockbroker/cluster/produces.h"
#include "mockbroker/cluster/quotas.h"
#include "mockbroker/cluster/replication.h"
#include "mockbroker/cluster/topics.h"

#include <memory>
#include <string_view>

namespace rookery::mock {

class Producing {
 public:
  Producing(Core& core, Topics& topics, Replication& replication, Produces& produces,
            Quotas& quotas)
      : core_(core),
        topics_(topics),
        replication_(replication),
        produces_(produces),
        quotas_(quotas) {}

  // With acks=0 nothing is answered; an error closes the connection.
  void handle(Requester requester, std::string_view client_id, ProduceRequest request);
  InitProducerIdResponse init_producer_id();
  // A control marker at the log's end, as transactions leave them.
  Offset append_marker(Partition& partition);

 private:
  // `needed_end`: what the replicas in sync must have before acks=all is answered.
  ProduceResponse::Partition append(NodeId node, std::string_view client_id, std::int16_t acks,
                                    ProduceRequest::Partition& wanted, Offset& needed_end);
  MaybeError refusal(NodeId node, const Partition& partition,
                     const ProduceRequest::Partition& wanted, std::int16_t acks) const;

  Core& core_;
  Topics& topics_;
  Replication& replication_;
  Produces& produces_;
  Quotas& quotas_;
  std::int64_t next_producer_id_ = 1000;
};

}  // namespace rookery::mock
