// failover.h
//
// The fixture of the cases that need a cluster of several nodes: one fails, the others go on.
#pragma once

#include "simulations/contract/contract.h"

namespace rookery::contract {

class Failover : public Contract {
 protected:
  // The partition's leader, once there is one among the nodes.
  NodeId leader_of(const TopicPartition& partition);
  // The group's coordinator, once there is one.
  NodeId wait_for_coordinator(const std::string& group);
};

}  // namespace rookery::contract
