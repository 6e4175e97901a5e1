// housekeeping.h
//
// What brokers do to logs on their own: retention and compaction.
#pragma once

#include "mockbroker/cluster/core.h"
#include "mockbroker/cluster/topics.h"

#include <cstddef>

namespace rookery::mock {

class Housekeeping {
 public:
  Housekeeping(Core& core, Topics& topics) : core_(core), topics_(topics) {}

  // Sets the timers that the topics there are now need; without any such topic none is set.
  void arm();
  void enforce_retention();
  // Answers how many records went.
  std::size_t compact(Partition& partition);
  // At most up to the high watermark.
  void delete_records(Partition& partition, Offset below);
  // As a leader is asked to (KIP-107).
  DeleteRecordsResponse delete_records(NodeId node, const DeleteRecordsRequest& request);

 private:
  MaybeError refusal(NodeId node, const Partition* partition, Offset below) const;
  void raise_start(Partition& partition, Offset start, RemovalReason reason);
  void compact_what_is_dirty();

  Core& core_;
  Topics& topics_;
  Timer retention_timer_;
  Timer compaction_timer_;
};

}  // namespace rookery::mock
